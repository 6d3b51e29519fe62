# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether depth images are in another unit than assumed: the ranges by face size show it.

Some drivers publish 32FC1 in millimeters, or 16UC1 in tenths of them. Depth is then off by a power
of ten, which no error of a range by face size comes near.
"""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.depth import DepthImage, central_region

TOLERANCE = 0.25
"""Largest difference between the log10 of depth over range by size and a whole number."""
UNIT_PROBLEM = "the unit of depth images is probably wrong"
"""How the text about a wrong unit begins."""


def unit_decade(depth: DepthImage, box: FloatArray, size: tuple[int, int], expected: float) -> int:
    """By which power of ten the depth at a face is too large.

    Args:
        depth: the depth image.
        box: x, y, w, h of the face in pixels of the color image.
        size: width and height of the color image in pixels.
        expected: distance of the face along the optical axis by its size, meters.

    Returns:
        0 if it is not off by a power of ten, or there is no depth.
    """
    region = central_region(depth, box, size)
    measured = region[np.isfinite(region) & (region > 0)]
    if not measured.size or not expected > 0:
        return 0
    decades = math.log10(float(np.median(measured)) / expected)
    nearest = round(decades)
    return nearest if abs(decades - nearest) <= TOLERANCE else 0


def unit_problem(depth: DepthImage, decades: list[int]) -> str:
    """What is wrong with the unit if all faces of a frame show the same; empty if nothing is.

    Args:
        depth: the depth image.
        decades: of each face.
    """
    if len(set(decades)) != 1 or decades[0] == 0:
        return ""
    factor = 10 ** abs(decades[0])
    times = f"{factor} times" if decades[0] > 0 else f"1/{factor} of"
    return (
        f"{UNIT_PROBLEM}: depth at faces is {times} their range by size; set ranging.depth_unit "
        f"to {depth.unit / 10.0 ** decades[0]:g} (meters per count; it is {depth.unit:g} now)"
    )
