# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions of the whole pipeline for labeled faces, and how often they are UNKNOWN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.types import UnknownReason
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.evaluation.mapped_classes import UNMAPPED, map_statuses
from mask_detector_training.evaluation.metrics import LOOSE_IOU, LabeledDetections, match_image
from mask_detector_training.evaluation.predictions import DETECTOR_MIN_WIDTH_PX, ImageResult


@dataclass(frozen=True, eq=False)
class MatchedFaces:
    """Labeled faces of the four classes that the detector found, with their predictions.

    Attributes:
        labeled: number of labeled faces, found or not.
        truth: (N,) index of the true class.
        predicted: (N,) index of the most probable class, also where the status is UNKNOWN.
        reasons: (N,) UnknownReason, NONE where the face is classified.
        widths: (N,) labeled face widths in pixels.
    """

    labeled: int
    truth: IntArray
    predicted: IntArray
    reasons: IntArray
    widths: FloatArray

    @property
    def classified(self) -> BoolArray:
        """(N,) whether the status is not UNKNOWN."""
        return np.asarray(self.reasons == UnknownReason.NONE)

    @property
    def unknown_rate(self) -> float:
        """Fraction of the found faces whose status is UNKNOWN; NaN without faces."""
        return float(1 - self.classified.mean()) if len(self.reasons) else float("nan")


def match_faces(results: Sequence[ImageResult], threshold: float) -> MatchedFaces:
    """Match detections with a score of at least ``threshold`` to the labeled faces."""
    labeled = 0
    truth: list[IntArray] = [np.zeros(0, np.int64)]
    predicted, reasons = truth.copy(), truth.copy()
    widths: list[FloatArray] = [np.zeros(0)]
    for result in results:
        boxes = result.record.boxes
        classes = map_statuses(CLASS_MAPPINGS[4], result.record.statuses)
        ignored = (classes == UNMAPPED) | (boxes[:, 2] < DETECTOR_MIN_WIDTH_PX)
        labeled += int((~ignored).sum())
        faces = result.faces[result.faces.scores >= threshold]
        labeled_detections = LabeledDetections(faces.boxes, faces.scores, boxes, ignored)
        matches = match_image(labeled_detections, LOOSE_IOU)
        matched = matches >= 0
        truth.append(classes[matches[matched]])
        predicted.append(faces.probabilities.argmax(1)[matched])
        reasons.append(faces.frame_reason[matched])
        widths.append(boxes[matches[matched], 2])
    return MatchedFaces(
        labeled,
        np.concatenate(truth),
        np.concatenate(predicted),
        np.concatenate(reasons),
        np.concatenate(widths),
    )
