# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mappings from the wear statuses of the labels to four, three or two classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.types import CLASS_LABELS


@dataclass(frozen=True)
class ClassMapping:
    """The classes that a classifier predicts.

    Attributes:
        names: class names in output order.
        sampling_fractions: fraction of the training samples drawn from each class.
        class_of: class name by status; statuses without an entry are left out.
        correct_class: the class of a correctly worn mask; all others are violations.
    """

    names: tuple[str, ...]
    sampling_fractions: tuple[float, ...]
    class_of: Mapping[str, str]
    correct_class: str

    def index(self, status: str) -> int:
        """Index of the class of a status."""
        return self.names.index(self.class_of[status])

    def violation_probability(self, probabilities: FloatArray) -> FloatArray:
        """Probability (N,) that the mask is not worn correctly, from (N, classes)."""
        return 1 - probabilities[:, self.names.index(self.correct_class)]

    def is_violation(self, classes: IntArray) -> BoolArray:
        """Whether each class index (N,) is a violation."""
        return np.asarray(classes != self.names.index(self.correct_class))


CLASS_MAPPINGS = {
    4: ClassMapping(
        CLASS_LABELS, (0.28, 0.18, 0.22, 0.32), {n: n for n in CLASS_LABELS}, "correct"
    ),
    3: ClassMapping(
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
    # The binary literature differs about incorrectly worn masks. Here a mask below the mouth
    # counts as no mask, and one that leaves only the nose free as a mask.
    2: ClassMapping(
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
"""By number of classes. The status ``incorrect`` does not say where the mask is, so only the
three-class mapping has a class for it."""
