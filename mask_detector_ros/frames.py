# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames: from what a camera sees to the floor the robot drives on (REP-103, REP-105)."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mask_detector_ros.perception.types import FloatArray
from mask_detector_ros.settings import setting

KEPT = 10.0
"""Seconds of poses that are remembered; older images are not processed any more."""
PREDICTED = 0.2
"""Seconds a motion is believed to go on after the last pose."""
STEADY_STEP = 1.0
"""Seconds between two poses beyond which they say nothing about the present speed."""


@dataclass(frozen=True, eq=False)
class Transform:
    """From one frame to another: ``p_target = rotation @ p_source + translation``.

    Attributes:
        rotation: (3, 3) float64.
        translation: (3,) float64 meters; where the source's origin lies in the target.
    """

    rotation: FloatArray
    translation: FloatArray

    @classmethod
    def of_pose(
        cls,
        x: float = 0.0,
        y: float = 0.0,
        z: float = 0.0,
        roll: float = 0.0,
        pitch: float = 0.0,
        yaw: float = 0.0,
    ) -> Transform:
        """From the frame of something to the frame its pose is given in.

        Args:
            x, y, z: where it is, meters.
            roll, pitch, yaw: radians about the fixed axes x, y, z in this order (URDF).
        """
        (sr, cr), (sp, cp), (sy, cy) = (
            (math.sin(angle), math.cos(angle)) for angle in (roll, pitch, yaw)
        )
        rotation = np.array(
            [
                [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
                [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
                [-sp, cp * sr, cp * cr],
            ]
        )
        return cls(rotation, np.array([x, y, z], np.float64))

    @classmethod
    def of_quaternion(cls, translation: FloatArray, quaternion: FloatArray) -> Transform:
        """As messages carry it.

        Args:
            translation: x, y, z in meters.
            quaternion: x, y, z, w; need not be normalized.

        Raises:
            ValueError: the quaternion is zero or not finite, which is no rotation.
        """
        norm = float(np.linalg.norm(quaternion))
        if not (math.isfinite(norm) and norm > 1e-6):
            raise ValueError(f"quaternion {tuple(quaternion)} is not a rotation")
        x, y, z, w = np.asarray(quaternion, np.float64) / norm
        rotation = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return cls(rotation, np.asarray(translation, np.float64))

    @property
    def yaw(self) -> float:
        """Radians by which the source's x axis is turned in the target's plane."""
        return math.atan2(self.rotation[1, 0], self.rotation[0, 0])

    def then(self, following: Transform) -> Transform:
        """First this one, then ``following``, whose source is this one's target."""
        return Transform(
            following.rotation @ self.rotation,
            following.rotation @ self.translation + following.translation,
        )

    def inverse(self) -> Transform:
        """The way back."""
        return Transform(self.rotation.T, -self.rotation.T @ self.translation)

    def apply(self, points: FloatArray) -> FloatArray:
        """(N, 3) points of the source frame in the target frame."""
        return np.asarray(points, np.float64).reshape(-1, 3) @ self.rotation.T + self.translation

    def turn(self, covariances: FloatArray) -> FloatArray:
        """(N, 3, 3) covariances of points likewise; where the frames lie does not matter."""
        covariances = np.asarray(covariances, np.float64).reshape(-1, 3, 3)
        return self.rotation @ covariances @ self.rotation.T


OPTICAL_IN_BODY = Transform(
    np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.zeros(3)
)
"""A camera's optical frame (z forward, x right, y down) to its body (x forward, y left, z up)."""


@dataclass(frozen=True)
class Mount:
    """Where the camera sits: the pose of its body frame (x forward) in base_link."""

    x: float = setting(0.0, "Camera ahead of base_link, meters.", low=-10.0, high=10.0)
    y: float = setting(0.0, "Camera left of base_link, meters.", low=-10.0, high=10.0)
    z: float = setting(1.2, "Camera above base_link, meters.", low=-10.0, high=10.0)
    roll: float = setting(0.0, "Camera's roll in base_link, radians.", low=-3.1416, high=3.1416)
    pitch: float = setting(
        0.0, "Camera's pitch in base_link, radians; negative looks up.", low=-3.1416, high=3.1416
    )
    yaw: float = setting(
        0.0, "Camera's yaw in base_link, radians; positive looks left.", low=-3.1416, high=3.1416
    )

    def transform(self) -> Transform:
        """The optical frame to base_link."""
        body = Transform.of_pose(self.x, self.y, self.z, self.roll, self.pitch, self.yaw)
        return OPTICAL_IN_BODY.then(body)


class PlanarPose(Protocol):
    """Anything that stands on the floor and looks somewhere; patrol's Pose, for one."""

    @property
    def x(self) -> float:
        """Meters."""

    @property
    def y(self) -> float:
        """Meters."""

    @property
    def yaw(self) -> float:
        """Radians."""


class PoseHistory:
    """Where the robot was at a moment, out of poses that come now and then.

    Between two poses it is interpolated, turning the shorter way round. After the last one
    the motion is continued for ``PREDICTED`` seconds at most; from then on the last pose
    is held for as long as ``hold`` says.
    """

    def __init__(self, hold: float = 0.0) -> None:
        """Begin without any pose.

        Args:
            hold: seconds after the last pose in which it is still believed.
        """
        self.hold = hold
        self._stamps: list[float] = []
        self._poses: list[tuple[float, float, float]] = []

    def __len__(self) -> int:
        return len(self._stamps)

    @property
    def newest(self) -> float | None:
        """Stamp of the last pose in seconds; None before the first."""
        return self._stamps[-1] if self._stamps else None

    def add(self, stamp: float, pose: PlanarPose) -> None:
        """Take in a pose.

        A stamp more than ``STEADY_STEP`` before the last one's begins anew (simulated time,
        bags); one closer to it is a copy that came late and is of no use.
        """
        if self._stamps and stamp < self._stamps[-1] - STEADY_STEP:
            self._stamps.clear()
            self._poses.clear()
        if self._stamps and stamp <= self._stamps[-1]:
            return
        self._stamps.append(stamp)
        self._poses.append((pose.x, pose.y, pose.yaw))
        # One from before that span is kept, too: a robot that stands still may be silent.
        old = max(bisect.bisect_right(self._stamps, stamp - KEPT) - 1, 0)
        del self._stamps[:old], self._poses[:old]

    def at(self, stamp: float) -> tuple[float, float, float] | None:
        """x, y (meters) and yaw (radians) at ``stamp`` seconds.

        Returns:
            None for moments before the first pose, or too long after the last.
        """
        if not self._stamps or stamp < self._stamps[0]:
            return None
        after = bisect.bisect_right(self._stamps, stamp)
        if after < len(self._stamps):
            return self._between(after, stamp)
        late = stamp - self._stamps[-1]
        if late <= PREDICTED:
            if len(self._stamps) > 1 and self._stamps[-1] - self._stamps[-2] <= STEADY_STEP:
                return self._between(len(self._stamps) - 1, stamp)
            return self._poses[-1]
        return self._poses[-1] if late <= self.hold else None

    def _between(self, after: int, stamp: float) -> tuple[float, float, float]:
        """On the line through a pose and the one before it, which may be left at its end."""
        (t0, t1), (a, b) = self._stamps[after - 1 : after + 1], self._poses[after - 1 : after + 1]
        share = (stamp - t0) / (t1 - t0)
        x, y = (a[i] + share * (b[i] - a[i]) for i in (0, 1))
        return x, y, wrap(a[2] + share * wrap(b[2] - a[2]))


def wrap(angle: float) -> float:
    """The same direction within -pi to pi radians."""
    return math.remainder(angle, math.tau)


def to_floor(
    points: FloatArray, covariances: FloatArray, transform: Transform
) -> tuple[FloatArray, FloatArray]:
    """Where people stand on the floor of the target frame.

    Args:
        points: (N, 3) meters; rows of NaN stay NaN.
        covariances: (N, 3, 3) square meters, of ``points``.
        transform: from the frame of the points to one whose z points up.

    Returns:
        (N, 2) x, y in meters, and (N,) the standard deviation along the worst direction
        in the plane, meters.
    """
    floor = transform.apply(points)[:, :2]
    plane = transform.turn(covariances)[:, :2, :2]
    # The larger eigenvalue of a symmetric 2 x 2 matrix.
    mean = (plane[:, 0, 0] + plane[:, 1, 1]) / 2
    half = np.hypot((plane[:, 0, 0] - plane[:, 1, 1]) / 2, plane[:, 0, 1])
    return floor, np.sqrt(np.maximum(mean + half, 0.0))
