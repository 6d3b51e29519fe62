# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The four ways to wear a mask seen as four, three or two classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, IntArray


@dataclass(frozen=True)
class View:
    """Classes a classifier tells apart.

    Attributes:
        names: of the classes, in the order of the answer.
        shares: part of the training samples each class gets.
        of: the class of each status of the labels that takes part.
        accepted: the class of a mask that is worn correctly.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]
    of: Mapping[str, str]
    accepted: str

    def index(self, status: str) -> int:
        """Number of the class a status belongs to."""
        return self.names.index(self.of[status])

    def suspicion(self, probabilities: FloatArray) -> FloatArray:
        """Probability (N,) that the mask is not worn correctly, of (N, classes)."""
        return 1 - probabilities[:, self.names.index(self.accepted)]

    def violations(self, truth: IntArray) -> FloatArray:
        """Which of the true classes (N,) are not the accepted one, bool (N,)."""
        return np.asarray(truth != self.names.index(self.accepted))


VIEWS = {
    4: View(CLASS_LABELS, (0.30, 0.15, 0.20, 0.35), {n: n for n in CLASS_LABELS}, "correct"),
    3: View(
        ("no_mask", "incorrect", "correct"),
        (0.30, 0.35, 0.35),
        {
            "no_mask": "no_mask",
            "below_mouth": "incorrect",
            "nose_exposed": "incorrect",
            "incorrect": "incorrect",
            "correct": "correct",
        },
        "correct",
    ),
    # What is below the mouth protects nobody; what leaves the nose free is still a mask.
    2: View(
        ("no_mask", "mask"),
        (0.50, 0.50),
        {
            "no_mask": "no_mask",
            "below_mouth": "no_mask",
            "nose_exposed": "mask",
            "correct": "mask",
        },
        "mask",
    ),
}
"""By number of classes. ``incorrect`` does not say where the mask is: it has no place in two."""
