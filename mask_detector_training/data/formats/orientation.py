# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EXIF orientation: what it does to the size of an image and to boxes drawn without it.

Values 1 to 8 as in the EXIF standard (CIPA DC-008, tag 0x0112).
"""

from __future__ import annotations

import numpy as np

from mask_detector_ros.arrays import FloatArray

UPRIGHT = 1
_TRANSPOSED = frozenset({5, 6, 7, 8})
_MIRRORED_X = frozenset({2, 3, 6, 7})
_MIRRORED_Y = frozenset({3, 4, 7, 8})


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height of a stored image after it is turned by its orientation."""
    return (size[1], size[0]) if orientation in _TRANSPOSED else size


def turn_boxes(boxes: FloatArray, size: tuple[int, int], orientation: int) -> FloatArray:
    """Boxes (N, 4) xywh in a stored image of ``size``, after it is turned."""
    x, y, w, h = boxes.T
    if orientation in _TRANSPOSED:
        x, y, w, h = y, x, h, w
    width, height = turned_size(size, orientation)
    if orientation in _MIRRORED_X:
        x = width - x - w
    if orientation in _MIRRORED_Y:
        y = height - y - h
    return np.stack([x, y, w, h], 1)
