# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.simulation import camera

WALL = ((Point(4.0, -2.0), Point(4.0, 2.0)),)
MIDDLE = np.array([camera.CENTER_X])


def test_a_point_straight_ahead_at_lens_height_is_in_the_image_center() -> None:
    robot = Pose(1.0, 2.0, 0.7)
    point = np.array([[1 + 3 * math.cos(0.7), 2 + 3 * math.sin(0.7), camera.MOUNT_HEIGHT_M]])
    assert camera.project(point, robot)[0] == pytest.approx([319.5, 239.5])


def test_left_and_up_are_projected_to_left_and_up() -> None:
    robot = Pose(0.0, 0.0, 0.0)
    (x, y), (low_x, low_y) = camera.project(np.array([[2, 0.5, 1.7], [2, -0.5, 0.0]]), robot)
    assert x == pytest.approx(319.5 - 0.25 * camera.FOCAL_LENGTH_PX)
    assert y == pytest.approx(239.5 - 0.25 * camera.FOCAL_LENGTH_PX)
    assert low_x == pytest.approx(319.5 + 0.25 * camera.FOCAL_LENGTH_PX)
    assert low_y == pytest.approx(239.5 + 0.6 * camera.FOCAL_LENGTH_PX)


def test_the_field_of_view_spans_the_image() -> None:
    half = camera.FIELD_OF_VIEW_RAD / 2
    edge = np.array([[math.cos(half), math.sin(half), 1.2]])
    assert camera.project(edge, Pose(0, 0))[0, 0] == pytest.approx(-0.5)


def test_the_calibration_agrees_with_the_projection() -> None:
    robot, point = Pose(0.5, -1.0, 2.0), np.array([[-1.0, 1.5, 1.6]])
    ray = camera.CAMERA.rays(camera.project(point, robot))[0]
    x, y, z = camera.to_optical(point, robot)[0]
    assert ray == pytest.approx([x / z, y / z])


def test_points_behind_the_camera_are_nan() -> None:
    assert np.isnan(camera.project(np.array([[-2.0, 0.0, 1.0]]), Pose(0, 0))).all()


def test_a_walls_depth_is_the_same_in_every_column() -> None:
    columns = np.array([100.0, camera.CENTER_X, 500.0])
    depth, along, which = camera.nearest_wall(WALL, Pose(1.0, 0.0), columns)
    assert depth == pytest.approx(3.0)
    # The wall runs to the left, so columns on the right are closer to its first end.
    assert along[1] == pytest.approx(2.0)
    assert along[0] > along[1] > along[2]
    assert (which == 0).all()


def test_the_nearest_wall_is_returned_and_no_wall_is_infinite() -> None:
    near = (Point(2.0, -1.0), Point(2.0, 1.0))
    assert camera.nearest_wall((*WALL, near), Pose(0, 0), MIDDLE)[0] == pytest.approx(2.0)
    assert np.isinf(camera.nearest_wall(WALL, Pose(0, 0, math.pi), MIDDLE)[0]).all()
    assert np.isinf(camera.nearest_wall((), Pose(0, 0), MIDDLE)[0]).all()


@pytest.mark.parametrize(("facing", "yaw_deg"), [(math.pi, 0), (math.pi / 2, 90), (0, 180)])
def test_yaw_to_camera(facing: float, yaw_deg: float) -> None:
    angle = camera.yaw_to_camera(3.0, 0.0, facing, Pose(0, 0))
    assert math.degrees(angle) == pytest.approx(yaw_deg)
