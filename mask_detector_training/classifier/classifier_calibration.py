# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Temperature scaling of the classifier's logits, with a bias for the class frequencies.

Guo et al. (2017), "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brute
from scipy.special import log_softmax

from mask_detector_ros.arrays import FloatArray, IntArray

MAX_FALSELY_COVERED = 0.005
"""Largest fraction of labeled faces that may be taken for covered."""
TEMPERATURES = (0.3, 4.0)
TEMPERATURE_STEPS = 105
FRACTION_STEPS = 21


def log_loss(logits: FloatArray, classes: IntArray, weights: FloatArray | None = None) -> float:
    """Mean negative log-likelihood of the true classes (N,), from logits (N, C).

    ``weights`` (N,) are of the faces; equal if None.
    """
    log_probabilities = log_softmax(logits, axis=-1)
    return -float(np.average(log_probabilities[np.arange(len(classes)), classes], weights=weights))


def fit_calibration(
    logits: FloatArray, classes: IntArray, prior_shift: FloatArray
) -> tuple[float, FloatArray]:
    """Temperature and bias of least log loss, by grid search.

    Training samples rare classes more often than they occur. ``prior_shift`` corrects that, and
    the fraction of it to apply is fitted together with the temperature. A face of a class with n
    faces has the weight 1 / sqrt(n), between equal weights of the faces and of the classes: how
    rare incorrect wear is in the data depends on how the images were collected, and robots will
    meet other frequencies.

    Args:
        logits: (N, C).
        classes: true classes (N,).
        prior_shift: (C,) log of the frequency of each class over its frequency in training.

    Returns:
        The temperature that divides the logits, and the bias (C,) to add afterwards.
    """
    weights = 1 / np.sqrt(np.bincount(classes)[classes])

    def loss(parameters: FloatArray) -> float:
        fraction, log_temperature = parameters
        shifted = logits / np.exp(log_temperature) + fraction * prior_shift
        return log_loss(shifted, classes, weights)

    low, high = np.log(TEMPERATURES)
    grid = (slice(0, 1, FRACTION_STEPS * 1j), slice(low, high, TEMPERATURE_STEPS * 1j))
    fraction, log_temperature = brute(loss, grid, finish=None)
    return float(np.exp(log_temperature)), fraction * prior_shift


def fit_covered_bias(logits: FloatArray) -> float:
    """Bias of the output ``covered`` with which few labeled faces are taken for covered.

    Args:
        logits: (N, C + 1) of labeled faces, calibrated but for the last one, ``covered``.

    Returns:
        The largest bias up to 0 that keeps their fraction below ``MAX_FALSELY_COVERED``.
    """
    leads = logits[:, -1] - logits[:, :-1].max(axis=1)
    return min(0.0, -float(np.quantile(leads, 1 - MAX_FALSELY_COVERED)))
