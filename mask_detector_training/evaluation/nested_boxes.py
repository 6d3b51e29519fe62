# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Effect of ``detector.nms_iom``, above which nested boxes are one face.

A lower threshold removes more second boxes of one face, and may remove a person in front of
another: labeled faces nested in each other show how often that can happen. The second table is
about which of two nested boxes to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.face_detector import drop_nested, iom_matrix, iou_matrix
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_training.evaluation.metrics import (
    IOU_THRESHOLD,
    LOOSE_IOU,
    LabeledDetections,
    average_precision,
    match_images,
)
from mask_detector_training.evaluation.predictions import DETECTOR_MIN_WIDTH_PX, ImageResult

OFF = 1.0
THRESHOLDS = (OFF, 0.8, 0.7, 0.65, 0.6, 0.5)
NESTED_IOM = 0.7
"""IoM from which two boxes count as nested in the tables."""


def compare_iom_thresholds(
    results: Sequence[ImageResult], score_threshold: float
) -> dict[str, dict[str, Any]]:
    """Metrics for each of ``THRESHOLDS``.

    Args:
        results: images with all detections of the detector with the threshold ``OFF``.
        score_threshold: score from which faces are reported.

    Returns:
        By threshold: AP at two IoUs; precision and recall at the score threshold; images with a
        box nested in a face; and pairs of labeled faces that would be one face if they were
        detected as they are labeled.
    """
    return {
        "off" if threshold == OFF else f"{threshold:g}": _at_threshold(
            results, threshold, score_threshold
        )
        for threshold in THRESHOLDS
    }


def _at_threshold(
    results: Sequence[ImageResult], threshold: float, score_threshold: float
) -> dict[str, Any]:
    kept = [
        ImageResult(
            result.record,
            result.faces[
                drop_nested(result.faces.boxes, result.faces.scores >= score_threshold, threshold)
            ],
        )
        for result in results
    ]
    images = [result.labeled_detections for result in kept]
    reported = [image.above(score_threshold) for image in images]
    _, true_positives, faces = match_images(reported)
    low = DetectorSettings().low_confidence_threshold
    return {
        "AP50": average_precision(images),
        "AP30": average_precision(images, LOOSE_IOU),
        "precision": float(true_positives.mean()) if len(true_positives) else float("nan"),
        "recall": float(true_positives.sum()) / faces if faces else float("nan"),
        "images with nested faces": sum(_nested(image, score_threshold) for image in reported),
        "images with nested faces or low-confidence boxes in faces": sum(
            _nested(image.above(low), score_threshold) for image in images
        ),
        "pairs of labeled faces nested above the threshold": sum(
            _labeled_pairs(result, threshold) for result in results
        ),
        "labeled faces": faces,
    }


def _nested(image: LabeledDetections, score_threshold: float) -> bool:
    faces = image.scores >= score_threshold
    return len(drop_nested(image.boxes, faces, NESTED_IOM)) < len(image.boxes)


def _labeled_pairs(result: ImageResult, threshold: float) -> int:
    boxes = result.record.boxes[result.record.boxes[:, 2] >= DETECTOR_MIN_WIDTH_PX]
    return int(np.triu(iom_matrix(boxes, boxes) > threshold, 1).sum())


def compare_thresholds_and_choices(
    name: str, results: Sequence[ImageResult], score_threshold: float, threshold: float
) -> dict[str, dict[str, dict[str, Any]]]:
    """Both tables for one part of the data, by title."""
    return {
        f"{name}: threshold": compare_iom_thresholds(results, score_threshold),
        f"{name}: which of two nested boxes": compare_choices(results, score_threshold, threshold),
    }


@dataclass(frozen=True)
class _Choice:
    """Two nested boxes of one labeled face."""

    higher_score: FloatArray
    larger: FloatArray
    smaller: FloatArray
    mean: FloatArray
    label: FloatArray


def compare_choices(
    results: Sequence[ImageResult], score_threshold: float, threshold: float
) -> dict[str, dict[str, Any]]:
    """Which of two nested boxes fits the label best.

    Args:
        results: as in ``compare_iom_thresholds``.
        score_threshold: score that the higher one must have.
        threshold: IoM above which two boxes are nested.

    Returns:
        By choice: mean IoU with the label, and the fraction with at least ``IOU_THRESHOLD``.
    """
    low = DetectorSettings().low_confidence_threshold
    choices: list[_Choice] = []
    for result in results:
        faces = result.faces[result.faces.scores >= low]
        if not len(result.record.boxes):
            continue
        nested = np.triu(iom_matrix(faces.boxes, faces.boxes) > threshold, 1)
        nested &= (faces.scores >= score_threshold)[:, np.newaxis]
        for first, second in np.argwhere(nested):
            pair, weights = faces.boxes[[first, second]], faces.scores[[first, second]]
            overlaps = iou_matrix(pair, result.record.boxes).max(0)
            by_area = pair[np.argsort(pair[:, 2] * pair[:, 3])]
            mean = np.average(pair, axis=0, weights=weights)
            label = result.record.boxes[overlaps.argmax()]
            choices.append(_Choice(pair[0], by_area[1], by_area[0], mean, label))
    table: dict[str, dict[str, Any]] = {}
    for name in ("higher_score", "larger", "smaller", "mean"):
        overlap = np.array([iou_matrix(getattr(c, name), c.label)[0, 0] for c in choices])
        table[name.replace("_", " ")] = {
            "pairs": len(choices),
            "mean IoU with the label": float(overlap.mean()) if choices else float("nan"),
            f"IoU {IOU_THRESHOLD:g} or more": (
                float((overlap >= IOU_THRESHOLD).mean()) if choices else float("nan")
            ),
        }
    return table
