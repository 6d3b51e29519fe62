# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EXIF orientation: what it does to the size of an image and to boxes drawn without it."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.images.orientation import MIRRORED_X, MIRRORED_Y, TRANSPOSED


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height of a stored image after it is turned by its orientation."""
    return (size[1], size[0]) if orientation in TRANSPOSED else size


def turn_boxes(boxes: FloatArray, size: tuple[int, int], orientation: int) -> FloatArray:
    """Boxes (N, 4) xywh in a stored image of ``size``, after it is turned."""
    x, y, w, h = boxes.T
    if orientation in TRANSPOSED:
        x, y, w, h = y, x, h, w
    width, height = turned_size(size, orientation)
    if orientation in MIRRORED_X:
        x = width - x - w
    if orientation in MIRRORED_Y:
        y = height - y - h
    return np.stack([x, y, w, h], 1)
