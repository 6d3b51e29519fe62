# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.training.evaluate import best_threshold, only_widths
from mask_detector_ros.training.metrics import (
    Answers,
    average_precision,
    calibration_error,
    confusion,
    f1_scores,
    recall_at_false_alarms,
)


def picture(
    found: list[tuple[list[float], float]],
    truth: list[list[float]],
    neutral: list[bool] | None = None,
) -> Answers:
    return Answers(
        np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        np.array([score for _, score in found], np.float32),
        np.array(truth, np.float32).reshape(-1, 4),
        np.array(neutral if neutral is not None else [False] * len(truth), bool),
    )


A, B, C = [0.0, 0, 10, 10], [100.0, 0, 10, 10], [200.0, 0, 10, 10]
NOWHERE = [500.0, 0, 10, 10]


def test_average_precision_by_hand() -> None:
    # By score: hit, miss, hit, double of A (a miss), and C is never found. Precision at the
    # hits is 1 and 2/3, each a third of the recall: (1 + 2/3) / 3.
    one = picture([(A, 0.9), (A, 0.5), (B, 0.6)], [A, B])
    two = picture([(NOWHERE, 0.8)], [C])
    assert average_precision([one, two]) == pytest.approx((1 + 2 / 3) / 3)


def test_precision_is_made_monotone() -> None:
    # Miss, hit, hit: precision 0, 1/2, 2/3; the better later precision counts for both.
    case = picture([(NOWHERE, 0.9), (A, 0.8), (B, 0.7)], [A, B])
    assert average_precision([case]) == pytest.approx(2 / 3)


def test_neutral_faces_neither_reward_nor_punish() -> None:
    case = picture([(B, 0.9), (B, 0.85), (A, 0.8)], [A, B], [False, True])
    assert average_precision([case]) == pytest.approx(1.0)
    missed = picture([(A, 0.8)], [A, B], [False, True])
    assert average_precision([missed]) == pytest.approx(1.0)


def test_a_counted_face_is_preferred_to_a_neutral_one() -> None:
    near = [1.0, 0, 10, 10]
    case = picture([(near, 0.9)], [near, A], [True, False])
    assert average_precision([case]) == pytest.approx(1.0)


def test_nothing_labelled_and_nothing_found() -> None:
    assert np.isnan(average_precision([picture([(A, 0.9)], [])]))
    assert average_precision([picture([], [A])]) == 0.0


def test_a_range_of_widths_leaves_other_faces_and_misses_out() -> None:
    wide = [300.0, 0, 60, 60]
    stray = [600.0, 0, 60, 60]
    case = picture([(stray, 0.95), (wide, 0.9), (A, 0.8)], [A, wide])
    assert average_precision(only_widths([case], 8, 20)) == pytest.approx(1.0)
    assert average_precision(only_widths([case], 50, np.inf)) == pytest.approx(0.5)


def test_best_threshold() -> None:
    case = picture([(A, 0.9), (B, 0.6), (NOWHERE, 0.3)], [A, B, C])
    threshold, precision, recall = best_threshold([case])
    assert (threshold, precision) == (pytest.approx(0.6), 1.0)
    assert recall == pytest.approx(2 / 3)
    assert best_threshold([picture([], [A])]) == (0.5, 0.0, 0.0)


def test_confusion_and_f1_by_hand() -> None:
    table = confusion(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), 3)
    assert table.tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert f1_scores(table) == pytest.approx([1 / 2, 2 / 3, 0.0])


def test_calibration_error_by_hand() -> None:
    # Two answers of 0.9, one right: off by 0.4. Two of 0.6, both right: off by 0.4.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    truth = np.array([0, 1, 0, 0])
    assert calibration_error(probabilities, truth) == pytest.approx(0.4)


def test_recall_at_false_alarms_by_hand() -> None:
    innocent = np.linspace(0, 0.5, 100)
    guilty = np.array([0.9, 0.499, 0.1])
    suspicion = np.concatenate([innocent, guilty])
    violation = np.arange(103) >= 100
    # One of a hundred may be accused: only the second-most suspicious innocent limits.
    assert recall_at_false_alarms(suspicion, violation, 0.01) == pytest.approx(2 / 3)
    assert recall_at_false_alarms(suspicion, violation, 0.0) == pytest.approx(1 / 3)
