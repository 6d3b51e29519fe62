# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files in memory to 8-bit pixels, with OpenCV."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.arrays import Image
from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.library_output import chatter_removed, opencv_log_off

AS_STORED = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION
GRAY = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
"""Reduction of width and height -> OpenCV's flag."""


def decode_bytes(
    data: Any, flags: int = AS_STORED, *, damaged: bool = False
) -> NDArray[Any] | None:
    """Decode an image file in memory.

    Args:
        data: the bytes, in any object with a buffer.
        flags: how, as for cv2.imdecode.
        damaged: the data are known to be damaged; libraries do not report it again.

    Returns:
        (H, W) gray or (H, W, 3) BGR of the stored dtype; None if it cannot be decoded.
    """
    flat = np.frombuffer(data, np.uint8)
    with ExitStack() as stack:
        stack.enter_context(opencv_log_off())
        if damaged:
            stack.enter_context(chatter_removed())
        try:
            image = cv2.imdecode(flat, flags) if flat.size else None
        except cv2.error:  # sizes that are not possible, and files of unusual formats
            return None
    return None if image is None else np.asarray(image)


def to_8_bits(image: NDArray[Any], bit_depth: BitDepth) -> Image:
    """Reduce decoded pixels to uint8.

    Raises:
        ImageError: they are neither 8-bit nor 16-bit integers.
    """
    if image.dtype == np.uint16:
        return bit_depth.to_8_bits(image)
    if image.dtype != np.uint8:
        raise ImageError(f"its pixels are {image.dtype}; convert it to 8 or 16 bits")
    return image


def to_bgr(image: Image) -> Image:
    """(H, W) gray or (H, W, 3) BGR, uint8, to (H, W, 3) BGR; without a copy where it is that."""
    return image if image.ndim == 3 else np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
