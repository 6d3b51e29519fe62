# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Filtered position and velocity of one person on the floor."""

from __future__ import annotations

from mask_detector_ros.patrol.interface import Point


class PersonMotion:
    """Kalman filter (Kalman, 1960) with a constant-velocity model, the same in x and y.

    Both axes share one 2x2 covariance, since a measurement has one standard deviation.

    Attributes:
        position: meters in the map frame.
        velocity: m/s along x and y.
    """

    def __init__(self, position: Point, std: float, at: float) -> None:
        """Start at a measured position.

        Args:
            position: first measurement.
            std: its standard deviation, meters.
            at: its time, seconds.
        """
        self.position = position
        self.velocity = (0.0, 0.0)
        self._at = at
        # Variance of position, covariance, variance of velocity: people walk at up to 1.5 m/s.
        self._pp, self._pv, self._vv = std**2, 0.0, 1.0

    def update(self, position: Point, std: float, at: float, acceleration_noise: float) -> None:
        """Predict to the time of a measurement and correct with it.

        Args:
            position: the measurement.
            std: its standard deviation, meters, above zero.
            at: its time, seconds; an earlier time than the last one counts as the last one.
            acceleration_noise: standard deviation of the person's acceleration, m/s².
        """
        seconds = max(at - self._at, 0.0)
        self._at += seconds
        x = self.position.x + seconds * self.velocity[0]
        y = self.position.y + seconds * self.velocity[1]
        noise = acceleration_noise**2
        pp = self._pp + 2 * seconds * self._pv + seconds**2 * self._vv + noise * seconds**4 / 4
        pv = self._pv + seconds * self._vv + noise * seconds**3 / 2
        vv = self._vv + noise * seconds**2
        gain_p, gain_v = (c / (pp + std**2) for c in (pp, pv))
        innovation_x, innovation_y = position.x - x, position.y - y
        self.position = Point(x + gain_p * innovation_x, y + gain_p * innovation_y)
        self.velocity = (
            self.velocity[0] + gain_v * innovation_x,
            self.velocity[1] + gain_v * innovation_y,
        )
        self._pp, self._pv, self._vv = (1 - gain_p) * pp, (1 - gain_p) * pv, vv - gain_v * pv
