# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures against cases worked out by hand, and against a second, slower way to them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mask_detector_training.evaluation.metrics import (
    FALSE,
    NEUTRAL,
    Answers,
    accuracy,
    average_precision,
    best_threshold,
    calibration_bins,
    calibration_error,
    confusion,
    f1_scores,
    macro_f1,
    macro_f1_interval,
    partners,
    precision_recall,
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


def test_doubles_are_false_faces() -> None:
    # A, its double, B: precision at the hits 1/1 and 2/3, each half of the recall:
    # 1/2 * 1 + 1/2 * 2/3 = 5/6. The double alone would have been a hit.
    double = [1.0, 0, 10, 10]
    case = picture([(A, 0.9), (double, 0.8), (B, 0.7)], [A, B])
    assert average_precision([case]) == pytest.approx(5 / 6)
    assert partners(case).tolist() == [0, FALSE, 1]


def test_precision_is_made_monotone() -> None:
    # Miss, hit, hit: precision 0, 1/2, 2/3; the better later precision counts for both.
    case = picture([(NOWHERE, 0.9), (A, 0.8), (B, 0.7)], [A, B])
    assert average_precision([case]) == pytest.approx(2 / 3)


def test_equal_scores_come_together_whatever_their_order() -> None:
    # At 0.8 one hit and one miss come at once: precision 1/2 there, never 1/1. At 0.6 the
    # second hit makes it 2/3, and the better later precision counts for both halves: 2/3.
    first = picture([(A, 0.8)], [A])
    second = picture([(NOWHERE, 0.8), (B, 0.6)], [B])
    for order in ([first, second], [second, first]):
        assert average_precision(order) == pytest.approx(2 / 3)
        scores, precision, recall = precision_recall(order)
        assert scores == pytest.approx([0.8, 0.6])
        assert precision == pytest.approx([1 / 2, 2 / 3])
        assert recall == pytest.approx([1 / 2, 1])
    # All scores equal: one step, 2 of 3 right, all found.
    level = [picture([(A, 0.5), (NOWHERE, 0.5)], [A]), picture([(B, 0.5)], [B])]
    assert average_precision(level) == pytest.approx(2 / 3)


def test_a_box_on_two_faces_takes_the_one_it_overlaps_most() -> None:
    # Overlap with the faces at 0 and 3: (10 - 2) / (10 + 2) = 2/3 and 9/11. The second box
    # lies on both alike (8/12 and 9/11), but only the first face is left.
    faces = [[0.0, 0, 10, 10], [3.0, 0, 10, 10]]
    case = picture([([2.0, 0, 10, 10], 0.9), ([2.0, 0, 10, 10], 0.8)], faces)
    assert partners(case).tolist() == [1, 0]
    assert average_precision([case]) == pytest.approx(1.0)


def test_neutral_faces_neither_reward_nor_punish() -> None:
    case = picture([(B, 0.9), (B, 0.85), (A, 0.8)], [A, B], [False, True])
    assert average_precision([case]) == pytest.approx(1.0)
    assert partners(case).tolist() == [NEUTRAL, NEUTRAL, 0]
    missed = picture([(A, 0.8)], [A, B], [False, True])
    assert average_precision([missed]) == pytest.approx(1.0)


def test_a_counted_face_is_preferred_to_a_neutral_one() -> None:
    near = [1.0, 0, 10, 10]
    case = picture([(near, 0.9)], [near, A], [True, False])
    assert average_precision([case]) == pytest.approx(1.0)


def test_nothing_labeled_and_nothing_found() -> None:
    assert np.isnan(average_precision([picture([(A, 0.9)], [])]))
    assert np.isnan(average_precision([]))
    assert average_precision([picture([], [A])]) == 0.0


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(across, 0.0) * max(down, 0.0)
    return float(both / (a[2] * a[3] + b[2] * b[3] - both))


def slow_average_precision(pictures: list[Answers]) -> float:
    """Cut at every score, match anew from nothing, integrate the best precision at a recall."""
    points = []
    labeled = sum(1 for p in pictures for neutral in p.neutral if not neutral)
    for cut in {float(score) for p in pictures for score in p.scores}:
        right = wrong = 0
        for p in pictures:
            left = list(range(len(p.truth)))
            for row in sorted(range(len(p.boxes)), key=lambda row: -p.scores[row]):
                if p.scores[row] < cut:
                    continue
                near = [t for t in left if overlap(p.boxes[row], p.truth[t]) >= 0.5]
                real = [t for t in near if not p.neutral[t]]
                if real:
                    left.remove(max(real, key=lambda t: overlap(p.boxes[row], p.truth[t])))
                    right += 1
                elif not near:
                    wrong += 1
        if right + wrong:
            points.append((right / labeled, right / (right + wrong)))
    steps = sorted({recall for recall, _ in points} | {0.0})
    return sum(
        (high - low) * max(precision for recall, precision in points if recall >= high)
        for low, high in itertools.pairwise(steps)
    )


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_agrees_with_a_slower_way(seed: int) -> None:
    random = np.random.default_rng(seed)
    pictures = []
    for _ in range(12):
        truth = np.concatenate([random.uniform(0, 100, (6, 2)), random.uniform(15, 40, (6, 2))], 1)
        strays = np.concatenate([random.uniform(0, 100, (5, 2)), random.uniform(15, 40, (5, 2))], 1)
        boxes = np.concatenate([np.repeat(truth, 2, 0) + random.normal(0, 3, (12, 4)), strays])
        # Few different scores, so that many are equal.
        scores = np.round(random.uniform(0, 1, len(boxes)), 1)
        pictures.append(Answers(boxes, scores, truth, random.random(6) < 0.3))
    expected = slow_average_precision(pictures)
    assert 0.1 < expected < 0.9
    assert average_precision(pictures) == pytest.approx(expected, abs=1e-6)


