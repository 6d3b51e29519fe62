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


def test_what_is_straight_ahead_at_lens_height_is_in_the_middle() -> None:
    robot = Pose(1.0, 2.0, 0.7)
    point = np.array([[1 + 3 * math.cos(0.7), 2 + 3 * math.sin(0.7), camera.MOUNT_HEIGHT]])
    assert camera.project(point, robot)[0] == pytest.approx([319.5, 239.5])


def test_left_is_left_and_up_is_up() -> None:
    robot = Pose(0.0, 0.0, 0.0)
    (x, y), (low_x, low_y) = camera.project(np.array([[2, 0.5, 1.7], [2, -0.5, 0.0]]), robot)
    assert x == pytest.approx(319.5 - 0.25 * camera.FOCAL)
    assert y == pytest.approx(239.5 - 0.25 * camera.FOCAL)
    assert low_x == pytest.approx(319.5 + 0.25 * camera.FOCAL)
    assert low_y == pytest.approx(239.5 + 0.6 * camera.FOCAL)


def test_the_field_of_view_spans_the_picture() -> None:
    half = camera.FIELD_OF_VIEW / 2
    edge = np.array([[math.cos(half), math.sin(half), 1.2]])
    assert camera.project(edge, Pose(0, 0))[0, 0] == pytest.approx(-0.5)


def test_the_calibration_agrees_with_the_projection() -> None:
    robot, point = Pose(0.5, -1.0, 2.0), np.array([[-1.0, 1.5, 1.6]])
    ray = camera.CAMERA.rays(camera.project(point, robot))[0]
    x, y, z = camera.to_optical(point, robot)[0]
    assert ray == pytest.approx([x / z, y / z])


def test_nothing_is_projected_from_behind() -> None:
    assert np.isnan(camera.project(np.array([[-2.0, 0.0, 1.0]]), Pose(0, 0))).all()


def test_a_wall_is_as_far_as_it_is_whatever_the_column() -> None:
    columns = np.array([100.0, camera.CENTER_X, 500.0])
    depth, along, which = camera.nearest_wall(WALL, Pose(1.0, 0.0), columns)
    assert depth == pytest.approx(3.0)
    # The wall runs to the left, so what is further right is nearer to its first end.
    assert along[1] == pytest.approx(2.0)
    assert along[0] > along[1] > along[2]
    assert (which == 0).all()


def test_the_nearest_of_two_walls_counts_and_none_is_endless() -> None:
    near = (Point(2.0, -1.0), Point(2.0, 1.0))
    assert camera.nearest_wall((*WALL, near), Pose(0, 0), MIDDLE)[0] == pytest.approx(2.0)
    assert np.isinf(camera.nearest_wall(WALL, Pose(0, 0, math.pi), MIDDLE)[0]).all()
    assert np.isinf(camera.nearest_wall((), Pose(0, 0), MIDDLE)[0]).all()


@pytest.mark.parametrize(("facing", "turned"), [(math.pi, 0), (math.pi / 2, 90), (0, 180)])
def test_how_far_somebody_is_turned_away(facing: float, turned: float) -> None:
    angle = camera.turned_away(3.0, 0.0, facing, Pose(0, 0))
    assert math.degrees(angle) == pytest.approx(turned)
