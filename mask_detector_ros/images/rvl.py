# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RVL, a lossless coding of depth images, as compressed_depth_image_transport writes it.

From: A. D. Wilson, "Fast lossless depth image compression", ISS 2017.
Pixels are coded in turns: how many are zero, how many are not, and of the latter the differences
to the last one. Numbers are groups of three bits, the lowest first, in nibbles whose highest bit
says that more follow. Eight nibbles are a 32-bit little-endian word, the highest nibble first.
"""

from __future__ import annotations

import struct

import numpy as np

from mask_detector_ros.arrays import IntArray
from mask_detector_ros.images.errors import ImageError

MAX_PIXELS = 2**26
"""Larger sizes are taken for damaged data."""


def decode_rvl(data: bytes) -> IntArray:
    """Decode RVL data that follow the numbers of columns and rows (two int32).

    Returns:
        (H, W) uint16 counts, 0 where there is no depth.

    Raises:
        ImageError: the data are truncated or damaged.
    """
    if len(data) < 8:
        raise ImageError(f"RVL depth image is truncated: {len(data)} bytes")
    width, height = struct.unpack_from("<ii", data)
    if width <= 0 or height <= 0 or width * height > MAX_PIXELS:
        raise ImageError(f"RVL depth image is damaged: its size is {width}x{height}")
    numbers = _numbers(data[8:])
    pixels = np.zeros(width * height, np.int64)
    at, done, last = 0, 0, 0
    while done < pixels.size:
        if at + 2 > numbers.size:
            raise ImageError(
                f"RVL depth image is truncated: {done} of {pixels.size} pixels are there"
            )
        zeros, count = int(numbers[at]), int(numbers[at + 1])
        start, end = done + zeros, done + zeros + count
        coded = numbers[at + 2 : at + 2 + count]
        if end > pixels.size or coded.size < count or zeros + count == 0:
            raise ImageError(
                f"RVL depth image is truncated or damaged after {done} of {pixels.size} pixels"
            )
        if count:
            values = last + np.cumsum((coded >> 1) ^ -(coded & 1))
            pixels[start:end] = values
            last = int(values[-1])
        at, done = at + 2 + count, end
    return pixels.astype(np.uint16).reshape(height, width)


def _numbers(data: bytes) -> IntArray:
    """All numbers of variable length in coded data."""
    words = np.frombuffer(data, "<u4", len(data) // 4).astype(">u4").view(np.uint8)
    nibbles = np.stack([words >> 4, words & 15], axis=1).reshape(-1).astype(np.int64)
    ends = np.flatnonzero(nibbles < 8)
    if not ends.size:
        return np.zeros(0, np.int64)
    starts = np.concatenate([[0], ends[:-1] + 1])
    nibbles = nibbles[: ends[-1] + 1]
    place = np.arange(nibbles.size) - np.repeat(starts, ends - starts + 1)
    return np.asarray(np.add.reduceat((nibbles & 7) << np.minimum(3 * place, 60), starts))
