# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drawn bare face for the tests of the synthesis."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_training.synthesis.head import landmarks_of_box

BOX = (60.0, 40.0, 90.0, 118.0)
LANDMARKS = landmarks_of_box(BOX)


def face_image(seed: int = 0, size: tuple[int, int] = (240, 210)) -> np.ndarray:
    """A skin-colored oval with eyes and mouth on a cloudy background, (H, W, 3) BGR."""
    rng = np.random.default_rng(seed)
    clouds = rng.integers(60, 190, (9, 8, 3)).astype(np.uint8)
    image = cv2.resize(clouds, size[::-1], interpolation=cv2.INTER_CUBIC)
    cv2.ellipse(image, (105, 100), (44, 62), 0, 0, 360, (120, 150, 205), -1)
    for x, y in LANDMARKS[:2]:
        cv2.circle(image, (int(x), int(y)), 6, (40, 40, 40), -1)
    cv2.line(
        image, tuple(LANDMARKS[3].astype(int)), tuple(LANDMARKS[4].astype(int)), (80, 80, 160), 5
    )
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


def change_at(before: np.ndarray, after: np.ndarray, point: np.ndarray) -> float:
    """Mean absolute change in a 5 px square around a point."""
    x, y = (round(float(v)) for v in point)
    area = np.s_[y - 2 : y + 3, x - 2 : x + 3]
    return float(np.abs(before[area].astype(float) - after[area].astype(float)).mean())
