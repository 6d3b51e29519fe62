# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far a face is by a depth image that is aligned with the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.pipeline_settings import RangingSettings

CENTRAL = 0.5
"""Share of a box's width and height that is looked at: at its rim the background shows."""
SMALLEST = 3
"""Pixels of depth that are looked at in each direction at the least."""
LARGEST = 24
"""Pixels looked at in each direction at the most: more of them tell nothing new."""
NEAR_SHARE = 0.25
"""The face is what the nearest quarter of the pixels see; a few flying pixels do not count."""
RELIEF = 0.12
"""Meters between the tip of a nose and the rim of a face, hands before it included."""
RELIEF_SHARE = 0.03
"""What noise adds to that, as a share of the distance."""
VALID_SHARE = 0.15
"""Share of the pixels that must hold a measurement."""
PLAUSIBLE = (0.1, 50.0)
"""Meters; what lies outside is the sensor's way of saying that it does not know."""
NORMAL = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""


@dataclass(frozen=True, eq=False)
class DepthImage:
    """Distances along the optical axis (REP-118), seen from where the picture was taken.

    Attributes:
        values: (H, W), any number type and byte order; zero, NaN and infinity where nothing
            was measured. Looked at only where faces are.
        unit: meters per count.
    """

    values: Image
    unit: float = 1.0

    def fits(self, width: int, height: int) -> bool:
        """Whether it shows the same as a picture of this size, at any resolution."""
        rows, columns = self.values.shape
        return abs(columns * height / (rows * width) - 1.0) <= 0.02

    def inside(self, left: float, top: float, right: float, bottom: float) -> FloatArray:
        """Depths in meters, float32, of a region given in this image's own pixels.

        Returns:
            (h, w): at least ``SMALLEST`` pixels each way where the image has them, and of a
            large region every so many pixels, at most ``LARGEST`` each way.
        """
        rows, columns = self.values.shape
        x0, x1 = _span(left, right, columns)
        y0, y1 = _span(top, bottom, rows)
        step_x, step_y = (-(-(last - first) // LARGEST) for first, last in ((x0, x1), (y0, y1)))
        region = self.values[y0 : y1 : max(step_y, 1), x0 : x1 : max(step_x, 1)]
        return region.astype(np.float32) * np.float32(self.unit)


def face_depth(
    depth: DepthImage, box: FloatArray, size: tuple[int, int], settings: RangingSettings
) -> tuple[float, float] | str:
    """Distance of a face along the optical axis.

    The median over the nearest surface in the middle of the face: background that shows
    through beside it lies behind that surface and is left out, and so is a little that flies
    before it.

    Args:
        depth: the depth image.
        box: x, y, w, h of the face in pixels of the picture, inside of it.
        size: width and height of the picture.
        settings: the present ones.

    Returns:
        Distance and its standard deviation in meters, or in plain words why there is none.
    """
    x, y, w, h = (float(v) for v in box)
    rows, columns = depth.values.shape
    across, down = columns / size[0], rows / size[1]
    margin = (1 - CENTRAL) / 2
    region = depth.inside(
        (x + margin * w) * across,
        (y + margin * h) * down,
        (x + (1 - margin) * w) * across,
        (y + (1 - margin) * h) * down,
    )
    near, far = PLAUSIBLE
    valid = np.sort(region[(region >= near) & (region <= far)])  # NaN is neither
    needed = max(settings.depth_min_pixels, VALID_SHARE * region.size)
    if valid.size < needed:
        return f"depth has holes: {valid.size} of {region.size} pixels measured in a face"
    front = float(valid[int(NEAR_SHARE * (valid.size - 1))])
    reach = RELIEF + RELIEF_SHARE * front
    surface = valid[slice(*np.searchsorted(valid, (front - reach, front + reach)))]
    if surface.size < needed:
        return f"depth is torn: {surface.size} of {region.size} pixels on one surface in a face"
    distance = float(surface[surface.size // 2])
    away = np.sort(np.abs(surface - surface[surface.size // 2]))
    spread = NORMAL * float(away[away.size // 2])
    # Neighbors are wrong together, so the spread is not divided by the number of pixels.
    return distance, float(np.hypot(spread, settings.depth_std * distance))


def _span(low: float, high: float, length: int) -> tuple[int, int]:
    """Whole pixels between two positions, widened to ``SMALLEST``, inside the image."""
    first, last = int(np.floor(low)), int(np.ceil(high))
    if last - first < SMALLEST:
        first = int(np.floor((low + high - SMALLEST) / 2 + 0.5))
        last = first + SMALLEST
    first = min(max(first, 0), max(length - SMALLEST, 0))
    return first, min(max(last, first + SMALLEST), length)
