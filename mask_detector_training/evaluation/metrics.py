# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good answers are: average precision, F1, calibration. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import BoolArray, FloatArray, IntArray

OVERLAP = 0.5
"""Intersection over union from which a box has found a face."""
FALSE, NEUTRAL = -1, -2
"""In place of a partner: the box found nothing; the box counts nothing."""
BINS = 15
DRAWS = 2000
"""Samples of a bootstrap."""


@dataclass(frozen=True, eq=False)
class Answers:
    """One picture's answers and truth for one class.

    Attributes:
        boxes: (D, 4) xywh pixels found, ``scores`` (D,).
        truth: (T, 4) xywh pixels labeled.
        neutral: (T,) bool, finding or missing these counts nothing.
    """

    boxes: FloatArray
    scores: FloatArray
    truth: FloatArray
    neutral: BoolArray

    def above(self, threshold: float) -> Answers:
        """Only the boxes whose score is at least ``threshold``."""
        strong = self.scores >= threshold
        return Answers(self.boxes[strong], self.scores[strong], self.truth, self.neutral)


def partners(picture: Answers, overlap: float = OVERLAP) -> IntArray:
    """Which face each box found, best scores first, each face once.

    A face that counts is preferred to a neutral one; neutral ones may be found again and
    again.

    Returns:
        (D,) row of the truth, or ``FALSE``, or ``NEUTRAL``.
    """
    found = np.full(len(picture.boxes), FALSE, np.int64)
    overlaps = iou_matrix(picture.boxes, picture.truth)
    free = np.ones(len(picture.truth), bool)
    for row in np.argsort(-picture.scores, kind="stable"):
        near = overlaps[row] >= overlap
        real = near & free & ~picture.neutral
        if real.any():
            found[row] = np.argmax(np.where(real, overlaps[row], -1))
            free[found[row]] = False
        elif (near & picture.neutral).any():
            found[row] = NEUTRAL
    return found


def match(
    pictures: Sequence[Answers], overlap: float = OVERLAP
) -> tuple[FloatArray, BoolArray, int]:
    """Scores and hits of all boxes that count, and how many faces count."""
    scores: list[FloatArray] = [np.zeros(0)]
    hits: list[BoolArray] = [np.zeros(0, bool)]
    labeled = 0
    for picture in pictures:
        labeled += int((~picture.neutral).sum())
        found = partners(picture, overlap)
        counts = found != NEUTRAL
        scores.append(picture.scores[counts].astype(np.float64))
        hits.append(found[counts] >= 0)
    return np.concatenate(scores), np.concatenate(hits), labeled


def precision_recall(
    pictures: Sequence[Answers], overlap: float = OVERLAP
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Precision and recall at every score threshold that makes a difference.

    Boxes of equal score come and go together, so the order of pictures does not matter.

    Returns:
        Thresholds (K,), falling, precision (K,) and recall (K,); recall is NaN where
        nothing is labeled.
    """
    scores, hits, labeled = match(pictures, overlap)
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True)[: len(scores)])
    right = np.cumsum(hits[order])[last].astype(np.float64)
    recall = right / labeled if labeled else np.full(len(last), np.nan)
    return scores[last], right / (last + 1), recall


def average_precision(pictures: Sequence[Answers], overlap: float = OVERLAP) -> float:
    """Area under the precision-recall curve (all points, precision made monotone).

    NaN where nothing is labeled.
    """
    if all(picture.neutral.all() for picture in pictures):
        return float("nan")
    _, precision, recall = precision_recall(pictures, overlap)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def best_threshold(pictures: Sequence[Answers]) -> tuple[float, float, float]:
    """Score threshold of the best F1, and the precision and recall there."""
    scores, precision, recall = precision_recall(pictures)
    if not (recall > 0).any():
        return 0.5, 0.0, 0.0
    best = int(np.argmax(precision * recall / np.maximum(precision + recall, 1e-12)))
    return float(scores[best]), float(precision[best]), float(recall[best])


def confusion(truth: IntArray, answers: IntArray, classes: int) -> IntArray:
    """Counts (classes, classes): rows are the truth, columns the answers."""
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (truth, answers), 1)
    return table


def f1_scores(table: IntArray) -> FloatArray:
    """F1 of every class of a confusion table; 0 for a class never right."""
    right = np.diag(table).astype(np.float64)
    total = table.sum(0) + table.sum(1)
    return 2 * right / np.maximum(total, 1)


def macro_f1(table: IntArray) -> float:
    """Mean F1 over the classes that are labeled at all; NaN where none is."""
    labeled = table.sum(1) > 0
    return float(f1_scores(table)[labeled].mean()) if labeled.any() else float("nan")


def macro_f1_interval(
    truth: IntArray, answers: IntArray, families: Sequence[str], classes: int
) -> tuple[float, float]:
    """Where the macro F1 would lie on other faces like these, 95 times of 100.

    Percentile bootstrap (Efron 1979) over families of pictures, since the faces of one family
    are right or wrong together. A few dozen faces of a rare class make it wide.

    Args:
        truth: (N,) classes.
        answers: (N,) classes.
        families: N names; drawn with replacement, each with all of its faces.
        classes: how many classes there are.

    Returns:
        The lower and the upper end; both NaN where there are no faces.
    """
    if not len(truth):
        return float("nan"), float("nan")
    _, members = np.unique(np.asarray(families), return_inverse=True)
    each = np.zeros((members.max() + 1, classes, classes), np.int64)
    np.add.at(each, (members, truth, answers), 1)
    random = np.random.default_rng(0)
    count = len(each)
    figures = [
        macro_f1(np.tensordot(np.bincount(drawn, minlength=count), each, 1))
        for drawn in random.integers(0, count, (DRAWS, count))
    ]
    low, high = np.percentile(figures, (2.5, 97.5))
    return float(low), float(high)


def accuracy(table: IntArray) -> float:
    """Part of the answers that are right; NaN where there are none."""
    return float(np.diag(table).sum() / table.sum()) if table.any() else float("nan")


def calibration_bins(
    probabilities: FloatArray, truth: IntArray, bins: int = BINS
) -> tuple[IntArray, FloatArray, FloatArray]:
    """How often the likeliest class is right, by its probability; (N, C) and (N,).

    Returns:
        Per bin of equal width: how many answers, their mean probability, and the part of
        them that is right (both NaN where the bin is empty).
    """
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    some = np.where(counts > 0, counts, np.nan)
    said = np.bincount(place, confidence, bins) / some
    return counts, said, np.bincount(place, right, bins) / some


def calibration_error(probabilities: FloatArray, truth: IntArray, bins: int = BINS) -> float:
    """Expected calibration error of the likeliest class; (N, C) and (N,)."""
    counts, said, right = calibration_bins(probabilities, truth, bins)
    return float(np.nansum(counts * np.abs(said - right)) / max(counts.sum(), 1))


def recall_at_false_alarms(
    suspicion: FloatArray, violation: BoolArray, rate: float = 0.01
) -> float:
    """Part of the violations found when at most ``rate`` of the others are accused.

    ``suspicion`` (N,) is larger for a likelier violation.
    """
    innocent = np.sort(suspicion[~violation])[::-1]
    if not len(innocent) or not violation.any():
        return float("nan")
    allowed = int(np.floor(rate * len(innocent)))
    limit = innocent[allowed] if allowed < len(innocent) else -np.inf
    return float((suspicion[violation] > limit).mean())
