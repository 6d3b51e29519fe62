# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Kalman filters over time: of a face box in the image, and of a person's position.

``BoxFilter`` predicts where a tracked face lies in the next image, for association
(constant velocity; R. E. Kalman, 1960, "A New Approach to Linear Filtering and Prediction
Problems"). ``PositionFilter`` filters the positions in the camera's optical frame: the
direction to a face is measured precisely in every frame and changes with every rotation of
the camera, so it is used as it is. The distance is noisy and does not depend on the camera's
rotation: one filter per person estimates its logarithm, its rate of change, and the logarithm
of this person's face width over the prior's mean. From face sizes alone the last two stay as
uncertain as the prior leaves them. Once depth has measured the distance, the width is known
too, and face sizes alone give that person's distance from then on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mask_detector_ros.perception.pipeline_settings import RangingSettings
from mask_detector_ros.perception.ranging import Ranges, covariances
from mask_detector_ros.perception.types import Detections, FloatArray

# Lengths are box sizes (square root of width times height), so that near and far faces are
# followed alike. Chosen on the sequences of benchmarks/tracking.py.
CENTER_NOISE = 0.06
"""Standard deviation of where a detected box lies."""
SIZE_NOISE = 0.08
"""Standard deviation of a detected box's width and height."""
BOX_ACCELERATION_NOISE = 2.0
"""How much the speed wanders: box sizes per second, in one second."""
EGO_MOTION_NOISE = 100.0
"""The same for the camera, in pixels per second: it moves near and far faces alike."""
SIZE_RATE_NOISE = 0.1
"""How much the size wanders in one second. Little: a face of another size is somebody else's."""
INITIAL_BOX_SPEED = 3.0
"""Standard deviation of the speed of a face seen for the first time, box sizes per second."""


class BoxFilter:
    """Center with constant velocity, size without: both in pixels, uncertainty included.

    The two coordinates of the center share one covariance, since they share every noise;
    plain floats are faster than arrays of two.
    """

    def __init__(self, box: FloatArray) -> None:
        """Begin with one detected box, (4,) xywh."""
        x, y, w, h = (float(v) for v in box)
        self.x, self.y, self.w, self.h = x + w / 2, y + h / 2, w, h
        self.vx = self.vy = 0.0
        unit = self._unit()
        self._place, self._mixed, self._speed = (
            CENTER_NOISE**2 * unit,
            0.0,
            INITIAL_BOX_SPEED**2 * unit,
        )
        self._size = SIZE_NOISE**2 * unit

    def _unit(self) -> float:
        """The square of the box size that noise is measured in, square pixels."""
        return max(self.w * self.h, 1.0)

    def advance(self, seconds: float) -> None:
        """Let time pass: the face moves on, and less is known about it."""
        self.x += self.vx * seconds
        self.y += self.vy * seconds
        swerve = BOX_ACCELERATION_NOISE**2 * self._unit() + EGO_MOTION_NOISE**2
        self._place += seconds * (2 * self._mixed + seconds * (self._speed + swerve * seconds / 3))
        self._mixed += seconds * (self._speed + swerve * seconds / 2)
        self._speed += seconds * swerve
        self._size += seconds * SIZE_RATE_NOISE**2 * self._unit()

    def update(self, box: FloatArray) -> None:
        """Take a detected box in, (4,) xywh."""
        x, y, w, h = (float(v) for v in box)
        unit = self._unit()
        total = self._place + CENTER_NOISE**2 * unit
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
        """Center x, y, w, h; their two variances as detected boxes would show them."""
        unit = self._unit()
        place = self._place + CENTER_NOISE**2 * unit
        return self.x, self.y, self.w, self.h, place, self._size + SIZE_NOISE**2 * unit


def centers(boxes: Any) -> FloatArray:
    """(N, 4) xywh -> (N, 4) center x, center y, w, h as float64."""
    centerd = np.array(boxes, np.float64).reshape(-1, 4)
    centerd[:, :2] += centerd[:, 2:] / 2
    return centerd


def distances(
    faces: FloatArray, filters: list[BoxFilter]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How badly every face fits every filter.

    Args:
        faces: (N, 4) as ``centers`` gives them.
        filters: M of them.

    Returns:
        (N, M) squared Mahalanobis distances over place and size; (N, M) the same with
        the logarithm of the spread added, so that a filter about which little is known does
        not take faces from one that says exactly where they should be; and (N, M) how far
        they are apart in box sizes.
    """
    expected = np.array([box_filter.expectation() for box_filter in filters])
    squared = (faces[:, np.newaxis] - expected[:, :4]) ** 2
    place, size = expected[:, 4], expected[:, 5]
    distance = squared[..., :2].sum(axis=2) / place + squared[..., 2:].sum(axis=2) / size
    # Relative to the box size: near faces are not worse than far ones.
    unit = expected[:, 2] * expected[:, 3]
    spread = 2 * (np.log(place / unit) + np.log(size / unit))
    least = 4 * (math.log(CENTER_NOISE) + math.log(SIZE_NOISE))
    apart = np.sqrt(squared[..., :2].sum(axis=2) / unit)
    return distance, distance + (spread - least), apart


FORGET_AFTER_S = 10.0
"""Seconds after which a person who is not seen any more is forgotten."""
INITIAL_SPEED_M_S = 1.5
"""Meters per second; deviation of how fast a new person comes nearer."""
ACCELERATION_CORRELATION_S = 0.5
"""Seconds for which an acceleration lasts."""
WIDTH_MEMORY_S = 60.0
"""Seconds over which a face width that was learned from depth fades into the prior again."""
INNOVATION_GATE = 3.0
"""Deviations beyond which a measurement counts less and less: it is probably wrong."""

OUTLIER_LOG_RATIO, OUTLIER_WINDOW_S = 0.3, 0.5
"""A size that says this much nearer or farther (a logarithm) so few seconds after a measurement
that fitted is that of another box, as of a head with its hood. What lasts longer is believed."""

DISTANCE, RATE, WIDTH = range(3)
BY_SIZE = np.array([1.0, 0.0, -1.0])
"""A wider face looks nearer."""
BY_DEPTH = np.array([1.0, 0.0, 0.0])


@dataclass
class _RangeFilter:
    """The filter of one person: state and covariance over DISTANCE, RATE, WIDTH."""

    stamp: float
    state: FloatArray
    covariance: FloatArray
    fitted: float = -math.inf
    """Stamp of the last measurement that fitted."""

    @classmethod
    def new(cls, stamp: float, distance: float, width_deviation: float) -> _RangeFilter:
        """Somebody at about this many meters; the first measurement decides."""
        state = np.array([math.log(distance), 0.0, 0.0])
        speed = INITIAL_SPEED_M_S / distance
        return cls(stamp, state, np.diag([1.0, speed**2, width_deviation**2]))

    def predict(self, stamp: float, acceleration: float, width_deviation: float) -> None:
        """Go on to ``stamp``; the uncertainty grows with the seconds."""
        dt = max(stamp - self.stamp, 0.0)
        self.stamp = stamp
        fading = math.exp(-dt / WIDTH_MEMORY_S)
        step = np.array([[1.0, dt, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, fading]])
        relative = acceleration / math.exp(self.state[DISTANCE])
        noise = np.zeros((3, 3))
        noise[:2, :2] = np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        noise[:2, :2] *= relative**2 * ACCELERATION_CORRELATION_S
        noise[WIDTH, WIDTH] = (1 - fading**2) * width_deviation**2
        self.state = step @ self.state
        self.covariance = step @ self.covariance @ step.T + noise

    def correct(self, distance: float, relative: float, seen: FloatArray) -> None:
        """Take in one measurement of the distance, meters, and its relative deviation."""
        off = math.log(distance) - float(seen @ self.state)
        if (
            seen is BY_SIZE
            and abs(off) > OUTLIER_LOG_RATIO
            and self.stamp - self.fitted < OUTLIER_WINDOW_S
        ):
            return
        self.fitted = self.stamp
        expected = float(seen @ self.covariance @ seen)
        noise = relative**2
        # What is far out is not dropped, or a filter gone wrong would never come back.
        noise *= max(1.0, off**2 / (INNOVATION_GATE**2 * (expected + noise)))
        gain = self.covariance @ seen / (expected + noise)
        self.state = self.state + gain * off
        left = np.eye(3) - np.outer(gain, seen)
        self.covariance = left @ self.covariance @ left.T + noise * np.outer(gain, gain)


class PositionFilter:
    """The filters of everyone a camera follows."""

    def __init__(self) -> None:
        self._people: dict[int, _RangeFilter] = {}

    def __len__(self) -> int:
        return len(self._people)

    def reset(self) -> None:
        """Forget everyone."""
        self._people.clear()

    def update(
        self,
        faces: Detections,
        numbers: Sequence[int],
        ranges: Ranges,
        stamp: float,
        settings: RangingSettings,
    ) -> Detections:
        """Steady the positions of one frame.

        Args:
            faces: placed by this frame alone.
            numbers: whose face each is; never given to anybody else.
            ranges: of the same faces, row by row.
            stamp: the frame's time in seconds, not before the last one's.
            settings: the present ones.

        Returns:
            The faces with the positions and covariances of the filters.
        """
        distance = np.full(len(faces), np.nan)
        relative = np.full(len(faces), np.nan)
        for row in map(int, np.flatnonzero(np.isfinite(faces.positions).all(axis=1))):
            person = self._follow(numbers[row], row, ranges, stamp, settings)
            distance[row] = math.exp(person.state[DISTANCE])
            relative[row] = math.sqrt(person.covariance[DISTANCE, DISTANCE])
        for number, person in list(self._people.items()):
            if stamp - person.stamp > FORGET_AFTER_S:
                del self._people[number]
        return faces.with_(
            positions=(ranges.directions * distance[:, None]).astype(np.float32),
            covariances=covariances(ranges.directions, distance, relative, ranges.angles),
        )

    def _follow(
        self, number: int, row: int, ranges: Ranges, stamp: float, settings: RangingSettings
    ) -> _RangeFilter:
        measurements = [
            (float(ranges.by_size[row]), float(ranges.size_deviation[row]), BY_SIZE),
            (float(ranges.by_depth[row]), float(ranges.depth_deviation[row]), BY_DEPTH),
        ]
        usable = [m for m in measurements if math.isfinite(m[0])]
        width_deviation = ranges.person_deviation
        person = self._people.get(number)
        if person is None:
            person = _RangeFilter.new(stamp, usable[-1][0], width_deviation)
            self._people[number] = person
        else:
            person.predict(stamp, settings.acceleration, width_deviation)
        for distance, relative, seen in usable:
            person.correct(distance, relative, seen)
        return person
