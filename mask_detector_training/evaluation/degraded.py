# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recall of the pipeline in degraded images, and of dark and bright faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.types import Detections, UnknownReason, WearStatus
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import (
    IGNORED,
    IOU_THRESHOLD,
    LOOSE_IOU,
    match_image,
)
from mask_detector_training.evaluation.predictions import ImageResult

GAMMA = 2.2
"""Exponent between pixel values and light."""
QUARTERS = ("darkest quarter", "second quarter", "third quarter", "brightest quarter")

Degrade = Callable[[Image, FloatArray], tuple[Image, FloatArray]]
"""Image (H, W, 3) uint8 BGR and boxes (N, 4) xywh -> both, degraded."""


def grayscale(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
    """Without color."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8), boxes


def dimmed(light: float) -> Degrade:
    """With a fraction of the light."""

    def degrade(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
        return np.rint(image * light ** (1 / GAMMA)).astype(np.uint8), boxes

    return degrade


def tilted(degrees: float) -> Degrade:
    """Rotated clockwise about the center, in an image of the same size.

    A box becomes the bounding box of the rotated ellipse in it.
    """

    def degrade(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
        height, width = image.shape[:2]
        rotation = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -degrees, 1.0)
        turned = cv2.warpAffine(image, rotation, (width, height), borderMode=cv2.BORDER_REPLICATE)
        centers = boxes[:, :2] + boxes[:, 2:] / 2 - 0.5
        centers = centers @ rotation[:, :2].T + rotation[:, 2] + 0.5
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        sizes = np.sqrt((boxes[:, 2:] * cos) ** 2 + (boxes[:, :1:-1] * sin) ** 2)
        turned_boxes = np.concatenate([centers - sizes / 2, sizes], axis=1).astype(np.float32)
        return np.asarray(turned, np.uint8), turned_boxes

    return degrade


DEGRADATIONS: dict[str, Degrade] = {
    "unchanged": lambda image, boxes: (image, boxes),
    "grayscale": grayscale,
    "1/4 of the light": dimmed(1 / 4),
    "1/16 of the light": dimmed(1 / 16),
    "tilted by 15°": tilted(15),
    "tilted by 30°": tilted(30),
    "tilted by 45°": tilted(45),
}


@dataclass(frozen=True, eq=False)
class _LabeledFaces:
    """What became of the labeled faces of one image; rows are the faces that count.

    Attributes:
        found: (N,) whether a detection matches.
        found_loosely: (N,) the same at ``LOOSE_IOU``.
        unknown: (N,) whether the status of the matching detection is UNKNOWN.
        dark: (N,) whether it is UNKNOWN because the face is dark.
        brightness: (N,) mean gray value of the box.
        false_positives: detections without a labeled face.
    """

    found: BoolArray
    found_loosely: BoolArray
    unknown: BoolArray
    dark: BoolArray
    brightness: FloatArray
    false_positives: int


def measure_degraded(
    pipeline: MaskPipeline, records: Iterable[Record]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Run the pipeline with its settings on every image, degraded in each way.

    Returns:
        By degradation, and by brightness of the labeled faces in the unchanged images: the
        faces, the fractions found, and the fractions UNKNOWN of those found. Faces that
        ``ImageResult`` ignores do not count, nor those that a rotation moves over the edge.
    """
    each: dict[str, list[_LabeledFaces]] = {name: [] for name in DEGRADATIONS}
    for record in records:
        image = record.load()
        for name, degrade in DEGRADATIONS.items():
            degraded, boxes = degrade(image, record.boxes)
            faces = pipeline.process(degraded).faces
            each[name].append(_judge(degraded, replace(record, boxes=boxes), faces))
    table = {name: _summary(images) for name, images in each.items()}
    by_brightness = _quarters(each["unchanged"])
    return {"degraded images": table, "faces by brightness": by_brightness}


def _judge(image: Image, record: Record, faces: Detections) -> _LabeledFaces:
    labeled = ImageResult(record, faces).labeled_detections
    height, width = image.shape[:2]
    ends = labeled.ground_truth[:, :2] + labeled.ground_truth[:, 2:]
    centers = (labeled.ground_truth[:, :2] + ends) / 2
    outside = ((centers < 0) | (centers > (width, height))).any(axis=1)
    labeled = replace(labeled, ignored=labeled.ignored | outside)
    counted = np.flatnonzero(~labeled.ignored)
    matches = match_image(labeled)
    unknown = matches[(matches >= 0) & (faces.status == WearStatus.UNKNOWN)]
    dark = matches[(matches >= 0) & (faces.reason == UnknownReason.DARK)]
    return _LabeledFaces(
        np.isin(counted, matches),
        np.isin(counted, match_image(labeled, LOOSE_IOU)),
        np.isin(counted, unknown),
        np.isin(counted, dark),
        np.array([_brightness(image, labeled.ground_truth[row]) for row in counted], np.float64),
        int((matches[matches != IGNORED] < 0).sum()),
    )


def _brightness(image: Image, box: FloatArray) -> float:
    x, y, w, h = (round(float(v)) for v in box)
    part = image[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    return float(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).mean()) if part.size else float("nan")


def _summary(images: Sequence[_LabeledFaces]) -> dict[str, Any]:
    found = np.concatenate([image.found for image in images])
    false_positives = sum(image.false_positives for image in images)
    detections = int(found.sum()) + false_positives
    return {
        **_fractions(images, np.ones(len(found), bool)),
        "precision": float(found.sum() / detections) if detections else float("nan"),
    }


def _quarters(images: Sequence[_LabeledFaces]) -> dict[str, dict[str, Any]]:
    brightness = np.concatenate([image.brightness for image in images])
    limits = np.nanquantile(brightness, (0.25, 0.5, 0.75)) if len(brightness) else np.zeros(3)
    quarter = np.searchsorted(limits, brightness)
    return {name: _fractions(images, quarter == row) for row, name in enumerate(QUARTERS)}


def _fractions(images: Sequence[_LabeledFaces], chosen: BoolArray) -> dict[str, Any]:
    def of_chosen(name: str) -> BoolArray:
        return np.concatenate([getattr(image, name) for image in images])[chosen]

    def fraction(name: str, total: int) -> float:
        return int(of_chosen(name).sum()) / total if total else float("nan")

    faces, found = int(chosen.sum()), int(of_chosen("found").sum())
    return {
        "faces": faces,
        f"recall at IoU {IOU_THRESHOLD:g}": fraction("found", faces),
        f"recall at IoU {LOOSE_IOU:g}": fraction("found_loosely", faces),
        "UNKNOWN, of those found": fraction("unknown", found),
        "UNKNOWN because dark, of those found": fraction("dark", found),
    }
