# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good answers are: average precision, F1, calibration. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.perception.geometry import iou_matrix
from mask_detector_ros.perception.types import FloatArray, IntArray

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answers:
    """One picture's answers and truth for one class.

    Attributes:
        boxes: (D, 4) xywh pixels found, ``scores`` (D,).
        truth: (T, 4) xywh pixels labelled.
        neutral: (T,) bool, finding or missing these counts nothing.
    """

    boxes: FloatArray
    scores: FloatArray
    truth: FloatArray
    neutral: BoolArray


def average_precision(pictures: Sequence[Answers], overlap: float = 0.5) -> float:
    """Area under the precision-recall curve (all points, precision made monotone).

    Detections go to the truth they overlap most, best scores first, each truth once; a
    face that counts is preferred to a neutral one. NaN where nothing is labelled.
    """
    scores, hits, labelled = match(pictures, overlap)
    if labelled == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hits[order])
    precision = right / np.arange(1, len(order) + 1)
    recall = right / labelled
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0.0], recall]))
    return float(np.sum(steps * precision))


def match(pictures: Sequence[Answers], overlap: float) -> tuple[FloatArray, BoolArray, int]:
    """Scores and hits of all detections that count, and how many faces count."""
    scores: list[float] = []
    hits: list[bool] = []
    labelled = 0
    for picture in pictures:
        labelled += int((~picture.neutral).sum())
        overlaps = iou_matrix(picture.boxes, picture.truth)
        free = np.ones(len(picture.truth), bool)
        for row in np.argsort(-picture.scores, kind="stable"):
            near = overlaps[row] >= overlap
            real = near & free & ~picture.neutral
            if real.any():
                free[np.argmax(np.where(real, overlaps[row], -1))] = False
            elif (near & picture.neutral).any():
                continue
            scores.append(float(picture.scores[row]))
            hits.append(bool(real.any()))
    return np.array(scores, np.float64), np.array(hits, bool), labelled


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


def calibration_error(probabilities: FloatArray, truth: IntArray, bins: int = 15) -> float:
    """Expected calibration error of the likeliest class; (N, C) and (N,)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for index in range(bins):
        chosen = place == index
        if chosen.any():
            gap = abs(float(right[chosen].mean()) - float(confidence[chosen].mean()))
            error += float(chosen.mean()) * gap
    return error


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
