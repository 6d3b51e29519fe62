# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera: a level pinhole camera without distortion, mounted on a robot."""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import CameraModel

WIDTH, HEIGHT = 640, 480
"""Image size, pixels."""
FIELD_OF_VIEW_RAD = math.radians(69.0)
"""Horizontal."""
FOCAL_LENGTH_PX = WIDTH / 2 / math.tan(FIELD_OF_VIEW_RAD / 2)
CENTER_X, CENTER_Y = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
"""Principal point, pixels."""
MOUNT_HEIGHT_M = 1.2
"""Height of the lens above ``base_link``. It has no other offset and looks ahead."""

CAMERA = CameraModel(
    np.array([[FOCAL_LENGTH_PX, 0.0, CENTER_X], [0.0, FOCAL_LENGTH_PX, CENTER_Y], [0.0, 0.0, 1.0]]),
    np.zeros(0),
)
"""The calibration, as in this camera's CameraInfo messages."""


def to_optical(points: FloatArray, robot: Pose) -> FloatArray:
    """Transform map points (x, y, height) to the optical frame of REP-103, (N, 3) meters."""
    points = np.asarray(points, np.float64).reshape(-1, 3)
    dx, dy = points[:, 0] - robot.x, points[:, 1] - robot.y
    c, s = math.cos(robot.yaw), math.sin(robot.yaw)
    return np.stack([s * dx - c * dy, MOUNT_HEIGHT_M - points[:, 2], c * dx + s * dy], axis=1)


def project(points: FloatArray, robot: Pose) -> FloatArray:
    """Project map points (N, 3) (x, y, height), meters, to (N, 2) pixels.

    Points behind the camera give NaN.
    """
    x, y, z = to_optical(points, robot).T
    z = np.where(z > 1e-6, z, np.nan)
    columns, rows = CENTER_X + FOCAL_LENGTH_PX * x / z, CENTER_Y + FOCAL_LENGTH_PX * y / z
    return np.stack([columns, rows], axis=1)


def right_and_ahead(point: Point, robot: Pose) -> tuple[float, float]:
    """A map point relative to the camera: meters to the right, meters ahead."""
    right, _, ahead = to_optical(np.array([[point.x, point.y, 0.0]]), robot)[0]
    return float(right), float(ahead)


def yaw_to_camera(x: float, y: float, facing: float, robot: Pose) -> float:
    """Angle between the direction a person at x, y faces and the camera, radians in 0..pi."""
    toward = math.atan2(robot.y - y, robot.x - x)
    return abs(math.remainder(facing - toward, math.tau))


Segments = tuple[tuple[Point, Point], ...]


def nearest_wall(
    segments: Segments, robot: Pose, columns: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """The nearest of several vertical walls in each image column.

    Args:
        segments: the walls on the floor, meters in the map frame.
        robot: pose of the robot.
        columns: (W,) pixels.

    Returns:
        (W,) depth in meters, infinite where there is no wall; (W,) meters along the wall from
        its first end; (W,) indices of the walls.
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
    """Depth of every wall in every column and meters along the wall, (S, W) each."""
    ends = np.array([[[a.x, a.y], [b.x, b.y]] for a, b in segments])
    side = (columns - CENTER_X) / FOCAL_LENGTH_PX
    c, s = math.cos(robot.yaw), math.sin(robot.yaw)
    # Map direction of each column's ray, scaled to a depth of 1 m.
    ray_x, ray_y = c + s * side, s - c * side
    edge = ends[:, 1] - ends[:, 0]
    start = ends[:, 0] - (robot.x, robot.y)
    length = np.hypot(edge[:, 0], edge[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        across = ray_x[None] * edge[:, 1:] - ray_y[None] * edge[:, :1]
        depth = (start[:, 0] * edge[:, 1] - start[:, 1] * edge[:, 0])[:, None] / across
        fraction = (start[:, :1] * ray_y[None] - start[:, 1:] * ray_x[None]) / across
        hit = (depth > 0.02) & (fraction >= 0) & (fraction <= 1)
    return np.where(hit, depth, np.inf), np.where(hit, fraction * length[:, None], 0.0)
