# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Smoothed position and velocity of one person on the floor."""

from __future__ import annotations

from mask_detector_ros.patrol.interface import Point


class Motion:
    """Kalman filter of constant velocity, the same in x and y.

    One covariance serves both axes, since the measurements' deviation is one number.

    Attributes:
        position: meters in the map frame.
        velocity: m/s along x and y.
    """

    def __init__(self, position: Point, deviation: float, at: float) -> None:
        self.position = position
        self.velocity = (0.0, 0.0)
        self._at = at
        # Variance of the position, their covariance, variance of the velocity. People walk at
        # up to about 1.5 m/s; before the second measurement nothing is known but that.
        self._pp, self._pv, self._vv = deviation**2, 0.0, 1.0

    def update(self, position: Point, deviation: float, at: float, acceleration: float) -> None:
        """Take in one measurement.

        Args:
            deviation: of the measurement, meters, above zero.
            at: its time in seconds; what is older than the last one is weighed in as of then.
            acceleration: standard deviation of the person's accelerations, m/s².
        """
        seconds = max(at - self._at, 0.0)
        self._at += seconds
        x = self.position.x + seconds * self.velocity[0]
        y = self.position.y + seconds * self.velocity[1]
        noise = acceleration**2
        pp = self._pp + 2 * seconds * self._pv + seconds**2 * self._vv + noise * seconds**4 / 4
        pv = self._pv + seconds * self._vv + noise * seconds**3 / 2
        vv = self._vv + noise * seconds**2
        gain_p, gain_v = (c / (pp + deviation**2) for c in (pp, pv))
        off_x, off_y = position.x - x, position.y - y
        self.position = Point(x + gain_p * off_x, y + gain_p * off_y)
        self.velocity = (
            self.velocity[0] + gain_v * off_x,
            self.velocity[1] + gain_v * off_y,
        )
        self._pp, self._pv, self._vv = (1 - gain_p) * pp, (1 - gain_p) * pv, vv - gain_v * pv
