# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera: a level pinhole on a robot, without distortion."""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import CameraModel, FloatArray, IntArray

WIDTH, HEIGHT = 640, 480
FIELD_OF_VIEW = math.radians(69.0)
"""Horizontal, radians."""
FOCAL = WIDTH / 2 / math.tan(FIELD_OF_VIEW / 2)
"""Pixels."""
CENTER_X, CENTER_Y = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
MOUNT_HEIGHT = 1.2
"""Meters of the lens above ``base_link``, which it sits straight above, looking ahead."""

CAMERA = CameraModel(
    np.array([[FOCAL, 0.0, CENTER_X], [0.0, FOCAL, CENTER_Y], [0.0, 0.0, 1.0]]), np.zeros(0)
)
"""As a CameraInfo message of this camera would say it."""


def to_optical(points: FloatArray, robot: Pose) -> FloatArray:
    """Map (x, y, height) to the optical frame (x right, y down, z ahead), (N, 3) meters."""
    points = np.asarray(points, np.float64).reshape(-1, 3)
    dx, dy = points[:, 0] - robot.x, points[:, 1] - robot.y
    c, s = math.cos(robot.yaw), math.sin(robot.yaw)
    return np.stack([s * dx - c * dy, MOUNT_HEIGHT - points[:, 2], c * dx + s * dy], axis=1)


def project(points: FloatArray, robot: Pose) -> FloatArray:
    """Map (x, y, height) to pixels, (N, 3) meters to (N, 2); NaN behind the camera."""
    x, y, z = to_optical(points, robot).T
    z = np.where(z > 1e-6, z, np.nan)
    return np.stack([CENTER_X + FOCAL * x / z, CENTER_Y + FOCAL * y / z], axis=1)


def place(point: Point, robot: Pose) -> tuple[float, float]:
    """Meters to the right of and ahead of the camera, of a point in the map."""
    right, _, ahead = to_optical(np.array([[point.x, point.y, 0.0]]), robot)[0]
    return float(right), float(ahead)


def turned_away(x: float, y: float, facing: float, robot: Pose) -> float:
    """Radians in 0..pi between where somebody at x, y looks and where the camera is."""
    toward = math.atan2(robot.y - y, robot.x - x)
    return abs(math.remainder(facing - toward, math.tau))


Segments = tuple[tuple[Point, Point], ...]


def nearest_wall(
    segments: Segments, robot: Pose, columns: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """The nearest of some upright walls along columns of the picture.

    Args:
        columns: (W,) pixels.

    Returns:
        (W,) meters ahead (infinite where there is none), (W,) meters along the wall from its
        first end, and (W,) indices of the walls.
    """
    columns = np.asarray(columns, np.float64)
    if not segments:
        nothing = np.zeros(len(columns))
        return np.full(len(columns), np.inf), nothing, nothing.astype(np.int64)
    depths, along = wall_depths(segments, robot, columns)
    nearest = depths.argmin(axis=0)
    each = np.arange(len(columns))
    return depths[nearest, each], along[nearest, each], nearest


def wall_depths(
    segments: Segments, robot: Pose, columns: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Meters ahead and meters along, (S, W) each, of every segment along columns."""
    ends = np.array([[[a.x, a.y], [b.x, b.y]] for a, b in segments])
    side = (columns - CENTER_X) / FOCAL
    c, s = math.cos(robot.yaw), math.sin(robot.yaw)
    # One meter ahead along each column, in the map.
    ray_x, ray_y = c + s * side, s - c * side
    edge = ends[:, 1] - ends[:, 0]
    start = ends[:, 0] - (robot.x, robot.y)
    length = np.hypot(edge[:, 0], edge[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        across = ray_x[None] * edge[:, 1:] - ray_y[None] * edge[:, :1]
        ahead = (start[:, 0] * edge[:, 1] - start[:, 1] * edge[:, 0])[:, None] / across
        share = (start[:, :1] * ray_y[None] - start[:, 1:] * ray_x[None]) / across
        hit = (ahead > 0.02) & (share >= 0) & (share <= 1)
    return np.where(hit, ahead, np.inf), np.where(hit, share * length[:, None], 0.0)
