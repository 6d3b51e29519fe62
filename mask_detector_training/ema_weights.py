# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Averaged weights of a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray

EMA_INTERVAL_STEPS = 4


class EmaWeights:
    """Exponential moving average of all weights of a model, including batch statistics.

    Iterate averaging: Polyak & Juditsky (1992), "Acceleration of Stochastic Approximation by
    Averaging".
    """

    def __init__(self, model: Any, momentum: float) -> None:
        self._momentum = momentum
        self.values: list[FloatArray] = [np.array(w) for w in model.get_weights()]

    def update(self, model: Any, step: int) -> None:
        """Move toward the model's weights; faster in the first steps, when they change most."""
        momentum = min(self._momentum, (1 + step) / (20 + step)) ** EMA_INTERVAL_STEPS
        for value, weight in zip(self.values, model.get_weights(), strict=True):
            value += (1 - momentum) * (weight - value)
