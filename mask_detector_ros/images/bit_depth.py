# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""16-bit values to 8 bits: how many of the 16 bits a camera uses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.arrays import Image

CANDIDATES = (8, 10, 12, 14)
"""Bit depths of sensors whose values may be in the low bits of 16-bit pixels."""
HIGHEST_FRACTION = 1e-4
"""Fraction of values that a depth must be exceeded by to be too small. A few defective pixels, or
a counter that a camera writes into its images, do not decide."""
SAMPLES = 100_000
"""Values that are looked at, at least; larger images are subsampled."""


class BitDepth:
    """Bit depth of one source of images, by a setting or by the data.

    10- and 12-bit sensors deliver their values in the low bits of 16-bit pixels. Read as 16 bits
    their images would be black. The data show the smallest possible depth: the highest values of
    an image need at least so many bits. It is remembered over the images of a source: it grows
    when a brighter image comes, and never falls in the dark, so that the brightness does not
    flicker.

    Values that were scaled to 16 bits (shifted up, or times 257) are recognized by their low
    bits, also in the dark. A dark image of a sensor with a true 16 bits cannot be told from a
    bright one of fewer bits; give the depth if a camera is affected.
    """

    def __init__(self, bits: int = 0) -> None:
        """Use ``bits`` (8-16) for all images; 0 takes what the data show."""
        self.given = bits
        self.used = False
        """Whether there was a 16-bit image."""
        self._seen = CANDIDATES[0]

    @property
    def bits(self) -> int:
        """The depth given, or the largest the data have shown so far."""
        return self.given or self._seen

    def to_8_bits(self, values: NDArray[Any]) -> Image:
        """Reduce uint16 values of any shape and byte order to uint8; too high ones become 255."""
        self.used = True
        if not self.given and self._seen < 16:
            self._seen = max(self._seen, bits_of(values))
        if self.bits == 16:
            return (values >> 8).astype(np.uint8)
        return np.minimum(values >> (self.bits - 8), 255).astype(np.uint8)


def bits_of(values: NDArray[Any]) -> int:
    """The smallest bit depth that uint16 values may have: 8, 10, 12, 14 or 16."""
    step = values.size // SAMPLES
    sample = values
    if step > 1:  # Bayer patterns repeat after two rows: pairs of rows are kept
        sample = values[np.arange(values.shape[0]) // 2 % step == 0]
    few = HIGHEST_FRACTION * sample.size
    if np.count_nonzero(sample >> CANDIDATES[-1]) > few or _is_scaled(sample):
        return 16
    for bits in reversed(CANDIDATES[:-1]):
        if np.count_nonzero(sample >> bits) > few:
            return CANDIDATES[CANDIDATES.index(bits) + 1]
    return CANDIDATES[0]


def _is_scaled(values: NDArray[Any]) -> bool:
    """Whether fewer bits were scaled to 16: the low bits are 0 or repeat the high ones."""
    if not values.any():
        return False
    return not (values & 15).any() or bool(((values >> 8) == (values & 255)).all())
