# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Effect of the threshold down to which low-confidence detections are hidden.

Detections below ``detector.score_threshold`` are not reported. Down to
``detector.low_confidence_threshold`` they are hidden in annotated images, so that missed faces
are seldom published recognizable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_training.evaluation.predictions import ImageResult

RECOGNIZABLE_WIDTH_PX = 20.0
"""Narrower faces are hardly recognizable."""
HIDDEN_IOU = 0.3
"""IoU of detection and face from which the cover hides the face."""
STRAY_IOU = 0.1
"""Detections with a lower IoU with every labeled face hide something else."""
LARGE_AREA = 0.005
"""Fraction of the image from which a hidden area without a face is disturbing."""
THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def compare_thresholds(
    results: Sequence[ImageResult], score_threshold: float
) -> dict[str, dict[str, Any]]:
    """Hidden faces and hidden areas without a face, for each threshold.

    Args:
        results: images with all detections down to the lowest of ``THRESHOLDS``.
        score_threshold: score from which faces are reported; compared as well.

    Returns:
        By threshold: the fraction of the recognizable labeled faces that is hidden, and the
        large areas and the total area per image that are hidden without a face, by
        detections that are not reported.
    """
    thresholds = (*(t for t in THRESHOLDS if t < score_threshold), score_threshold)
    return {f"{t:g}": _at_threshold(results, t, score_threshold) for t in thresholds}


def _at_threshold(
    results: Sequence[ImageResult], threshold: float, score_threshold: float
) -> dict[str, float]:
    faces = hidden = large = 0
    area = 0.0
    for result in results:
        detections = result.faces[result.faces.scores >= threshold]
        labeled = result.record.boxes
        overlaps = iou_matrix(detections.boxes, labeled)
        recognizable = labeled[:, 2] >= RECOGNIZABLE_WIDTH_PX
        faces += int(recognizable.sum())
        hidden += int((overlaps.max(0, initial=0.0) >= HIDDEN_IOU)[recognizable].sum())
        width, height = result.record.size
        areas = detections.boxes[:, 2] * detections.boxes[:, 3] / (width * height)
        stray = overlaps.max(1, initial=0.0) < STRAY_IOU
        stray &= detections.scores < score_threshold
        large += int((areas[stray] >= LARGE_AREA).sum())
        area += float(areas[stray].sum())
    return {
        "faces hidden": hidden / faces if faces else float("nan"),
        "large areas hidden without a face, per image": large / len(results),
        "area hidden without a face": area / len(results),
    }
