# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROC and precision-recall curves of classifiers, with their areas; scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sklearn.metrics

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray

GRID_POINTS = 2001
"""Points at which the curves of several classes are averaged."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Points ``x`` and ``y`` (K,) in ascending order of x, and the area; NaN if undefined."""

    x: FloatArray
    y: FloatArray
    area: float


UNDEFINED = Curve(np.array([0.0, 1.0]), np.full(2, np.nan), float("nan"))


def roc(positives: BoolArray, scores: FloatArray) -> Curve:
    """Receiver operating characteristic: recall over false positive rate, and its area (AUC).

    Args:
        positives: (N,) bool, the ground truth.
        scores: (N,), higher for likelier positives.

    Returns:
        The curve; undefined without positives or without negatives.
    """
    if not positives.any() or positives.all():
        return UNDEFINED
    false_positive_rate, recall, _ = sklearn.metrics.roc_curve(
        positives, scores, drop_intermediate=False
    )
    area = float(sklearn.metrics.auc(false_positive_rate, recall))
    return Curve(false_positive_rate, recall, area)


def precision_recall(positives: BoolArray, scores: FloatArray) -> Curve:
    """Precision over recall, and the average precision (without interpolation).

    Arguments as for ``roc``. The curve is undefined without positives.
    """
    if not positives.any():
        return UNDEFINED
    precision, recall, _ = sklearn.metrics.precision_recall_curve(positives, scores)
    precision, recall = precision[::-1], recall[::-1]
    # At recall 0 scikit-learn adds a precision of 1, which no threshold has.
    precision = np.append(precision[1], precision[1:])
    area = float(sklearn.metrics.average_precision_score(positives, scores))
    return Curve(recall, precision, area)


def one_vs_rest(
    curve: Callable[[BoolArray, FloatArray], Curve], truth: IntArray, probabilities: FloatArray
) -> Curve:
    """Mean (macro average) of the curves of each class against the rest.

    Classes without faces are left out.

    Args:
        curve: ``roc`` or ``precision_recall``.
        truth: (N,) true classes.
        probabilities: (N, classes).
    """
    curves = [curve(truth == c, probabilities[:, c]) for c in range(probabilities.shape[1])]
    curves = [one for one in curves if np.isfinite(one.area)]
    x = np.linspace(0, 1, GRID_POINTS)
    y = np.mean([np.interp(x, one.x, one.y) for one in curves], axis=0)
    return Curve(x, y, float(np.mean([one.area for one in curves])))
