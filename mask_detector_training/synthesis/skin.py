# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cropping of straps where the skin ends, under hair, hoods and caps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image
from mask_detector_training.synthesis.head import HeadPose

_CHEEKS: Floats = np.array(
    [[-0.55, 0.45, 0.15], [-0.4, 0.5, 0.25], [0.0, 0.3, 0.35], [0.4, 0.5, 0.25], [0.55, 0.45, 0.15]]
)
_MIN_BRIGHTNESS, _MAX_BRIGHTNESS = 0.5, 1.9
"""Brightness of skin, relative to the cheeks."""
_MAX_COLOR_DISTANCE = 0.12
"""Largest difference of a color fraction from that of the cheeks."""


def under_hair(straps: Sequence[Floats], image: Image, pose: HeadPose) -> list[Floats]:
    """Crop straps after their last point on skin.

    Points before it may have other colors: straps run over beards.

    Args:
        straps: lines (n, 2) of pixels from the mask toward the ear.
        image: (H, W, 3) uint8 BGR.
        pose: head pose, to sample the skin color at the cheeks.
    """
    skin = np.median(_colors(image, pose.project(_CHEEKS)), axis=0)
    cropped = []
    for line in straps:
        colors = _colors(image, line)
        light = colors.sum(1) / skin.sum()
        hue = np.abs(colors / colors.sum(1, keepdims=True) - skin / skin.sum()).max(1)
        on_skin = np.flatnonzero(
            (light > _MIN_BRIGHTNESS) & (light < _MAX_BRIGHTNESS) & (hue < _MAX_COLOR_DISTANCE)
        )
        if len(on_skin) and on_skin[-1] > 0:
            cropped.append(line[: on_skin[-1] + 1])
    return cropped


def _colors(image: Image, points: Floats) -> Floats:
    """BGR colors (n, 3) at the pixels nearest to points (n, 2), clipped to the image."""
    columns, rows = np.clip(points, 0, np.array(image.shape[1::-1]) - 1).astype(np.intp).T
    return image[rows, columns].astype(np.float64) + 8.0
