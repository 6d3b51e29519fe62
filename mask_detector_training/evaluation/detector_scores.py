# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of the face detector: all faces, and by face width, source, light and tilt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.changed_images import changed_copies
from mask_detector_training.evaluation.face_scores import (
    RECALL_TARGET,
    Images,
    false_faces_at_recall,
    score_faces,
    select_range,
    select_widths,
)
from mask_detector_training.evaluation.image_changes import TILTS
from mask_detector_training.evaluation.metrics import LabeledDetections
from mask_detector_training.evaluation.predictions import (
    WIDTH_BANDS_PX,
    ImageResult,
    band_name,
    drop_nested_as_on_robot,
)
from mask_detector_training.markdown_text import MetricsTable

QUARTERS = ("darkest quarter", "second quarter", "third quarter", "brightest quarter")


def score_detector(results: Sequence[ImageResult], threshold: float) -> dict[str, Any]:
    """Finding and framing of all faces, at a score threshold and at a given recall."""
    images = [result.labeled_detections for result in results]
    at_recall, false_faces = false_faces_at_recall(images)
    return {
        **score_faces(images, threshold),
        "score threshold": threshold,
        f"false faces per image at recall {RECALL_TARGET:g}": false_faces,
        f"score threshold at recall {RECALL_TARGET:g}": at_recall,
    }


def score_by_width(results: Sequence[ImageResult], threshold: float) -> MetricsTable:
    """Scores by face width; false faces by their own width."""
    images = [result.labeled_detections for result in results]
    return {
        band_name(low, high): score_faces(images, threshold, partial(_select_width, (low, high)))
        for low, high in WIDTH_BANDS_PX
    }


def _select_width(limits: tuple[float, float], images: Images, iou: float) -> Images:
    return select_widths(images, *limits, iou)


def score_by_source(results: Sequence[ImageResult], threshold: float) -> MetricsTable:
    """Scores by the data set that the images come from."""
    sources = sorted({result.record.source for result in results})
    return {
        source: score_faces(
            [r.labeled_detections for r in results if r.record.source == source], threshold
        )
        for source in sources
    }


def score_by_light(results: Sequence[ImageResult], threshold: float) -> MetricsTable:
    """Scores by quarters of the brightness of the labeled faces; false faces by their own.

    Brightness is the mean gray level in the box. Reads the images again.
    """
    images = [result.labeled_detections for result in results]
    labeled, detected = [], []
    for result, image in zip(results, images, strict=True):
        pixels = result.record.load()
        labeled.append(brightness(pixels, image.ground_truth))
        detected.append(brightness(pixels, image.boxes))
    counted = [values[~image.ignored] for values, image in zip(labeled, images, strict=True)]
    values = np.concatenate([np.zeros(0), *counted])
    inner = np.quantile(values, (0.25, 0.5, 0.75)) if len(values) else np.zeros(3)
    limits = (-np.inf, *inner, np.inf)
    return {
        name: score_faces(
            images,
            threshold,
            partial(_select_brightness, labeled, detected, (limits[row], limits[row + 1])),
        )
        for row, name in enumerate(QUARTERS)
    }


def _select_brightness(
    labeled: Sequence[FloatArray],
    detected: Sequence[FloatArray],
    limits: tuple[float, float],
    images: Images,
    iou: float,
) -> Images:
    return select_range(images, labeled, detected, limits, iou)


def brightness(image: Image, boxes: FloatArray) -> FloatArray:
    """Mean gray level (N,) of boxes (N, 4) xywh in an image (H, W, 3) BGR; 0 outside of it."""
    sums = cv2.integral(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    size = np.array(image.shape[1::-1])
    low = np.clip(np.rint(boxes[:, :2]), 0, size).astype(int)
    high = np.clip(np.rint(boxes[:, :2] + boxes[:, 2:]), 0, size).astype(int)
    (x0, y0), (x1, y1) = low.T, high.T
    total = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    return np.asarray(total / np.maximum((x1 - x0) * (y1 - y0), 1), np.float64)


def score_by_tilt(
    detector: FaceDetector, records: Iterable[Record], settings: DetectorSettings, threshold: float
) -> MetricsTable:
    """Scores in copies of the images that are tilted in both directions."""
    images: dict[str, list[LabeledDetections]] = {change.name: [] for change in TILTS}
    for record in records:
        original = record.load()
        for change in TILTS:
            for copy in changed_copies(change, original, record):
                faces = drop_nested_as_on_robot(detector.detect(copy.image, settings))
                images[change.name].append(copy.labeled_detections(faces))
    return {name: score_faces(tilted, threshold) for name, tilted in images.items()}
