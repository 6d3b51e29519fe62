# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROC and precision-recall curves of answers, and the areas under them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.perception.types import FloatArray, IntArray

GRID = 2001
"""Places at which the curves of several classes are averaged."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Points ``x``, ``y`` (K,) with rising x, and the area below, NaN where it has no sense."""

    x: FloatArray
    y: FloatArray
    area: float


def _counts(wanted: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Right and wrong ones among those at or above each threshold; equal scores go together."""
    order = np.argsort(-scores, kind="stable")
    sorted_scores = scores[order]
    last = np.flatnonzero(np.append(np.diff(sorted_scores) != 0, True)[: len(order)])
    right = np.cumsum(wanted[order])[last].astype(np.float64)
    return right, last + 1 - right


def roc(wanted: FloatArray, scores: FloatArray) -> Curve:
    """Part of the wanted found over part of the others taken for it.

    Args:
        wanted: (N,) bool, what is to be found.
        scores: (N,), larger for likelier ones.
    """
    right, wrong = _counts(wanted, scores)
    if not wanted.any() or wanted.all():
        return Curve(np.array([0.0, 1.0]), np.full(2, np.nan), float("nan"))
    x = np.concatenate([[0.0], wrong / wrong[-1]])
    y = np.concatenate([[0.0], right / right[-1]])
    return Curve(x, y, float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)))


def precision_recall(wanted: FloatArray, scores: FloatArray) -> Curve:
    """Precision over recall, as ``roc``; the area is the average precision."""
    right, wrong = _counts(wanted, scores)
    if not wanted.any():
        return Curve(np.array([0.0, 1.0]), np.full(2, np.nan), float("nan"))
    recall, precision = right / right[-1], right / (right + wrong)
    area = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return Curve(np.append(0.0, recall), np.append(precision[0], precision), area)


def one_vs_rest(
    kind: Callable[[FloatArray, FloatArray], Curve], truth: IntArray, probabilities: FloatArray
) -> Curve:
    """Mean of the curves of every class against the rest; classes without faces are left out.

    Args:
        kind: ``roc`` or ``precision_recall``.
        truth: (N,) classes.
        probabilities: (N, classes).
    """
    curves = [kind(truth == c, probabilities[:, c]) for c in range(probabilities.shape[1])]
    curves = [curve for curve in curves if np.isfinite(curve.area)]
    x = np.linspace(0, 1, GRID)
    y = np.mean([np.interp(x, curve.x, curve.y) for curve in curves], axis=0)
    return Curve(x, y, float(np.mean([curve.area for curve in curves])))
