# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from mask_detector_ros.frames import (
    OPTICAL_IN_BODY,
    Mount,
    PoseHistory,
    Transform,
    to_floor,
)
from mask_detector_ros.patrol.interface import Pose


def test_optical_axes_become_body_axes_as_rep_103_has_them() -> None:
    forward, right, down = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])
    body = OPTICAL_IN_BODY.apply(np.array([forward, right, down]))
    assert body.tolist() == [[1, 0, 0], [0, -1, 0], [0, 0, -1]]


def test_what_the_camera_sees_is_placed_in_front_of_and_beside_the_robot() -> None:
    seen = np.array([[0.5, 0.0, 3.0]])  # 3 m ahead, half a meter to the right
    base = Mount(x=0.1, z=1.5).transform().apply(seen)
    assert base[0] == pytest.approx([3.1, -0.5, 1.5])


def test_a_camera_pitched_up_sees_heads_above_it() -> None:
    base = Mount(z=0.3, pitch=-math.radians(30)).transform().apply(np.array([[0, 0, 2.0]]))
    assert base[0] == pytest.approx([2 * math.cos(math.pi / 6), 0, 1.3])


def test_a_rolled_camera_sees_right_as_down() -> None:
    # Positive roll about x forward turns left (y) up (z), so what is right goes down.
    base = Mount(z=1.0, roll=math.pi / 2).transform().apply(np.array([[0.5, 0, 2.0]]))
    assert base[0] == pytest.approx([2.0, 0.0, 0.5])


def test_mount_and_robot_pose_together_give_the_map() -> None:
    camera = Mount(x=0.2, z=1.2).transform()
    robot = Transform.of_pose(x=5.0, y=1.0, yaw=math.pi / 2)  # looks along the map's y
    assert camera.then(robot).apply(np.array([[0, 0, 2.0]]))[0] == pytest.approx([5.0, 3.2, 1.2])


def test_there_and_back_is_where_it_was() -> None:
    way = Transform.of_pose(1, -2, 3, 0.3, -0.4, 2.5)
    points = np.random.default_rng(1).normal(size=(20, 3))
    assert way.inverse().apply(way.apply(points)) == pytest.approx(points)
    assert way.then(way.inverse()).apply(points) == pytest.approx(points)


def test_quaternions_mean_the_same_as_angles() -> None:
    half = 0.7 / 2
    of_message = Transform.of_quaternion(
        np.array([1.0, 2.0, 0.0]), np.array([0, 0, 2 * math.sin(half), 2 * math.cos(half)])
    )
    points = np.eye(3)
    assert of_message.apply(points) == pytest.approx(
        Transform.of_pose(x=1.0, y=2.0, yaw=0.7).apply(points)
    )
    assert of_message.yaw == pytest.approx(0.7)
    with pytest.raises(ValueError, match="not a rotation"):
        Transform.of_quaternion(np.zeros(3), np.zeros(4))


def test_covariance_along_the_view_is_along_the_robot_s_heading_in_the_map() -> None:
    covariance = np.diag([0.01, 0.01, 0.25])[np.newaxis]  # half a meter in depth
    robot = Transform.of_pose(yaw=math.pi / 2)
    turned = Mount().transform().then(robot).turn(covariance)[0]
    assert np.diag(turned) == pytest.approx([0.01, 0.25, 0.01])
    _, deviation = to_floor(np.array([[0, 0, 2.0]]), covariance, Mount().transform().then(robot))
    assert deviation[0] == pytest.approx(0.5)


def test_the_worst_direction_counts_whichever_it_is() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        root = rng.normal(size=(3, 3))
        way = Transform.of_pose(0, 0, 0, *rng.uniform(-3, 3, 3))
        covariance = (root @ root.T)[np.newaxis]
        _, deviation = to_floor(np.zeros((1, 3)), covariance, way)
        plane = way.turn(covariance)[0, :2, :2]
        assert deviation[0] == pytest.approx(math.sqrt(np.linalg.eigvalsh(plane).max()))


def test_nobody_and_unknown_places_stay_that() -> None:
    xy, deviation = to_floor(np.zeros((0, 3)), np.zeros((0, 3, 3)), OPTICAL_IN_BODY)
    assert xy.shape == (0, 2) and deviation.shape == (0,)
    nowhere = np.full((1, 3), np.nan), np.full((1, 3, 3), np.nan)
    assert np.isnan(to_floor(*nowhere, OPTICAL_IN_BODY)[0]).all()


def history(*poses: tuple[float, float, float, float], hold: float = 0.0) -> PoseHistory:
    kept = PoseHistory(hold)
    for stamp, x, y, yaw in poses:
        kept.add(stamp, Pose(x, y, yaw))
    return kept


def test_between_two_poses_the_robot_was_in_between() -> None:
    kept = history((10.0, 0, 0, 0), (10.5, 1.0, 2.0, 0.4))
    assert kept.at(10.25) == pytest.approx((0.5, 1.0, 0.2))
    assert kept.at(10.0) == (0, 0, 0) and kept.at(10.5) == pytest.approx((1.0, 2.0, 0.4))


def test_turning_past_the_back_goes_the_short_way() -> None:
    yaw = history((0.0, 0, 0, 3.0), (1.0, 0, 0, -3.0)).at(0.5)[2]
    assert abs(yaw) == pytest.approx(math.pi)


def test_an_image_a_little_newer_than_the_last_pose_sees_the_motion_continued() -> None:
    kept = history((0.0, 0, 0, 0), (0.1, 0.07, 0, 0.1))
    assert kept.at(0.2) == pytest.approx((0.14, 0, 0.2))
    assert kept.at(0.31) is None


def test_a_pose_is_held_as_long_as_asked_and_no_longer() -> None:
    kept = history((0.0, 0, 0, 0), (0.1, 0.07, 0, 0), hold=2.0)
    assert kept.at(1.0) == (0.07, 0, 0)
    assert kept.at(2.2) is None


def test_what_lies_before_the_first_pose_is_not_known() -> None:
    assert PoseHistory().at(1.0) is None
    assert history((5.0, 0, 0, 0)).at(4.9) is None


def test_time_that_jumps_back_begins_anew() -> None:
    kept = history((100.0, 9, 9, 0), (101.0, 9, 9, 0), (3.0, 1, 1, 0))
    assert kept.at(3.1) == (1, 1, 0)
    assert kept.at(100.5) is None and kept.newest == 3.0


def test_after_a_long_silence_images_from_within_it_still_have_a_place() -> None:
    assert history((0.0, 1, 1, 0), (60.0, 1.2, 1, 0)).at(59.9) == pytest.approx(
        (1.2, 1, 0), abs=0.01
    )


def test_memory_is_bounded() -> None:
    kept = PoseHistory()
    for i in range(100_000):
        kept.add(i / 50, Pose(i, 0))
    assert len(kept) < 1000
