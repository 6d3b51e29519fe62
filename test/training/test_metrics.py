# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics against cases worked out by hand, and against slower reference implementations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation.metrics import (  # noqa: E402
    FALSE_POSITIVE,
    IGNORED,
    LabeledDetections,
    accuracy,
    average_precision,
    calibration_bins,
    calibration_error,
    class_scores,
    confusion_matrix,
    macro_f1,
    macro_f1_confidence_interval,
    match_image,
    precision_recall,
    recall_at_false_positive_rate,
)


def image(
    detections: list[tuple[list[float], float]],
    ground_truth: list[list[float]],
    ignored: list[bool] | None = None,
) -> LabeledDetections:
    return LabeledDetections(
        np.array([box for box, _ in detections], np.float32).reshape(-1, 4),
        np.array([score for _, score in detections], np.float32),
        np.array(ground_truth, np.float32).reshape(-1, 4),
        np.array(ignored if ignored is not None else [False] * len(ground_truth), bool),
    )


A, B, C = [0.0, 0, 10, 10], [100.0, 0, 10, 10], [200.0, 0, 10, 10]
NOWHERE = [500.0, 0, 10, 10]


def test_average_precision_by_hand() -> None:
    # By score: true positive, false positive, true positive, duplicate of A (false positive);
    # C is missed. Precision at the true positives is 1 and 2/3, each a third of the recall.
    one = image([(A, 0.9), (A, 0.5), (B, 0.6)], [A, B])
    two = image([(NOWHERE, 0.8)], [C])
    assert average_precision([one, two]) == pytest.approx((1 + 2 / 3) / 3)


def test_duplicate_detections_are_false_positives() -> None:
    # A, its duplicate, B: precision at the true positives 1/1 and 2/3, each half of the
    # recall: 1/2 * 1 + 1/2 * 2/3 = 5/6.
    duplicate = [1.0, 0, 10, 10]
    case = image([(A, 0.9), (duplicate, 0.8), (B, 0.7)], [A, B])
    assert average_precision([case]) == pytest.approx(5 / 6)
    assert match_image(case).tolist() == [0, FALSE_POSITIVE, 1]


def test_precision_is_interpolated() -> None:
    # False positive, true, true: precision 0, 1/2, 2/3; the higher later precision counts.
    case = image([(NOWHERE, 0.9), (A, 0.8), (B, 0.7)], [A, B])
    assert average_precision([case]) == pytest.approx(2 / 3)


def test_detections_of_equal_score_share_one_point() -> None:
    # At 0.8 one true and one false positive: precision 1/2, in no order 1/1. At 0.6 the second
    # true positive makes it 2/3, which counts for both halves of the recall.
    first = image([(A, 0.8)], [A])
    second = image([(NOWHERE, 0.8), (B, 0.6)], [B])
    for order in ([first, second], [second, first]):
        assert average_precision(order) == pytest.approx(2 / 3)
        scores, precision, recall = precision_recall(order)
        assert scores == pytest.approx([0.8, 0.6])
        assert precision == pytest.approx([1 / 2, 2 / 3])
        assert recall == pytest.approx([1 / 2, 1])
    # All scores equal: one point, 2 of 3 correct, all found.
    level = [image([(A, 0.5), (NOWHERE, 0.5)], [A]), image([(B, 0.5)], [B])]
    assert average_precision(level) == pytest.approx(2 / 3)


def test_a_detection_matches_the_face_of_highest_iou() -> None:
    # IoU with the faces at 0 and 3: (10 - 2) / (10 + 2) = 2/3 and 9/11. For the second
    # detection, with the same IoU, only the first face is left.
    faces = [[0.0, 0, 10, 10], [3.0, 0, 10, 10]]
    case = image([([2.0, 0, 10, 10], 0.9), ([2.0, 0, 10, 10], 0.8)], faces)
    assert match_image(case).tolist() == [1, 0]
    assert average_precision([case]) == pytest.approx(1.0)


def test_ignored_faces_count_neither_found_nor_missed() -> None:
    case = image([(B, 0.9), (B, 0.85), (A, 0.8)], [A, B], [False, True])
    assert average_precision([case]) == pytest.approx(1.0)
    assert match_image(case).tolist() == [IGNORED, IGNORED, 0]
    missed = image([(A, 0.8)], [A, B], [False, True])
    assert average_precision([missed]) == pytest.approx(1.0)


def test_a_counted_face_is_preferred_to_an_ignored_one() -> None:
    near = [1.0, 0, 10, 10]
    case = image([(near, 0.9)], [near, A], [True, False])
    assert average_precision([case]) == pytest.approx(1.0)


