# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.frame_status import assess, measure, turn
from mask_detector_ros.perception.pipeline_settings import QualitySettings
from mask_detector_ros.perception.types import UnknownReason

FRONTAL = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
PROFILE = np.array([[30, 40], [38, 40], [12, 60], [25, 80], [30, 80]], np.float32)


def sharp_crop() -> np.ndarray:
    """Checks of a few pixels: edges everywhere."""
    y, x = np.indices((64, 64))
    return np.repeat((60 + 120 * ((x // 4 + y // 4) % 2))[..., np.newaxis], 3, 2).astype(np.uint8)


@pytest.mark.parametrize(
    ("crop", "width", "landmarks", "reason"),
    [
        (sharp_crop(), 60, FRONTAL, UnknownReason.NONE),
        (sharp_crop(), 60, np.full((5, 2), np.nan), UnknownReason.NONE),
        (sharp_crop(), 10, FRONTAL, UnknownReason.TOO_SMALL),
        (sharp_crop() // 16, 60, FRONTAL, UnknownReason.DARK),
        (cv2.GaussianBlur(sharp_crop(), (0, 0), 9), 60, FRONTAL, UnknownReason.BLURRED),
        (np.full((64, 64, 3), 100, np.uint8), 60, FRONTAL, UnknownReason.BLURRED),
        (sharp_crop(), 60, PROFILE, UnknownReason.PROFILE),
        (sharp_crop(), 60, FRONTAL + np.float32([0, 25]), UnknownReason.CUT_OFF),
        (sharp_crop(), 60, FRONTAL - np.float32([90, 0]), UnknownReason.CUT_OFF),
        (
            sharp_crop(),
            60,
            FRONTAL + np.float32([50, 0]),
            UnknownReason.NONE,
        ),  # half of the mouth is seen
    ],
)
def test_the_reason_names_what_is_wrong(
    crop: np.ndarray, width: float, landmarks: np.ndarray, reason: UnknownReason
) -> None:
    boxes = np.array([[0, 0, width, width]])
    measures = measure(crop[np.newaxis], (100, 100), 1.4, boxes, landmarks[np.newaxis])
    reasons = assess(measures, QualitySettings())
    assert UnknownReason(int(reasons[0])) == reason


def test_turn_is_the_same_for_a_tilted_head() -> None:
    angle = np.radians(30)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    upright, tilted = turn(np.stack([PROFILE, PROFILE @ rotation.T]))
    assert upright == pytest.approx(tilted, rel=1e-4)
    assert turn(FRONTAL[np.newaxis])[0] == pytest.approx(0.0, abs=1e-6)


def test_nobody_is_judged_in_an_empty_frame() -> None:
    crops = np.zeros((0, 64, 64, 3), np.uint8)
    measures = measure(crops, (100, 100), 1.4, np.zeros((0, 4)), np.zeros((0, 5, 2)))
    empty = assess(measures, QualitySettings())
    assert empty.shape == (0,)
