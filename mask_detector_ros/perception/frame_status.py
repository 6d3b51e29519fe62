# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Status of each face from one frame alone: a class, or UNKNOWN with a reason.

Measures how well each face is seen (size, sharpness, brightness, head yaw, cut by the image's
edge). A face below the thresholds is UNKNOWN instead of guessed; how far above them it is
decides its weight as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image, IntArray
from mask_detector_ros.perception.pipeline_settings import (
    EvidenceSettings,
    PipelineSettings,
    QualitySettings,
)
from mask_detector_ros.perception.types import CLASSES, Detections, UnknownReason, WearStatus


def yaw_ratio(landmarks: FloatArray) -> FloatArray:
    """Head yaw: distance of the nose tip from the middle of the eyes, along the eye line.

    Args:
        landmarks: (N, 5, 2), NaN if unknown.

    Returns:
        (N,) in eye distances: 0 is frontal, growing without bound toward profile; NaN
        without landmarks.
    """
    right_eye, left_eye, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    eye_line = left_eye - right_eye
    squared = np.maximum((eye_line**2).sum(axis=1), 1e-6)
    along = ((nose - (right_eye + left_eye) / 2) * eye_line).sum(axis=1)
    ratio: FloatArray = np.abs(along) / squared
    return ratio


def mouth_cut_off(landmarks: FloatArray, size: tuple[int, int]) -> BoolArray:
    """Whether both mouth corners lie outside the image.

    Args:
        landmarks: (N, 5, 2) pixels, NaN if unknown.
        size: width and height of the image in pixels.

    Returns:
        (N,); False without landmarks.
    """
    mouth = landmarks[:, 3:]
    outside = np.any((mouth < 0.0) | (mouth > np.asarray(size, np.float32)), axis=2)
    return np.asarray(np.all(outside, axis=1))


def sharpness(crop: Image) -> float:
    """Variance of the Laplacian over the variance of a gray (S, S) image; no unit.

    Pech-Pacheco et al., 2000, "Diatom autofocusing in brightfield microscopy".
    """
    contrast = float(crop.var())
    if contrast < 1.0:
        return 0.0
    return float(cv2.Laplacian(crop, cv2.CV_32F).var()) / contrast


def inner_gray(crop: Image, context: float, below: float = 0.0) -> Image:
    """The face itself, cut out of its crop: (s, s) uint8 gray.

    Args:
        crop: (S, S, 3) uint8 BGR.
        context: side of the crop in face box sides, as in ``mask_classifier.face_crop``.
        below: offset of the crop's center, likewise.
    """
    size = crop.shape[0]
    margin = round(size * (1 - 1 / context) / 2)
    top = max(0, margin - round(size * below / context))
    inside = crop[top : top + size - 2 * margin, margin : size - margin]
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(inside), cv2.COLOR_BGR2GRAY), np.uint8)


@dataclass(frozen=True)
class Measures:
    """How well each face of a frame is seen; (N,) each.

    Attributes:
        width: pixels.
        sharpness: see ``sharpness``.
        brightness: mean gray level, 0-255.
        yaw_ratio: see ``yaw_ratio``; NaN if unknown.
        cut_off: see ``mouth_cut_off``.
    """

    width: FloatArray
    sharpness: FloatArray
    brightness: FloatArray
    yaw_ratio: FloatArray
    cut_off: BoolArray


def measure(
    crops: Image,
    size: tuple[int, int],
    context: float,
    boxes: FloatArray,
    landmarks: FloatArray,
    below: float = 0.0,
) -> Measures:
    """Measure all faces of a frame.

    Args:
        crops: (N, S, S, 3) uint8 BGR, as the classifier sees them.
        size: width and height of the image in pixels.
        context: side of the crops in face box sides, as in ``mask_classifier.face_crop``.
        boxes: (N, 4) xywh pixels.
        landmarks: (N, 5, 2) pixels or NaN.
        below: offset of the crops' centers, as in ``mask_classifier.face_crop``.
    """
    grays = [inner_gray(crop, context, below) for crop in crops]
    return Measures(
        width=np.asarray(boxes, np.float32)[:, 2],
        sharpness=np.array([sharpness(gray) for gray in grays], np.float32),
        brightness=np.array([gray.mean() for gray in grays], np.float32),
        yaw_ratio=yaw_ratio(landmarks),
        cut_off=mouth_cut_off(landmarks, size),
    )


def assess(measures: Measures, settings: QualitySettings) -> IntArray:
    """Apply the quality thresholds: (N,) int8 UnknownReason, NONE if classifiable."""
    reasons = np.full(len(measures.width), UnknownReason.NONE, np.int8)
    # In reverse order of precedence. Comparisons with NaN (no landmarks) are False.
    reasons[measures.yaw_ratio > settings.max_yaw_ratio] = UnknownReason.PROFILE
    reasons[measures.sharpness < settings.min_sharpness] = UnknownReason.BLURRED
    reasons[measures.brightness < settings.min_brightness] = UnknownReason.DARK
    reasons[measures.cut_off] = UnknownReason.CUT_OFF
    reasons[measures.width < settings.min_width] = UnknownReason.TOO_SMALL
    return reasons


def evidence_weights(measures: Measures, settings: EvidenceSettings) -> FloatArray:
    """Weight of each face as evidence: (N,) float32, 1 for a large, sharp and frontal face.

    Proportional to width and sharpness, and halved for every 0.1 of yaw ratio beyond
    ``full_weight_yaw_ratio``.
    """
    size = np.minimum(measures.width / settings.full_weight_width, 1.0)
    sharp = np.minimum(measures.sharpness / settings.full_weight_sharpness, 1.0)
    yaw = np.maximum(np.nan_to_num(measures.yaw_ratio) - settings.full_weight_yaw_ratio, 0.0)
    return (size * sharp * 0.5 ** (yaw / 0.1)).astype(np.float32)


def apply_frame_status(
    faces: Detections,
    probabilities: FloatArray,
    measures: Measures,
    settings: PipelineSettings,
    covered: FloatArray | None = None,
) -> Detections:
    """Set the status of each face from this frame alone.

    UNKNOWN with the first applicable reason of: TOO_SMALL, CUT_OFF, DARK, BLURRED, PROFILE,
    COVERED, UNCERTAIN; otherwise the most probable class.

    Args:
        faces: N detections.
        probabilities: (N, 4) float32 of the classifier.
        measures: of the same faces.
        settings: uses ``quality``, ``classifier`` and ``evidence``.
        covered: (N,) probability that something other than a mask hides the mouth; COVERED where
            it is above that of every class. None for 0.

    Returns:
        The faces with probabilities, frame_status, frame_reason, confidence and weights.
    """
    if len(faces) == 0:
        return faces
    best = probabilities.max(axis=1)
    reasons = assess(measures, settings.quality)
    if covered is not None:
        hidden = covered > (1.0 - covered) * best
        reasons[(reasons == UnknownReason.NONE) & hidden] = UnknownReason.COVERED
    uncertain = best < settings.classifier.min_confidence
    reasons[(reasons == UnknownReason.NONE) & uncertain] = UnknownReason.UNCERTAIN
    known = reasons == UnknownReason.NONE
    classes = np.array(CLASSES, np.int8)[probabilities.argmax(axis=1)]
    return faces.with_(
        probabilities=probabilities,
        frame_status=np.where(known, classes, WearStatus.UNKNOWN).astype(np.int8),
        frame_reason=reasons,
        weights=evidence_weights(measures, settings.evidence),
        confidence=np.where(known, best, 0.0).astype(np.float32),
    )