def test_nothing_labeled_and_nothing_found() -> None:
    assert np.isnan(average_precision([image([(A, 0.9)], [])]))
    assert np.isnan(average_precision([]))
    assert average_precision([image([], [A])]) == 0.0


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(across, 0.0) * max(down, 0.0)
    return float(both / (a[2] * a[3] + b[2] * b[3] - both))


def slow_average_precision(images: list[LabeledDetections]) -> float:
    """Match separately at every score threshold, and integrate the interpolated precision."""
    points = []
    labeled = sum(1 for p in images for ignored in p.ignored if not ignored)
    for threshold in {float(score) for p in images for score in p.scores}:
        right = wrong = 0
        for p in images:
            left = list(range(len(p.ground_truth)))
            for row in sorted(range(len(p.boxes)), key=lambda row: -p.scores[row]):
                if p.scores[row] < threshold:
                    continue
                near = [t for t in left if overlap(p.boxes[row], p.ground_truth[t]) >= 0.5]
                real = [t for t in near if not p.ignored[t]]
                if real:
                    left.remove(max(real, key=lambda t: overlap(p.boxes[row], p.ground_truth[t])))
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
def test_average_precision_agrees_with_a_slow_reference(seed: int) -> None:
    random = np.random.default_rng(seed)
    images = []
    for _ in range(12):
        truth = np.concatenate([random.uniform(0, 100, (6, 2)), random.uniform(15, 40, (6, 2))], 1)
        strays = np.concatenate([random.uniform(0, 100, (5, 2)), random.uniform(15, 40, (5, 2))], 1)
        boxes = np.concatenate([np.repeat(truth, 2, 0) + random.normal(0, 3, (12, 4)), strays])
        # Few distinct scores, so that many are equal.
        scores = np.round(random.uniform(0, 1, len(boxes)), 1)
        images.append(LabeledDetections(boxes, scores, truth, random.random(6) < 0.3))
    expected = slow_average_precision(images)
    assert 0.1 < expected < 0.9
    assert average_precision(images) == pytest.approx(expected, abs=1e-6)


def test_class_scores_by_hand() -> None:
    # Class 0: 1 correct, 2 predicted, 2 labeled: 2 * 1 / (2 + 2). Class 1: 2 correct, 3
    # predicted, 3 labeled: 2 * 2 / (3 + 3). Class 2 is neither: F1 0, left out of the mean.
    truth, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])
    assert confusion_matrix(truth, predicted, 3).tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
    scores = class_scores(truth, predicted, 3)
    assert scores.precision == pytest.approx([1 / 2, 2 / 3, np.nan], nan_ok=True)
    assert scores.recall == pytest.approx([1 / 2, 2 / 3, np.nan], nan_ok=True)
    assert scores.f1 == pytest.approx([1 / 2, 2 / 3, 0.0])
    assert scores.support.tolist() == [2, 3, 0]
    assert macro_f1(truth, predicted) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert accuracy(truth, predicted) == pytest.approx(3 / 5)


def test_class_scores_without_samples() -> None:
    nothing = np.zeros(0, int)
    scores = class_scores(nothing, nothing, 3)
    assert np.isnan(scores.precision).all() and np.isnan(scores.recall).all()
    assert scores.f1.tolist() == scores.support.tolist() == [0, 0, 0]
    assert confusion_matrix(nothing, nothing, 3).tolist() == [[0] * 3] * 3
    assert np.isnan(macro_f1(nothing, nothing))
    assert np.isnan(accuracy(nothing, nothing))


classes = st.integers(0, 3)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(pairs=st.lists(st.tuples(classes, classes), max_size=30))
def test_class_scores_agree_with_counting(pairs: list[tuple[int, int]]) -> None:
    """Also where classes are not labeled or never predicted."""
    truth, predicted = np.array(pairs, int).reshape(-1, 2).T
    counts = confusion_matrix(truth, predicted, 4)
    for row, column in itertools.product(range(4), repeat=2):
        assert counts[row, column] == pairs.count((row, column))
    correct, labeled, total = np.diag(counts), counts.sum(1), counts.sum(0)
    with np.errstate(invalid="ignore"):
        precision, recall = correct / total, correct / labeled
    f1 = 2 * correct / np.maximum(labeled + total, 1)
    scores = class_scores(truth, predicted, 4)
    np.testing.assert_allclose(scores.precision, precision, atol=1e-9)
    np.testing.assert_allclose(scores.recall, recall, atol=1e-9)
    np.testing.assert_allclose(scores.f1, f1, atol=1e-9)
    expected = f1[labeled > 0].mean() if pairs else np.nan
    np.testing.assert_allclose(macro_f1(truth, predicted), expected, atol=1e-9)
    groups = ["one"] * len(pairs)
    interval = macro_f1_confidence_interval(truth, predicted, groups, 4)
    # A single group is drawn again and again.
    np.testing.assert_allclose(interval, (expected, expected), atol=1e-9)


