# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""16-bit values to 8 bits: how many of the 16 bits a camera uses."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.arrays import Image

CANDIDATES = (8, 10, 12, 14)
"""Bit depths of sensors whose values may be in the low bits of 16-bit pixels."""
HIGHEST_FRACTION = 1e-4
"""Fraction of values that a depth must be exceeded by to be too small. A few defective pixels, or
a counter that a camera writes into its images, do not decide."""
FULL = 7 / 8
"""Fraction of the highest value of a bit depth from which it is used up to its top."""
FULL_IMAGES, LOWER_IMAGES = 30, 100
"""Images in a row before the bit depth falls: that use a lower one up to its top, and that only
need a lower one."""
CERTAIN_AFTER = 8
"""Images that needed a bit depth before it counts as that of the camera."""
SAMPLES = 100_000
"""Values that are looked at, at least; larger images are subsampled."""


class BitDepth:
    """Bit depth of one source of images, by a setting or by the data.

    10- and 12-bit sensors deliver their values in the low bits of 16-bit pixels. Read as 16 bits
    their images would be black. The data show the smallest possible depth: the highest values of
    an image need at least so many bits. It grows with the first image that needs more. It falls
    only after ``FULL_IMAGES`` in a row that all use the same lower depth up to its top, as when
    the camera was set to it, or after ``LOWER_IMAGES`` if few images needed the higher one, as with
    transmission errors. So the brightness does not flicker when the scene becomes dark.

    8 bits that were scaled to 16 (times 256 or 257) are recognized by their low byte, also in the
    dark. A dark image of a sensor with a true 16 bits looks the same as a bright one of fewer
    bits; give the depth if a camera is affected.
    """

    def __init__(self, bits: int = 0) -> None:
        """Use ``bits`` (8-16) for all images; 0 takes what the data show."""
        self.given = bits
        self.used = False
        """Whether there was a 16-bit image."""
        self._seen, self._images = CANDIDATES[0], 0
        self._lower: list[Need] = []

    @property
    def bits(self) -> int:
        """The depth given, or the one that the data have shown so far."""
        return self.given or self._seen

    def to_8_bits(self, values: NDArray[Any]) -> Image:
        """Reduce uint16 values of any shape and byte order to uint8; too high ones become 255."""
        self.used = True
        if not self.given:
            self._update(need_of(values))
        scale = 0.5 ** (self.bits - 8)
        # The offset makes rounding the same as shifting.
        native = np.ascontiguousarray(values, np.uint16)
        return np.asarray(cv2.convertScaleAbs(native, alpha=scale, beta=scale / 2 - 0.5))

    def _update(self, need: Need) -> None:
        if need.bits >= self._seen:
            self._images = 1 if need.bits > self._seen else self._images + 1
            self._seen = need.bits
            self._lower.clear()
            return
        self._lower = [*self._lower[1 - LOWER_IMAGES :], need]
        full = len(self._lower) >= FULL_IMAGES and set(self._lower[-FULL_IMAGES:]) == {
            Need(need.bits, full=True)
        }
        if full or (len(self._lower) == LOWER_IMAGES and self._images < CERTAIN_AFTER):
            self._seen = need.bits if full else max(need.bits for need in self._lower)
            self._images = 1
            self._lower.clear()


class Need(NamedTuple):
    """What an image needs.

    Attributes:
        bits: the smallest bit depth that its values may have: 8, 10, 12, 14 or 16.
        full: some values are near the highest one of that depth.
    """

    bits: int
    full: bool


def need_of(values: NDArray[Any]) -> Need:
    """The bit depth that uint16 values need."""
    step = values.size // SAMPLES
    sample = values
    if step > 1:  # Bayer patterns repeat after two rows: pairs of rows are kept
        sample = values[np.arange(values.shape[0]) // 2 % step == 0]
    few = HIGHEST_FRACTION * sample.size
    bits = next((n for n in CANDIDATES if np.count_nonzero(sample >> n) <= few), 16)
    if bits < 16 and _is_scaled(sample):
        return Need(16, False)
    return Need(bits, bool(np.count_nonzero(sample >= FULL * 2**bits) > few))


def _is_scaled(values: NDArray[Any]) -> bool:
    """Whether 8 bits were scaled to 16: the low byte is 0 or repeats the high one."""
    if not values.any():
        return False
    low = values & 255
    return not low.any() or bool((low == values >> 8).all())
