# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of detected faces: finding, at a loose IoU, and framing, at a strict one.

Finding says whether a face is detected, framing whether its box is as tight as the label. They are
reported side by side: a detector that has learned the tightness of the labels frames well, and may
still miss more faces than another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_training.evaluation.metrics import (
    FALSE_POSITIVE,
    IOU_THRESHOLD,
    LOOSE_IOU,
    LabeledDetections,
    average_precision,
    match_image,
    match_images,
)

RECALL_TARGET = 0.85
"""Recall at which detectors with different score thresholds are compared."""

Images = Sequence[LabeledDetections]
Select = Callable[[Images, float], Images]
"""Images and the IoU of a match -> the images restricted to some faces."""


def score_faces(images: Images, threshold: float, select: Select | None = None) -> dict[str, Any]:
    """Finding and framing at all score thresholds (average precision), and at a given one.

    Args:
        images: all detections, down to low confidence.
        threshold: score from which faces are reported.
        select: restricts the images to some faces; all if None.

    Returns:
        Metrics by name. A false face is a reported one that matches neither a labeled face nor an
        ignored one at ``LOOSE_IOU``; each labeled face is matched once. Box IoUs are of the faces
        found at ``LOOSE_IOU``.
    """
    loose, strict = (
        select(images, iou) if select else images for iou in (LOOSE_IOU, IOU_THRESHOLD)
    )
    reported = [image.above(threshold) for image in loose]
    faces = sum(int((~image.ignored).sum()) for image in loose)
    overlaps: list[FloatArray] = [np.zeros(0)]
    false_faces = 0
    for image in reported:
        matches = match_image(image, LOOSE_IOU)
        found = np.flatnonzero(matches >= 0)
        overlaps.append(iou_matrix(image.boxes, image.ground_truth)[found, matches[found]])
        false_faces += int((matches == FALSE_POSITIVE).sum())
    box_ious = np.concatenate(overlaps)
    tight = match_images([image.above(threshold) for image in strict], IOU_THRESHOLD)[1]
    return {
        "images": len(images),
        "faces": faces,
        "AP30": average_precision(loose, LOOSE_IOU),
        "AP50": average_precision(strict, IOU_THRESHOLD),
        "recall at IoU 0.3": _ratio(len(box_ious), faces),
        "recall at IoU 0.5": _ratio(int(tight.sum()), faces),
        "false faces per image": _ratio(false_faces, len(images)),
        "precision at IoU 0.3": _ratio(len(box_ious), len(box_ious) + false_faces),
        "mean box IoU": float(box_ious.mean()) if len(box_ious) else float("nan"),
        "median box IoU": float(np.median(box_ious)) if len(box_ious) else float("nan"),
    }


def false_faces_at_recall(images: Images, recall: float = RECALL_TARGET) -> tuple[float, float]:
    """The operating point with at least a given recall at ``LOOSE_IOU``.

    Returns:
        The highest score threshold with that recall, and the false faces per image at it; both
        NaN if no threshold reaches the recall.
    """
    scores, true_positives, faces = match_images(images, LOOSE_IOU)
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(true_positives[order])
    enough = np.flatnonzero(found >= recall * faces)
    if not faces or not len(enough):
        return float("nan"), float("nan")
    threshold = float(scores[order][enough[0]])
    false_faces = int((~true_positives[scores >= threshold]).sum())
    return threshold, false_faces / len(images)


def threshold_of_false_faces(images: Images, per_image: float) -> float:
    """The lowest score threshold with at most a given number of false faces per image.

    Thresholds are those between the scores of the detections; 0 if all together stay below.
    """
    scores, true_positives, _ = match_images(images, LOOSE_IOU)
    false_scores = np.sort(scores[~true_positives])[::-1]
    allowed = int(np.floor(per_image * len(images) + 1e-9))
    if allowed >= len(false_scores):
        return 0.0
    # Scores are float32: the next float64 would be rounded to the score itself.
    return float(np.nextafter(np.float32(false_scores[allowed]), np.float32(np.inf)))


def select_range(
    images: Images,
    labeled_values: Iterable[FloatArray],
    detected_values: Iterable[FloatArray],
    limits: tuple[float, float],
    iou: float = IOU_THRESHOLD,
) -> list[LabeledDetections]:
    """Restrict detections and ground truth to a range [low, high) of some value.

    Labeled faces outside are ignored. Detections outside are dropped, unless they overlap a
    labeled face.

    Args:
        images: N images.
        labeled_values: for each image the values (T,) of the labeled faces.
        detected_values: for each image the values (D,) of the detections.
        limits: low and high.
        iou: IoU from which a detection overlaps a labeled face.
    """
    low, high = limits
    selected = []
    for image, labeled, detected in zip(images, labeled_values, detected_values, strict=True):
        kept = (detected >= low) & (detected < high)
        if len(image.ground_truth) and len(detected):
            kept |= iou_matrix(image.boxes, image.ground_truth).max(1) >= iou
        outside = (labeled < low) | (labeled >= high)
        selected.append(
            LabeledDetections(
                image.boxes[kept],
                image.scores[kept],
                image.ground_truth,
                image.ignored | outside,
            )
        )
    return selected


def select_widths(
    images: Images, low: float, high: float, iou: float = IOU_THRESHOLD
) -> list[LabeledDetections]:
    """``select_range`` for face widths in [low, high) pixels."""
    labeled = [image.ground_truth[:, 2] for image in images]
    detected = [image.boxes[:, 2] for image in images]
    return select_range(images, labeled, detected, (low, high), iou)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
