# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Distance of a face from a depth image that is aligned with the color image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.ranging_settings import RangingSettings

CENTRAL_FRACTION = 0.5
"""Fraction of a box's width and height that is used; near its edges is background."""
MIN_REGION_PX = 3
"""Smallest width and height of the depth region used."""
MAX_REGION_PX = 24
"""Largest width and height; larger regions are subsampled."""
NEAR_QUANTILE = 0.25
"""Quantile of the depths that is on the face; ignores a few flying pixels in front of it."""
RELIEF_M = 0.12
"""Depth range of a face, including a hand in front of it."""
RELIEF_FRACTION = 0.03
"""Increase of that range by noise, as a fraction of the distance."""
VALID_FRACTION = 0.15
"""Smallest fraction of valid pixels."""
VALID_RANGE_M = (0.1, 50.0)
"""Depths outside are invalid."""
MAD_TO_STD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""


@dataclass(frozen=True, eq=False)
class DepthImage:
    """Distances along the optical axis (REP-118), aligned with the color image.

    Attributes:
        values: (H, W), any numeric dtype and byte order; zero, NaN or infinity where invalid.
            Read only where faces are.
        unit: meters per count.
    """

    values: NDArray[Any]
    unit: float = 1.0

    def fits(self, width: int, height: int) -> bool:
        """Whether it has the aspect ratio of an image of this size; its resolution may differ."""
        rows, columns = self.values.shape
        return abs(columns * height / (rows * width) - 1.0) <= 0.02

    def inside(self, left: float, top: float, right: float, bottom: float) -> FloatArray:
        """Depths of a region given in pixels of this image.

        Returns:
            (h, w) float32 meters. Small regions are enlarged to ``MIN_REGION_PX`` if the image
            allows it, large ones subsampled to at most ``MAX_REGION_PX``.
        """
        rows, columns = self.values.shape
        x0, x1 = _span(left, right, columns)
        y0, y1 = _span(top, bottom, rows)
        step_x, step_y = (
            -(-(last - first) // MAX_REGION_PX) for first, last in ((x0, x1), (y0, y1))
        )
        region = self.values[y0 : y1 : max(step_y, 1), x0 : x1 : max(step_x, 1)]
        return region.astype(np.float32) * np.float32(self.unit)


def face_depth(
    depth: DepthImage, box: FloatArray, size: tuple[int, int], settings: RangingSettings
) -> tuple[float, float] | str:
    """Distance of a face along the optical axis.

    Median over the nearest surface in the central part of the face. This excludes background
    beside the face and flying pixels in front of it.

    Args:
        depth: the depth image.
        box: x, y, w, h of the face in pixels of the color image, clipped to it.
        size: width and height of the color image in pixels.
        settings: current settings.

    Returns:
        Distance and its standard deviation in meters, or a text that says why there is none.
    """
    region = central_region(depth, box, size)
    near, far = VALID_RANGE_M
    valid = np.sort(region[(region >= near) & (region <= far)])  # False for NaN
    needed = max(settings.depth_min_pixels, VALID_FRACTION * region.size)
    if valid.size < needed:
        return f"depth has holes: {valid.size} of {region.size} pixels of a face are valid"
    front = float(valid[int(NEAR_QUANTILE * (valid.size - 1))])
    relief = RELIEF_M + RELIEF_FRACTION * front
    surface = valid[slice(*np.searchsorted(valid, (front - relief, front + relief)))]
    if surface.size < needed:
        return (
            f"depth is noisy: {surface.size} of {region.size} pixels of a face lie on one surface"
        )
    distance = float(surface[surface.size // 2])
    deviations = np.sort(np.abs(surface - surface[surface.size // 2]))
    spread = MAD_TO_STD * float(deviations[deviations.size // 2])
    # Errors of neighbors are correlated: the spread is not divided by the number of pixels.
    return distance, float(np.hypot(spread, settings.depth_std * distance))


def central_region(depth: DepthImage, box: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Depths (h, w) in meters in the central part of a face; arguments as for ``face_depth``."""
    x, y, w, h = (float(v) for v in box)
    rows, columns = depth.values.shape
    across, down = columns / size[0], rows / size[1]
    margin = (1 - CENTRAL_FRACTION) / 2
    return depth.inside(
        (x + margin * w) * across,
        (y + margin * h) * down,
        (x + (1 - margin) * w) * across,
        (y + (1 - margin) * h) * down,
    )


def _span(low: float, high: float, length: int) -> tuple[int, int]:
    """Pixel indices from ``low`` to ``high``, at least ``MIN_REGION_PX``, inside the image."""
    first, last = int(np.floor(low)), int(np.ceil(high))
    if last - first < MIN_REGION_PX:
        first = int(np.floor((low + high - MIN_REGION_PX) / 2 + 0.5))
        last = first + MIN_REGION_PX
    first = min(max(first, 0), max(length - MIN_REGION_PX, 0))
    return first, min(max(last, first + MIN_REGION_PX), length)
