# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from mask_detector_ros.frames import (
    OPTICAL_IN_BODY,
    POSE_HISTORY_S,
    Mount,
    PoseHistory,
    Transform,
    to_floor,
)
from mask_detector_ros.patrol.interface import Pose


def test_optical_frame_to_body_frame_as_in_rep_103() -> None:
    forward, right, down = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])
    body = OPTICAL_IN_BODY.apply(np.array([forward, right, down]))
    assert body.tolist() == [[1, 0, 0], [0, -1, 0], [0, 0, -1]]


def test_mount_offset_is_added() -> None:
    points = np.array([[0.5, 0.0, 3.0]])  # 3 m ahead, half a meter to the right
    base = Mount(x=0.1, z=1.5).transform().apply(points)
    assert base[0] == pytest.approx([3.1, -0.5, 1.5])


def test_negative_pitch_looks_up() -> None:
    base = Mount(z=0.3, pitch=-math.radians(30)).transform().apply(np.array([[0, 0, 2.0]]))
    assert base[0] == pytest.approx([2 * math.cos(math.pi / 6), 0, 1.3])


def test_roll_of_a_quarter_circle_turns_right_into_down() -> None:
    # Positive roll about x (forward) rotates y (left) to z (up), and right to down.
    base = Mount(z=1.0, roll=math.pi / 2).transform().apply(np.array([[0.5, 0, 2.0]]))
    assert base[0] == pytest.approx([2.0, 0.0, 0.5])


def test_mount_and_robot_pose_compose_to_the_map() -> None:
    camera = Mount(x=0.2, z=1.2).transform()
    robot = Transform.of_pose(x=5.0, y=1.0, yaw=math.pi / 2)  # looks along the map's y
    assert (robot @ camera).apply(np.array([[0, 0, 2.0]]))[0] == pytest.approx([5.0, 3.2, 1.2])


def test_inverse() -> None:
    transform = Transform.of_pose(1, -2, 3, 0.3, -0.4, 2.5)
    points = np.random.default_rng(1).normal(size=(20, 3))
    assert transform.inverse().apply(transform.apply(points)) == pytest.approx(points)
    assert (transform.inverse() @ transform).apply(points) == pytest.approx(points)


def test_composition_applies_the_right_operand_first() -> None:
    first = Transform.of_pose(1, 2, 3, 0.1, 0.2, 0.3)
    second = Transform.of_pose(-1, 0, 2, 0.5, -0.3, 1.2)
    points = np.random.default_rng(3).normal(size=(20, 3))
    assert (second @ first).apply(points) == pytest.approx(second.apply(first.apply(points)))
    assert (first @ second).apply(points) != pytest.approx(second.apply(first.apply(points)))


def test_quaternion_and_angles_agree() -> None:
    half = 0.7 / 2
    of_message = Transform.of_quaternion(
        np.array([1.0, 2.0, 0.0]), np.array([0, 0, 2 * math.sin(half), 2 * math.cos(half)])
    )
    points = np.eye(3)
    assert of_message.apply(points) == pytest.approx(
        Transform.of_pose(x=1.0, y=2.0, yaw=0.7).apply(points)
    )
    assert of_message.yaw == pytest.approx(0.7)


@pytest.mark.parametrize("quaternion", [(0, 0, 0, 0), (math.nan, 0, 0, 1), (math.inf, 0, 0, 0)])
def test_quaternion_that_is_no_rotation_is_refused(quaternion: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="not a rotation"):
        Transform.of_quaternion(np.zeros(3), np.array(quaternion, np.float64))


def test_covariances_are_rotated_with_the_frame() -> None:
    covariance = np.diag([0.01, 0.01, 0.25])[np.newaxis]  # half a meter along the optical axis
    robot = Transform.of_pose(yaw=math.pi / 2)
    map_from_camera = robot @ Mount().transform()
    rotated = map_from_camera.rotate_covariances(covariance)[0]
    assert np.diag(rotated) == pytest.approx([0.01, 0.25, 0.01])
    _, deviation = to_floor(np.array([[0, 0, 2.0]]), covariance, map_from_camera)
    assert deviation[0] == pytest.approx(0.5)


