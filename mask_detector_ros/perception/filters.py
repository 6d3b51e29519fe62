# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Kalman filters over time: of a face box in the image, and of a person's position.

``BoxFilter`` predicts the box of a tracked face in the next image, for association
(constant velocity; R. E. Kalman, 1960, "A New Approach to Linear Filtering and Prediction
Problems"). ``PositionFilter`` filters the positions in the camera's optical frame: the
direction to a face is measured precisely in every frame and changes with every rotation of
the camera, so it is not filtered. The distance is noisy and does not depend on the camera's
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

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.ranging import Ranges, covariances
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import Detections

# Unit: box sizes (square root of width times height), so that near and far faces are treated
# alike. Chosen on the sequences of benchmarks/tracking.py.
CENTER_NOISE = 0.06
"""Standard deviation of a detected box's center."""
SIZE_NOISE = 0.08
"""Standard deviation of a detected box's width and height."""
BOX_ACCELERATION_NOISE = 2.0
"""Standard deviation of the velocity's change within one second, box sizes per second."""
EGO_MOTION_NOISE_PX = 100.0
"""The same caused by the camera, pixels per second: it moves near and far faces alike."""
SIZE_RATE_NOISE = 0.1
"""Standard deviation of the size's change within one second. Small: a face of another size is
another person's."""
INITIAL_BOX_SPEED = 3.0
"""Standard deviation of the velocity of a new track, box sizes per second."""


class BoxFilter:
    """Kalman filter of a face box: center with constant velocity, constant size; pixels.

    Both coordinates of the center share one covariance, since all their noises are equal;
    plain floats are faster here than arrays of two.
    """

    def __init__(self, box: FloatArray) -> None:
        """Start with one detected box, (4,) xywh."""
        x, y, w, h = (float(v) for v in box)
        self.x, self.y, self.w, self.h = x + w / 2, y + h / 2, w, h
        self.vx = self.vy = 0.0
        unit = self._unit()
        self._position_var = CENTER_NOISE**2 * unit
        self._mixed_cov, self._velocity_var = 0.0, INITIAL_BOX_SPEED**2 * unit
        self._size_var = SIZE_NOISE**2 * unit

    def _unit(self) -> float:
        """Square of the box size, square pixels."""
        return max(self.w * self.h, 1.0)

    def predict(self, seconds: float) -> None:
        """Advance the state by ``seconds``."""
        self.x += self.vx * seconds
        self.y += self.vy * seconds
        noise = BOX_ACCELERATION_NOISE**2 * self._unit() + EGO_MOTION_NOISE_PX**2
        self._position_var += seconds * (
            2 * self._mixed_cov + seconds * (self._velocity_var + noise * seconds / 3)
        )
        self._mixed_cov += seconds * (self._velocity_var + noise * seconds / 2)
        self._velocity_var += seconds * noise
        self._size_var += seconds * SIZE_RATE_NOISE**2 * self._unit()

    def update(self, box: FloatArray) -> None:
        """Correct the state with a detected box, (4,) xywh."""
        x, y, w, h = (float(v) for v in box)
        unit = self._unit()
        total = self._position_var + CENTER_NOISE**2 * unit
        gain, velocity_gain = self._position_var / total, self._mixed_cov / total
        off_x, off_y = x + w / 2 - self.x, y + h / 2 - self.y
        self.x += gain * off_x
        self.y += gain * off_y
        self.vx += velocity_gain * off_x
        self.vy += velocity_gain * off_y
        self._velocity_var -= velocity_gain * self._mixed_cov
        self._mixed_cov *= 1 - gain
        self._position_var *= 1 - gain
        size_gain = self._size_var / (self._size_var + SIZE_NOISE**2 * unit)
        self.w += size_gain * (w - self.w)
        self.h += size_gain * (h - self.h)
        self._size_var *= 1 - size_gain

    def shift(self, x: float, y: float) -> None:
        """Shift the position by the camera's ego-rotation, pixels."""
        self.x += x
        self.y += y

    def box(self) -> tuple[float, float, float, float]:
        """Expected box, xywh."""
        return self.x - self.w / 2, self.y - self.h / 2, self.w, self.h

    def expectation(self) -> tuple[float, ...]:
        """Expected center x, y, w, h; variances of a detected center and size around them."""
        unit = self._unit()
        position_var = self._position_var + CENTER_NOISE**2 * unit
        return self.x, self.y, self.w, self.h, position_var, self._size_var + SIZE_NOISE**2 * unit


def to_centers(boxes: Any) -> FloatArray:
    """(N, 4) xywh -> (N, 4) center x, center y, w, h as float64."""
    centers = np.array(boxes, np.float64).reshape(-1, 4)
    centers[:, :2] += centers[:, 2:] / 2
    return centers


def association_costs(
    centers: FloatArray, filters: list[BoxFilter]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distances between all detections and all filters.

    Args:
        centers: (N, 4), see ``to_centers``.
        filters: M of them.

    Returns:
        (N, M) squared Mahalanobis distances over center and size; (N, M) costs: the same plus
        the log determinant of the covariance, so that an uncertain track does not take
        detections from a certain one; and (N, M) distances of the centers in box sizes.
    """
    expected = np.array([box_filter.expectation() for box_filter in filters])
    squared = (centers[:, np.newaxis] - expected[:, :4]) ** 2
    position, size = expected[:, 4], expected[:, 5]
    distance = squared[..., :2].sum(axis=2) / position + squared[..., 2:].sum(axis=2) / size
    # Relative to the box size: near faces are not worse than far ones.
    unit = expected[:, 2] * expected[:, 3]
    spread = 2 * (np.log(position / unit) + np.log(size / unit))
    least = 4 * (math.log(CENTER_NOISE) + math.log(SIZE_NOISE))
    apart = np.sqrt(squared[..., :2].sum(axis=2) / unit)
    return distance, distance + (spread - least), apart


FORGET_AFTER_S = 10.0
"""Time without a detection after which a person's filter is deleted."""
INITIAL_SPEED_M_S = 1.5
"""Standard deviation of a new person's approach speed."""
ACCELERATION_CORRELATION_S = 0.5
"""Correlation time of accelerations."""
WIDTH_MEMORY_S = 60.0
"""Time constant with which a face width learned from depth returns to the prior."""
INNOVATION_GATE = 3.0
"""Standard deviations beyond which a measurement counts less and less: probably an outlier."""

OUTLIER_LOG_RATIO, OUTLIER_WINDOW_S = 0.3, 0.5
"""A range by size that differs by this log ratio so soon after one that fitted comes from a
different box, such as a head with its hood, and is ignored. A lasting change is accepted."""

DISTANCE, RATE, WIDTH = range(3)
BY_SIZE = np.array([1.0, 0.0, -1.0])
"""Measurement row: a wider face appears nearer."""
BY_DEPTH = np.array([1.0, 0.0, 0.0])


@dataclass
class _RangeFilter:
    """Filter of one person: state and covariance over DISTANCE, RATE, WIDTH."""

    stamp: float
    state: FloatArray
    covariance: FloatArray
    fitted: float = -math.inf
    """Stamp of the last measurement that was used."""

    @classmethod
    def new(cls, stamp: float, distance: float, width_std: float) -> _RangeFilter:
        """Start at about ``distance`` meters; the first measurement decides."""
        state = np.array([math.log(distance), 0.0, 0.0])
        rate_std = INITIAL_SPEED_M_S / distance
        return cls(stamp, state, np.diag([1.0, rate_std**2, width_std**2]))

    def predict(self, stamp: float, acceleration_noise: float, width_std: float) -> None:
        """Advance the state to ``stamp``."""
        dt = max(stamp - self.stamp, 0.0)
        self.stamp = stamp
        fading = math.exp(-dt / WIDTH_MEMORY_S)
        step = np.array([[1.0, dt, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, fading]])
        relative = acceleration_noise / math.exp(self.state[DISTANCE])
        noise = np.zeros((3, 3))
        noise[:2, :2] = np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        noise[:2, :2] *= relative**2 * ACCELERATION_CORRELATION_S
        noise[WIDTH, WIDTH] = (1 - fading**2) * width_std**2
        self.state = step @ self.state
        self.covariance = step @ self.covariance @ step.T + noise

    def correct(self, distance: float, relative: float, row: FloatArray) -> None:
        """Correct with one range in meters, its relative standard deviation, its row."""
        innovation = math.log(distance) - float(row @ self.state)
        recent = self.stamp - self.fitted < OUTLIER_WINDOW_S
        if row is BY_SIZE and abs(innovation) > OUTLIER_LOG_RATIO and recent:
            return
        self.fitted = self.stamp
        expected = float(row @ self.covariance @ row)
        noise = relative**2
        # Outliers are weighed down, not dropped: a filter gone wrong must recover.
        noise *= max(1.0, innovation**2 / (INNOVATION_GATE**2 * (expected + noise)))
        gain = self.covariance @ row / (expected + noise)
        self.state = self.state + gain * innovation
        left = np.eye(3) - np.outer(gain, row)
        # Joseph form: stays symmetric and positive.
        self.covariance = left @ self.covariance @ left.T + noise * np.outer(gain, gain)


class PositionFilter:
    """Filters the positions of all people a camera tracks."""

    def __init__(self) -> None:
        self._people: dict[int, _RangeFilter] = {}

    def __len__(self) -> int:
        return len(self._people)

    def reset(self) -> None:
        """Delete all filters."""
        self._people.clear()

    def update(
        self,
        faces: Detections,
        numbers: Sequence[int],
        ranges: Ranges,
        stamp: float,
        settings: RangingSettings,
    ) -> Detections:
        """Filter the positions of one frame.

        Args:
            faces: with positions from this frame alone.
            numbers: track id of each face.
            ranges: of the same faces, row by row.
            stamp: the frame's stamp in seconds, not before the last one.
            settings: current settings.

        Returns:
            The faces with filtered positions and covariances.
        """
        distance = np.full(len(faces), np.nan)
        relative = np.full(len(faces), np.nan)
        for row in map(int, np.flatnonzero(np.isfinite(faces.positions).all(axis=1))):
            person = self._update_person(numbers[row], row, ranges, stamp, settings)
            distance[row] = math.exp(person.state[DISTANCE])
            relative[row] = math.sqrt(person.covariance[DISTANCE, DISTANCE])
        for number, person in list(self._people.items()):
            if stamp - person.stamp > FORGET_AFTER_S:
                del self._people[number]
        return faces.with_(
            positions=(ranges.directions * distance[:, None]).astype(np.float32),
            covariances=covariances(ranges.directions, distance, relative, ranges.angles),
        )

    def _update_person(
        self, number: int, row: int, ranges: Ranges, stamp: float, settings: RangingSettings
    ) -> _RangeFilter:
        measurements = [
            (float(ranges.by_size[row]), float(ranges.size_std[row]), BY_SIZE),
            (float(ranges.by_depth[row]), float(ranges.depth_std[row]), BY_DEPTH),
        ]
        usable = [m for m in measurements if math.isfinite(m[0])]
        person = self._people.get(number)
        if person is None:
            person = _RangeFilter.new(stamp, usable[-1][0], ranges.person_std)
            self._people[number] = person
        else:
            person.predict(stamp, settings.acceleration_noise, ranges.person_std)
        for distance, relative, measurement_row in usable:
            person.correct(distance, relative, measurement_row)
        return person
