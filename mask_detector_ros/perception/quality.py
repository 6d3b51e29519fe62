# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Is a face seen well enough to tell? Where it is not, which of its shortcomings it is."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.perception.settings import QualitySettings
from mask_detector_ros.perception.types import FloatArray, Image, IntArray, UnknownReason


def turn(landmarks: FloatArray) -> FloatArray:
    """How far faces are turned aside: the nose's distance from the middle of the eyes.

    Args:
        landmarks: (N, 5, 2), NaN where not known.

    Returns:
        (N,) in eye distances, measured along the line of the eyes: 0 frontal, growing
        without bound towards profile; NaN without landmarks.
    """
    right_eye, left_eye, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    eye_line = left_eye - right_eye
    squared = np.maximum((eye_line**2).sum(axis=1), 1e-6)
    along = ((nose - (right_eye + left_eye) / 2) * eye_line).sum(axis=1)
    return np.abs(along) / squared


def sharpness(crop: Image) -> float:
    """Edge energy of a grey (S, S) picture relative to its contrast, without unit."""
    contrast = float(crop.var())
    if contrast < 1.0:
        return 0.0
    return float(cv2.Laplacian(crop, cv2.CV_32F).var()) / contrast


def inner_grey(crop: Image, context: float, below: float = 0.0) -> Image:
    """The face itself in grey, (s, s) uint8, cut out of a crop.

    Args:
        crop: (S, S, 3) uint8 BGR.
        context, below: where it lies around the face, as ``geometry.face_crop`` takes them.
    """
    size = crop.shape[0]
    margin = round(size * (1 - 1 / context) / 2)
    top = max(0, margin - round(size * below / context))
    inside = crop[top : top + size - 2 * margin, margin : size - margin]
    return cv2.cvtColor(np.ascontiguousarray(inside), cv2.COLOR_BGR2GRAY)


def assess(
    crops: Image,
    context: float,
    boxes: FloatArray,
    landmarks: FloatArray,
    settings: QualitySettings,
    below: float = 0.0,
) -> IntArray:
    """Judge every face of a frame.

    Args:
        crops: (N, S, S, 3) uint8 BGR, as the classifier sees them.
        context, below: where a crop lies around the face, as ``geometry.face_crop`` takes
            them; only the face inside is judged.
        boxes: (N, 4) xywh pixels.
        landmarks: (N, 5, 2) pixels or NaN.

    Returns:
        (N,) int8 UnknownReason, NONE where the face can be told.
    """
    reasons = np.full(len(boxes), UnknownReason.NONE, np.int8)
    turns = turn(landmarks)
    for row, crop in enumerate(crops):
        grey = inner_grey(crop, context, below)
        if boxes[row, 2] < settings.min_width:
            reasons[row] = UnknownReason.TOO_SMALL
        elif grey.mean() < settings.min_brightness:
            reasons[row] = UnknownReason.DARK
        elif sharpness(grey) < settings.min_sharpness:
            reasons[row] = UnknownReason.BLURRED
        elif turns[row] > settings.max_turn:  # False for NaN: no landmarks, no verdict
            reasons[row] = UnknownReason.PROFILE
    return reasons
