# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a followed face should be by now, and how sure that is: a small Kalman filter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray

# Lengths are box sizes (square root of width times height), so that near and far faces are
# followed alike. Chosen on the sequences of benchmarks/tracking.py.
PLACE_NOISE = 0.06
"""Standard deviation of where a detected box lies."""
SIZE_NOISE = 0.08
"""Standard deviation of a detected box's width and height."""
SWERVE = 2.0
"""How much the speed wanders: box sizes per second, in one second."""
SHAKE = 100.0
"""The same for the camera, in pixels per second: it moves near and far faces alike."""
GROWTH = 0.1
"""How much the size wanders in one second. Little: a face of another size is somebody else's."""
FIRST_SPEED = 3.0
"""Standard deviation of the speed of a face seen for the first time, box sizes per second."""


class Motion:
    """Centre with constant velocity, size without: both in pixels, uncertainty included.

    The two coordinates of the centre share one covariance, since they share every noise;
    plain floats are faster than arrays of two.
    """

    def __init__(self, box: FloatArray) -> None:
        """Begin with one detected box, (4,) xywh."""
        x, y, w, h = (float(v) for v in box)
        self.x, self.y, self.w, self.h = x + w / 2, y + h / 2, w, h
        self.vx = self.vy = 0.0
        unit = self._unit()
        self._place, self._mixed, self._speed = PLACE_NOISE**2 * unit, 0.0, FIRST_SPEED**2 * unit
        self._size = SIZE_NOISE**2 * unit

    def _unit(self) -> float:
        """The square of the box size that noise is measured in, square pixels."""
        return max(self.w * self.h, 1.0)

    def advance(self, seconds: float) -> None:
        """Let time pass: the face moves on, and less is known about it."""
        self.x += self.vx * seconds
        self.y += self.vy * seconds
        swerve = SWERVE**2 * self._unit() + SHAKE**2
        self._place += seconds * (2 * self._mixed + seconds * (self._speed + swerve * seconds / 3))
        self._mixed += seconds * (self._speed + swerve * seconds / 2)
        self._speed += seconds * swerve
        self._size += seconds * GROWTH**2 * self._unit()

    def update(self, box: FloatArray) -> None:
        """Take a detected box in, (4,) xywh."""
        x, y, w, h = (float(v) for v in box)
        unit = self._unit()
        total = self._place + PLACE_NOISE**2 * unit
        gain, speed_gain = self._place / total, self._mixed / total
        off_x, off_y = x + w / 2 - self.x, y + h / 2 - self.y
        self.x += gain * off_x
        self.y += gain * off_y
        self.vx += speed_gain * off_x
        self.vy += speed_gain * off_y
        self._speed -= speed_gain * self._mixed
        self._mixed *= 1 - gain
        self._place *= 1 - gain
        size_gain = self._size / (self._size + SIZE_NOISE**2 * unit)
        self.w += size_gain * (w - self.w)
        self.h += size_gain * (h - self.h)
        self._size *= 1 - size_gain

    def shift(self, x: float, y: float) -> None:
        """The camera turned: everything lies elsewhere, pixels."""
        self.x += x
        self.y += y

    def box(self) -> tuple[float, float, float, float]:
        """Where the face should be, xywh."""
        return self.x - self.w / 2, self.y - self.h / 2, self.w, self.h

    def expectation(self) -> tuple[float, ...]:
        """Centre x, y, w, h; their two variances as detected boxes would show them."""
        unit = self._unit()
        place = self._place + PLACE_NOISE**2 * unit
        return self.x, self.y, self.w, self.h, place, self._size + SIZE_NOISE**2 * unit


def centres(boxes: Any) -> FloatArray:
    """(N, 4) xywh -> (N, 4) centre x, centre y, w, h as float64."""
    centred = np.array(boxes, np.float64).reshape(-1, 4)
    centred[:, :2] += centred[:, 2:] / 2
    return centred


def distances(
    faces: FloatArray, motions: list[Motion]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How badly every face fits every motion.

    Args:
        faces: (N, 4) as ``centres`` gives them.
        motions: M of them.

    Returns:
        (N, M) squared Mahalanobis distances over place and size; (N, M) the same with
        the logarithm of the spread added, so that a motion about which little is known does
        not take faces from one that says exactly where they should be; and (N, M) how far
        they are apart in box sizes.
    """
    expected = np.array([motion.expectation() for motion in motions])
    squared = (faces[:, np.newaxis] - expected[:, :4]) ** 2
    place, size = expected[:, 4], expected[:, 5]
    distance = squared[..., :2].sum(axis=2) / place + squared[..., 2:].sum(axis=2) / size
    # Relative to the box size: near faces are not worse than far ones.
    unit = expected[:, 2] * expected[:, 3]
    spread = 2 * (np.log(place / unit) + np.log(size / unit))
    least = 4 * (math.log(PLACE_NOISE) + math.log(SIZE_NOISE))
    apart = np.sqrt(squared[..., :2].sum(axis=2) / unit)
    return distance, distance + (spread - least), apart