def test_best_threshold() -> None:
    case = picture([(A, 0.9), (B, 0.6), (NOWHERE, 0.3)], [A, B, C])
    threshold, precision, recall = best_threshold([case])
    assert (threshold, precision) == (pytest.approx(0.6), 1.0)
    assert recall == pytest.approx(2 / 3)
    assert best_threshold([picture([], [A])]) == (0.5, 0.0, 0.0)


def test_confusion_and_f1_by_hand() -> None:
    # Class 0: 1 right, 2 said, 2 labeled: 2 * 1 / (2 + 2). Class 1: 2 right, 3 said, 3
    # labeled: 2 * 2 / (3 + 3). Class 2 is neither: 0, and left out of the mean.
    table = confusion(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), 3)
    assert table.tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert f1_scores(table) == pytest.approx([1 / 2, 2 / 3, 0.0])
    assert macro_f1(table) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert accuracy(table) == pytest.approx(3 / 5)
    assert np.isnan(macro_f1(np.zeros((3, 3), int)))
    assert np.isnan(accuracy(np.zeros((3, 3), int)))


def test_the_interval_of_macro_f1_knows_families() -> None:
    truth = np.repeat([0, 1], 50)
    answers = truth.copy()
    answers[::10] = 1 - answers[::10]
    alone = [str(k) for k in range(100)]
    low, high = macro_f1_interval(truth, answers, alone, 2)
    # One answer in ten is wrong: the standard error of 100 such is 0.03.
    assert low == pytest.approx(0.84, abs=0.015)
    assert high == pytest.approx(0.955, abs=0.015)
    # The same answers in ten families that stand or fall together tell less.
    wrong_together = [str(k % 10) for k in range(100)]
    wide = macro_f1_interval(truth, answers, wrong_together, 2)
    assert wide[1] - wide[0] > 2 * (high - low)
    assert macro_f1_interval(truth, truth, alone, 2) == (1.0, 1.0)
    assert np.isnan(macro_f1_interval(truth[:0], truth[:0], [], 2)).all()


def test_calibration_error_by_hand() -> None:
    # Two answers of 0.9, one right: off by 0.4. Two of 0.6, both right: off by 0.4.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    truth = np.array([0, 1, 0, 0])
    assert calibration_error(probabilities, truth) == pytest.approx(0.4)
    # With one bin the two faults level out: 3 of 4 right, 0.75 said.
    assert calibration_error(probabilities, truth, bins=1) == pytest.approx(0.0)
    # Three of 0.8, all right (off by 0.2), one of 0.6, wrong (off by 0.6):
    # 3/4 * 0.2 + 1/4 * 0.6 = 0.3.
    probabilities = np.array([[0.8, 0.2]] * 3 + [[0.4, 0.6]])
    assert calibration_error(probabilities, np.zeros(4, int)) == pytest.approx(0.3)
    assert calibration_error(np.zeros((0, 4)), np.zeros(0, int)) == 0.0


def test_calibration_bins_by_hand() -> None:
    # Two bins: [0, 0.5) is empty, [0.5, 1] has 0.6 (right), 0.9 (wrong) and 1.0 (right).
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [1.0, 0.0]])
    counts, said, right = calibration_bins(probabilities, np.array([0, 1, 0]), bins=2)
    assert counts.tolist() == [0, 3]
    assert np.isnan([said[0], right[0]]).all()
    assert (said[1], right[1]) == (pytest.approx(2.5 / 3), pytest.approx(2 / 3))


def test_recall_at_false_alarms_by_hand() -> None:
    innocent = np.linspace(0, 0.5, 100)
    guilty = np.array([0.9, 0.499, 0.1])
    suspicion = np.concatenate([innocent, guilty])
    violation = np.arange(103) >= 100
    # One of a hundred may be accused: only the second-most suspicious innocent limits.
    assert recall_at_false_alarms(suspicion, violation, 0.01) == pytest.approx(2 / 3)
    assert recall_at_false_alarms(suspicion, violation, 0.0) == pytest.approx(1 / 3)
    # Violations as suspicious as the limiting innocents cannot be told without accusing them.
    assert recall_at_false_alarms(np.array([0.5, 0.5, 0.5, 0.7]), np.arange(4) >= 2) == 0.5
    assert np.isnan(recall_at_false_alarms(innocent, np.zeros(100, bool)))
