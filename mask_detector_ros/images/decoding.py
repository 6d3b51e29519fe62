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
from mask_detector_ros.images.damaged_files import (
    Remains,
    missing_rows,
    remains_of_jpeg,
    remains_of_png,
)
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.file_headers import FileHeader
from mask_detector_ros.library_output import chatter_removed, opencv_log_off

AS_STORED = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION
GRAY = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
"""Reduction of width and height -> OpenCV's flag."""

MAX_MISSING = 0.1
"""Largest missing fraction of an image that is taken. A file that lost its last bytes lacks a few
rows at the lower edge, where faces are rare; without a tenth, faces and labels are at risk."""


def decode_file(
    data: bytes, header: FileHeader, flags: int
) -> tuple[NDArray[Any] | None, float | None]:
    """Decode an image file in memory as it is stored, also if it was cut short.

    Args:
        data: the file.
        header: its header.
        flags: how to decode, as for cv2.imdecode.

    Returns:
        (H, W) gray or (H, W, 3) BGR of the stored dtype, and the fraction of it that is missing;
        None for that if the file is complete. None for the image if it cannot be decoded, or if
        more than ``MAX_MISSING`` of it is missing.
    """
    if header.format == "jpeg":
        remains = remains_of_jpeg(data, header)
    elif header.format == "png":
        remains = remains_of_png(data, header)
    else:
        remains = Remains(_without_rotation(data, header))
    missing = remains.missing
    if missing is not None and missing > MAX_MISSING:
        return None, missing
    image = _decode_bytes(remains.data, flags, remains.truncated)
    if image is None or not remains.truncated:
        return image, None
    if missing is None:
        coarse = _decode_bytes(remains.coarse, flags, True) if remains.coarse else None
        missing = missing_rows(image, coarse)
    return (None if missing > MAX_MISSING else image), missing


def _without_rotation(data: bytes, header: FileHeader) -> bytes:
    """The file with an upright orientation, since decoders disagree on whether they rotate."""
    if not header.tags:
        return data
    changed = bytearray(data)
    for at, value in header.tags:
        changed[at : at + len(value)] = value
    return bytes(changed)


def percent(fraction: float) -> str:
    """A missing fraction as a text."""
    return "less than 1 %" if fraction < 0.01 else f"{100 * fraction:.0f} %"


def _decode_bytes(data: bytes, flags: int, damaged: bool) -> NDArray[Any] | None:
    """Decode with OpenCV, without its log; None if it cannot."""
    flat = np.frombuffer(data, np.uint8)
    with ExitStack() as stack:
        stack.enter_context(opencv_log_off())
        if damaged:
            stack.enter_context(chatter_removed())
        try:
            image = cv2.imdecode(flat, flags)
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