def test_floor_deviation_is_the_largest_of_all_directions() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        root = rng.normal(size=(3, 3))
        transform = Transform.of_pose(0, 0, 0, *rng.uniform(-3, 3, 3))
        covariance = (root @ root.T)[np.newaxis]
        _, deviation = to_floor(np.zeros((1, 3)), covariance, transform)
        plane = transform.rotate_covariances(covariance)[0, :2, :2]
        assert deviation[0] == pytest.approx(math.sqrt(np.linalg.eigvalsh(plane).max()))


def test_floor_of_no_points_and_of_unknown_points() -> None:
    xy, deviation = to_floor(np.zeros((0, 3)), np.zeros((0, 3, 3)), OPTICAL_IN_BODY)
    assert xy.shape == (0, 2) and deviation.shape == (0,)
    unknown = np.full((1, 3), np.nan), np.full((1, 3, 3), np.nan)
    xy, _ = to_floor(*unknown, OPTICAL_IN_BODY)
    assert xy.shape == (1, 2) and np.isnan(xy).all()


def history(*poses: tuple[float, float, float, float], hold: float = 0.0) -> PoseHistory:
    """A history of (stamp, x, y, yaw) poses."""
    poses_over_time = PoseHistory(hold)
    for stamp, x, y, yaw in poses:
        poses_over_time.add(stamp, Pose(x, y, yaw))
    return poses_over_time


def test_pose_between_two_poses_is_interpolated() -> None:
    poses = history((10.0, 0, 0, 0), (10.5, 1.0, 2.0, 0.4))
    assert poses.at(10.25) == pytest.approx((0.5, 1.0, 0.2))
    assert poses.at(10.0) == (0, 0, 0) and poses.at(10.5) == pytest.approx((1.0, 2.0, 0.4))


def test_yaw_is_interpolated_along_the_shorter_arc() -> None:
    pose = history((0.0, 0, 0, 3.0), (1.0, 0, 0, -3.0)).at(0.5)
    assert pose is not None
    assert abs(pose[2]) == pytest.approx(math.pi)


def test_motion_is_extrapolated_shortly_beyond_the_last_pose() -> None:
    poses = history((0.0, 0, 0, 0), (0.1, 0.07, 0, 0.1))
    assert poses.at(0.2) == pytest.approx((0.14, 0, 0.2))
    assert poses.at(0.31) is None


def test_last_pose_is_held_as_long_as_configured() -> None:
    poses = history((0.0, 0, 0, 0), (0.1, 0.07, 0, 0), hold=2.0)
    assert poses.at(1.0) == (0.07, 0, 0)
    assert poses.at(2.2) is None


def test_no_pose_before_the_first() -> None:
    assert PoseHistory().at(1.0) is None
    assert history((5.0, 0, 0, 0)).at(4.9) is None


def test_time_jump_back_clears_the_history() -> None:
    poses = history((100.0, 9, 9, 0), (101.0, 9, 9, 0), (3.0, 1, 1, 0))
    assert poses.at(3.1) == (1, 1, 0)
    assert poses.at(100.5) is None and poses.newest == 3.0


def test_pose_that_is_a_little_late_is_ignored() -> None:
    poses = history((1.0, 1, 1, 0), (0.5, 7, 7, 0), (1.0, 7, 7, 0))
    assert len(poses) == 1 and poses.at(1.0) == (1, 1, 0)


def test_interpolation_over_a_long_gap() -> None:
    assert history((0.0, 1, 1, 0), (60.0, 1.2, 1, 0)).at(59.9) == pytest.approx(
        (1.2, 1, 0), abs=0.01
    )


def test_history_is_bounded() -> None:
    poses = PoseHistory()
    for i in range(100_000):
        poses.add(i / 50, Pose(i, 0))
    assert 50 * POSE_HISTORY_S <= len(poses) <= 50 * POSE_HISTORY_S + 2
