# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EXIF orientation: how a stored image is turned and mirrored to be upright.

Values 1 to 8 as in the EXIF standard (CIPA DC-008, tag 0x0112).
"""

from __future__ import annotations

from mask_detector_ros.arrays import Image

UPRIGHT = 1
TRANSPOSED = frozenset({5, 6, 7, 8})
"""Rows and columns are exchanged, before the image is mirrored."""
MIRRORED_X = frozenset({2, 3, 6, 7})
MIRRORED_Y = frozenset({3, 4, 7, 8})


def upright(image: Image, orientation: int) -> Image:
    """Rotate and mirror an image, (H, W) or (H, W, 3); may return a view."""
    if orientation in TRANSPOSED:
        image = image.swapaxes(0, 1)
    if orientation in MIRRORED_Y:
        image = image[::-1]
    if orientation in MIRRORED_X:
        image = image[:, ::-1]
    return image
