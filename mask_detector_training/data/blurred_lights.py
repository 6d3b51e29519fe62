# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lights out of focus, drawn on a part of an image.

Lamps and gaps in foliage behind people are bright discs of the size of faces, and detectors take
groups of them for faces.
"""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_training.data.augmentation import Random

COLORS = ((255, 255, 255), (190, 225, 255), (130, 190, 250), (255, 225, 190), (180, 240, 200))
"""White, warm white, orange, cold white and greenish, BGR."""


def draw_blurred_lights(image: Image, box: FloatArray, random: Random) -> Image:
    """Blur and darken an image, and draw bright discs in and around a box.

    Args:
        image: (H, W, 3) uint8 BGR.
        box: (4,) xywh pixels; sizes and places of the discs follow it.
        random: random generator.

    Returns:
        (H, W, 3) uint8 BGR.
    """
    side = float(box[2:].max())
    sigma = side * random.uniform(0.05, 0.15)
    lit = cv2.GaussianBlur(image, (0, 0), sigma).astype(np.float32) * random.uniform(0.15, 0.8)
    middle, color = box[:2] + box[2:] / 2, np.array(COLORS[random.integers(len(COLORS))])
    radius = side * random.uniform(0.06, 0.25)
    for _ in range(int(random.integers(4, 30))):
        place = middle + random.normal(0, (0.5 * side, 0.3 * side))
        light = np.zeros(image.shape[:2], np.float32)
        size = max(round(radius * random.uniform(0.7, 1.2)), 1)
        cv2.circle(light, (round(place[0]), round(place[1])), size, 1.0, cv2.FILLED, cv2.LINE_AA)
        tint = np.clip(color * random.uniform(0.8, 1.1, 3), 0, 255)
        lit += light[..., None] * tint.astype(np.float32) * random.uniform(0.1, 0.8)
    soft = cv2.GaussianBlur(
        np.clip(lit, 0, 255), (0, 0), max(radius * random.uniform(0.05, 0.3), 0.5)
    )
    return np.asarray(np.rint(soft), np.uint8)
