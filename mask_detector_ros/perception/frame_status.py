# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Is a face seen well enough to tell? Where it is not, which of its shortcomings it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.perception.pipeline_settings import EvidenceSettings, QualitySettings
from mask_detector_ros.perception.types import (
    BoolArray,
    FloatArray,
    Image,
    IntArray,
    UnknownReason,
)


def turn(landmarks: FloatArray) -> FloatArray:
    """How far faces are turned aside: the nose's distance from the middle of the eyes.

    Args:
        landmarks: (N, 5, 2), NaN where not known.

    Returns:
        (N,) in eye distances, measured along the line of the eyes: 0 frontal, growing
        without bound toward profile; NaN without landmarks.
    """
    right_eye, left_eye, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    eye_line = left_eye - right_eye
    squared = np.maximum((eye_line**2).sum(axis=1), 1e-6)
    along = ((nose - (right_eye + left_eye) / 2) * eye_line).sum(axis=1)
    return np.abs(along) / squared


def cut_off(landmarks: FloatArray, size: tuple[int, int]) -> BoolArray:
    """Whose mouth lies outside the picture: both of its corners.

    Args:
        landmarks: (N, 5, 2) pixels, NaN where not known.
        size: of the picture, width and height in pixels.

    Returns:
        (N,) bool; False without landmarks.
    """
    mouth = landmarks[:, 3:]
    outside = np.any((mouth < 0.0) | (mouth > np.asarray(size, np.float32)), axis=2)
    return np.asarray(np.all(outside, axis=1))


def sharpness(crop: Image) -> float:
    """Edge energy of a gray (S, S) picture relative to its contrast, without unit."""
    contrast = float(crop.var())
    if contrast < 1.0:
        return 0.0
    return float(cv2.Laplacian(crop, cv2.CV_32F).var()) / contrast


def inner_gray(crop: Image, context: float, below: float = 0.0) -> Image:
    """The face itself in gray, (s, s) uint8, cut out of a crop.

    Args:
        crop: (S, S, 3) uint8 BGR.
        context, below: where it lies around the face, as ``geometry.face_crop`` takes them.
    """
    size = crop.shape[0]
    margin = round(size * (1 - 1 / context) / 2)
    top = max(0, margin - round(size * below / context))
    inside = crop[top : top + size - 2 * margin, margin : size - margin]
    return cv2.cvtColor(np.ascontiguousarray(inside), cv2.COLOR_BGR2GRAY)


@dataclass(frozen=True)
class Measures:
    """How well each face of a frame is seen; (N,) each.

    Attributes:
        width: pixels.
        sharpness: as ``sharpness`` gives it.
        brightness: mean gray value, 0-255.
        turn: as ``turn`` gives it, NaN where not known.
        cut_off: as ``cut_off`` gives it.
    """

    width: FloatArray
    sharpness: FloatArray
    brightness: FloatArray
    turn: FloatArray
    cut_off: BoolArray


def measure(
    crops: Image,
    size: tuple[int, int],
    context: float,
    boxes: FloatArray,
    landmarks: FloatArray,
    below: float = 0.0,
) -> Measures:
    """Measure every face of a frame.

    Args:
        crops: (N, S, S, 3) uint8 BGR, as the classifier sees them.
        size: of the picture they are cut from, width and height in pixels.
        context, below: where a crop lies around the face, as ``geometry.face_crop`` takes
            them; only the face inside is measured.
        boxes: (N, 4) xywh pixels.
        landmarks: (N, 5, 2) pixels or NaN.
    """
    grays = [inner_gray(crop, context, below) for crop in crops]
    return Measures(
        width=np.asarray(boxes, np.float32)[:, 2],
        sharpness=np.array([sharpness(gray) for gray in grays], np.float32),
        brightness=np.array([gray.mean() for gray in grays], np.float32),
        turn=turn(landmarks),
        cut_off=cut_off(landmarks, size),
    )


def assess(measures: Measures, settings: QualitySettings) -> IntArray:
    """Judge every face: (N,) int8 UnknownReason, NONE where the face can be told."""
    reasons = np.full(len(measures.width), UnknownReason.NONE, np.int8)
    # The first that applies is given, so it is written last. NaN: no landmarks, no verdict.
    reasons[measures.turn > settings.max_turn] = UnknownReason.PROFILE
    reasons[measures.sharpness < settings.min_sharpness] = UnknownReason.BLURRED
    reasons[measures.brightness < settings.min_brightness] = UnknownReason.DARK
    reasons[measures.cut_off] = UnknownReason.CUT_OFF
    reasons[measures.width < settings.min_width] = UnknownReason.TOO_SMALL
    return reasons


def weigh(measures: Measures, settings: EvidenceSettings) -> FloatArray:
    """How much every face counts as evidence: (N,) float32, 1 for one that is seen well.

    Falls in proportion to width and sharpness, and by half for every tenth of an eye
    distance the face is turned further than is free.
    """
    size = np.minimum(measures.width / settings.full_width, 1.0)
    sharp = np.minimum(measures.sharpness / settings.full_sharpness, 1.0)
    turned = np.maximum(np.nan_to_num(measures.turn) - settings.free_turn, 0.0)
    return (size * sharp * 0.5 ** (turned / 0.1)).astype(np.float32)
