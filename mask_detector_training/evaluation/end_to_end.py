# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the product tells of the faces it finds, and of which it says UNKNOWN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.perception.types import (
    CLASS_LABELS,
    BoolArray,
    FloatArray,
    IntArray,
    UnknownReason,
)
from mask_detector_training.data.class_mapping import VIEWS
from mask_detector_training.evaluation.mapped_classes import LEFT_OUT, truth_in
from mask_detector_training.evaluation.metrics import Answers, confusion, partners
from mask_detector_training.evaluation.predictions import SMALLEST_FOUND, Scene


@dataclass(frozen=True, eq=False)
class Met:
    """Labeled faces of the four classes that the product found.

    Attributes:
        labeled: how many there are, found or not.
        truth: (N,) index of the true class.
        likeliest: (N,) index of the likeliest class, told or not.
        reasons: (N,) UnknownReason, NONE where the product tells.
        widths: (N,) pixels, as labeled.
    """

    labeled: int
    truth: IntArray
    likeliest: IntArray
    reasons: IntArray
    widths: FloatArray

    @property
    def told(self) -> BoolArray:
        """(N,) whether the product tells, and does not say UNKNOWN."""
        return np.asarray(self.reasons == UnknownReason.NONE)

    @property
    def unknown_rate(self) -> float:
        """Part of the found faces of which the product says UNKNOWN; NaN without faces."""
        return float(1 - self.told.mean()) if len(self.reasons) else float("nan")

    def table(self, chosen: BoolArray) -> IntArray:
        """Confusion table (4, 4) of the likeliest class on some of the faces."""
        return confusion(self.truth[chosen], self.likeliest[chosen], len(CLASS_LABELS))


def meet(scenes: Sequence[Scene], threshold: float) -> Met:
    """Lay what the product found from a score on beside the labels."""
    labeled = 0
    truth: list[IntArray] = [np.zeros(0, np.int64)]
    likeliest, reasons = truth.copy(), truth.copy()
    widths: list[FloatArray] = [np.zeros(0)]
    for scene in scenes:
        boxes = scene.record.boxes
        statuses = truth_in(VIEWS[4], scene.record.statuses)
        neutral = (statuses == LEFT_OUT) | (boxes[:, 2] < SMALLEST_FOUND)
        labeled += int((~neutral).sum())
        faces = scene.faces[scene.faces.scores >= threshold]
        found = partners(Answers(faces.boxes, faces.scores, boxes, neutral))
        met = found >= 0
        truth.append(statuses[found[met]])
        likeliest.append(faces.probabilities.argmax(1)[met])
        reasons.append(faces.frame_reason[met])
        widths.append(boxes[found[met], 2])
    return Met(labeled, *(np.concatenate(rows) for rows in (truth, likeliest, reasons, widths)))