def test_the_confidence_interval_draws_duplicate_groups() -> None:
    truth = np.repeat([0, 1], 50)
    predicted = truth.copy()
    predicted[::10] = 1 - predicted[::10]
    alone = [str(k) for k in range(100)]
    low, high = macro_f1_confidence_interval(truth, predicted, alone, 2)
    # One prediction in ten is wrong: the standard error of 100 of them is 0.03.
    assert low == pytest.approx(0.84, abs=0.015)
    assert high == pytest.approx(0.955, abs=0.015)
    # In ten groups whose samples are wrong together, the interval is wider.
    wrong_together = [str(k % 10) for k in range(100)]
    wide = macro_f1_confidence_interval(truth, predicted, wrong_together, 2)
    assert wide[1] - wide[0] > 2 * (high - low)
    assert macro_f1_confidence_interval(truth, truth, alone, 2) == (1.0, 1.0)
    assert np.isnan(macro_f1_confidence_interval(truth[:0], truth[:0], [], 2)).all()


def test_calibration_error_by_hand() -> None:
    # Two of confidence 0.9, one correct: error 0.4. Two of 0.6, both correct: error 0.4.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    truth = np.array([0, 1, 0, 0])
    assert calibration_error(probabilities, truth) == pytest.approx(0.4)
    # With one bin the two errors cancel: 3 of 4 correct, mean confidence 0.75.
    assert calibration_error(probabilities, truth, bins=1) == pytest.approx(0.0)
    # Three of 0.8, all correct (error 0.2), one of 0.6, wrong (error 0.6):
    # 3/4 * 0.2 + 1/4 * 0.6 = 0.3.
    probabilities = np.array([[0.8, 0.2]] * 3 + [[0.4, 0.6]])
    assert calibration_error(probabilities, np.zeros(4, int)) == pytest.approx(0.3)
    assert calibration_error(np.zeros((0, 4)), np.zeros(0, int)) == 0.0


def test_calibration_bins_by_hand() -> None:
    # Two bins: [0, 0.5) is empty, [0.5, 1] has 0.6 (correct), 0.9 (wrong), 1.0 (correct).
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [1.0, 0.0]])
    counts, confidence, correct = calibration_bins(probabilities, np.array([0, 1, 0]), bins=2)
    assert counts.tolist() == [0, 3]
    assert np.isnan([confidence[0], correct[0]]).all()
    assert [confidence[1], correct[1]] == pytest.approx([2.5 / 3, 2 / 3])


def test_recall_at_false_positive_rate_by_hand() -> None:
    negatives = np.linspace(0, 0.5, 100)
    positives = np.array([0.9, 0.499, 0.1])
    scores = np.concatenate([negatives, positives])
    is_positive = np.arange(103) >= 100
    # One false positive in a hundred is allowed: the second-highest negative is the limit.
    assert recall_at_false_positive_rate(scores, is_positive, 0.01) == pytest.approx(2 / 3)
    assert recall_at_false_positive_rate(scores, is_positive, 0.0) == pytest.approx(1 / 3)
    # Positives with the score of the limiting negatives cannot be found without them.
    assert recall_at_false_positive_rate(np.array([0.5, 0.5, 0.5, 0.7]), np.arange(4) >= 2) == 0.5
    assert np.isnan(recall_at_false_positive_rate(negatives, np.zeros(100, bool)))
    assert np.isnan(recall_at_false_positive_rate(positives, np.ones(3, bool)))


scored = st.tuples(st.booleans(), st.integers(0, 5))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=st.lists(scored, min_size=1, max_size=30), rate=st.sampled_from((0.0, 0.125, 0.5)))
def test_recall_at_false_positive_rate_agrees_with_trying_all_thresholds(
    rows: list[tuple[bool, int]], rate: float
) -> None:
    positives = np.array([positive for positive, _ in rows])
    scores = np.array([score for _, score in rows])
    found = recall_at_false_positive_rate(scores, positives, rate)
    if positives.all() or not positives.any():
        assert np.isnan(found)
        return
    recalls = [
        (scores[positives] >= threshold).mean()
        for threshold in range(7)
        if (scores[~positives] >= threshold).mean() <= rate
    ]
    assert found == pytest.approx(max(recalls))
