# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Coordinate frames: rigid transforms, camera mount and robot pose history (REP-103, REP-105)."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.settings import setting

POSE_HISTORY_S = 10.0
"""Poses older than this are deleted."""
MAX_EXTRAPOLATION_S = 0.2
"""Longest extrapolation beyond the last pose."""
MAX_POSE_GAP_S = 1.0
"""Two poses further apart in time are not used to extrapolate."""


def frame_name(frame_id: str) -> str:
    """A frame id without leading slashes: tf had them, tf2 rejects them."""
    return frame_id.lstrip("/")


@dataclass(frozen=True, eq=False)
class Transform:
    """Rigid transform from a source to a target frame.

    ``p_target = rotation @ p_source + translation``; ``b @ a`` applies ``a`` first.

    Attributes:
        rotation: (3, 3) float64.
        translation: (3,) float64 meters, the origin of the source in the target frame.
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
        """Transform from a body's frame to the frame its pose is given in.

        Args:
            x, y, z: position, meters.
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
        """From a translation and a quaternion, as in ROS messages.

        Args:
            translation: x, y, z in meters.
            quaternion: x, y, z, w; need not be normalized.

        Raises:
            ValueError: the quaternion is zero or not finite.
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
        """Angle of the source's x axis in the target's x-y plane, radians."""
        return math.atan2(self.rotation[1, 0], self.rotation[0, 0])

    def __matmul__(self, first: Transform) -> Transform:
        """Compose: ``first``, then this one. The source of this one is the target of ``first``."""
        return Transform(
            self.rotation @ first.rotation,
            self.rotation @ first.translation + self.translation,
        )

    def inverse(self) -> Transform:
        """Transform from target to source."""
        return Transform(self.rotation.T, -self.rotation.T @ self.translation)

    def apply(self, points: FloatArray) -> FloatArray:
        """Transform (N, 3) points."""
        return np.asarray(points, np.float64).reshape(-1, 3) @ self.rotation.T + self.translation

    def rotate_covariances(self, covariances: FloatArray) -> FloatArray:
        """Rotate (N, 3, 3) covariances of points into the target frame."""
        covariances = np.asarray(covariances, np.float64).reshape(-1, 3, 3)
        return self.rotation @ covariances @ self.rotation.T


OPTICAL_IN_BODY = Transform(
    np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.zeros(3)
)
"""From a camera's optical frame (z forward, x right, y down) to its body frame (x forward, y
left, z up), REP-103."""


@dataclass(frozen=True)
class Mount:
    """Pose of the camera's body frame (x forward) in base_link."""

    x: float = setting(0.0, "Camera x in base_link (forward), meters.", low=-10.0, high=10.0)
    y: float = setting(0.0, "Camera y in base_link (left), meters.", low=-10.0, high=10.0)
    z: float = setting(1.2, "Camera z in base_link (up), meters.", low=-10.0, high=10.0)
    roll: float = setting(0.0, "Camera roll in base_link, radians.", low=-3.1416, high=3.1416)
    pitch: float = setting(
        0.0, "Camera pitch in base_link, radians; negative looks up.", low=-3.1416, high=3.1416
    )
    yaw: float = setting(
        0.0, "Camera yaw in base_link, radians; positive looks left.", low=-3.1416, high=3.1416
    )

    def transform(self) -> Transform:
        """Transform from the optical frame to base_link."""
        body = Transform.of_pose(self.x, self.y, self.z, self.roll, self.pitch, self.yaw)
        return body @ OPTICAL_IN_BODY


class PlanarPose(Protocol):
    """A pose in the plane, such as ``patrol.interface.Pose``."""

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
    """Recent robot poses, interpolated at a stamp.

    Linear interpolation between two poses, yaw along the shorter arc. Beyond the last pose,
    extrapolation for up to ``MAX_EXTRAPOLATION_S``, then the last pose for up to ``hold``.
    """

    def __init__(self, hold: float = 0.0) -> None:
        """Start without poses.

        Args:
            hold: seconds after the last pose for which it remains valid.
        """
        self.hold = hold
        self._stamps: list[float] = []
        self._poses: list[tuple[float, float, float]] = []

    def __len__(self) -> int:
        return len(self._stamps)

    @property
    def newest(self) -> float | None:
        """Stamp of the last pose in seconds; None without poses."""
        return self._stamps[-1] if self._stamps else None

    def add(self, stamp: float, pose: PlanarPose) -> None:
        """Add a pose.

        A stamp more than ``MAX_POSE_GAP_S`` before the last one clears the history (time
        jumped back: simulated time, bags). A pose that is less late is ignored.
        """
        if self._stamps and stamp < self._stamps[-1] - MAX_POSE_GAP_S:
            self._stamps.clear()
            self._poses.clear()
        if self._stamps and stamp <= self._stamps[-1]:
            return
        self._stamps.append(stamp)
        self._poses.append((pose.x, pose.y, pose.yaw))
        # One older pose is kept: some localizers publish nothing while the robot stands still.
        old = max(bisect.bisect_right(self._stamps, stamp - POSE_HISTORY_S) - 1, 0)
        del self._stamps[:old], self._poses[:old]

    def at(self, stamp: float) -> tuple[float, float, float] | None:
        """Pose at ``stamp`` seconds.

        Returns:
            x, y (meters) and yaw (radians); None before the first pose or too long after
            the last.
        """
        if not self._stamps or stamp < self._stamps[0]:
            return None
        after = bisect.bisect_right(self._stamps, stamp)
        if after < len(self._stamps):
            return self._between(after, stamp)
        late = stamp - self._stamps[-1]
        if late <= MAX_EXTRAPOLATION_S:
            if len(self._stamps) > 1 and self._stamps[-1] - self._stamps[-2] <= MAX_POSE_GAP_S:
                return self._between(len(self._stamps) - 1, stamp)
            return self._poses[-1]
        return self._poses[-1] if late <= self.hold else None

    def _between(self, after: int, stamp: float) -> tuple[float, float, float]:
        """Interpolate or extrapolate linearly through pose ``after`` and the one before it."""
        (t0, t1), (a, b) = self._stamps[after - 1 : after + 1], self._poses[after - 1 : after + 1]
        fraction = (stamp - t0) / (t1 - t0)
        x, y = (a[i] + fraction * (b[i] - a[i]) for i in (0, 1))
        return x, y, wrap_angle(a[2] + fraction * wrap_angle(b[2] - a[2]))


def wrap_angle(angle: float) -> float:
    """Normalize an angle to [-pi, pi] radians."""
    return math.remainder(angle, math.tau)


def to_floor(
    points: FloatArray, covariances: FloatArray, transform: Transform
) -> tuple[FloatArray, FloatArray]:
    """Project points onto the floor plane of the target frame.

    Args:
        points: (N, 3) meters; rows of NaN stay NaN.
        covariances: (N, 3, 3) square meters, of ``points``.
        transform: from the frame of the points to one with z up.

    Returns:
        (N, 2) x, y in meters, and (N,) the largest standard deviation in the plane, meters.
    """
    floor = transform.apply(points)[:, :2]
    plane = transform.rotate_covariances(covariances)[:, :2, :2]
    # Larger eigenvalue of a symmetric 2 x 2 matrix.
    mean = (plane[:, 0, 0] + plane[:, 1, 1]) / 2
    half = np.hypot((plane[:, 0, 0] - plane[:, 1, 1]) / 2, plane[:, 0, 1])
    return floor, np.sqrt(np.maximum(mean + half, 0.0))
