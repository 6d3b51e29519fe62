# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the camera is in the map: by tf2 where that is installed, by a pose topic elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import PoseWithCovarianceStamped, TransformStamped
from rclpy.time import Time

from mask_detector_ros.frames import Mount, Transform
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.patrol.frame_settings import FrameSettings
from mask_detector_ros.nodes.patrol.transforms import Frames, tf2_ros
from mask_detector_ros.patrol.interface import Pose
from support.ros_harness import Client, wait_until

pytestmark = pytest.mark.ros
MOUNTED = FrameSettings(source="mount", mount=Mount(x=0.2, z=1.2))
AHEAD = np.array([[0.0, 0.0, 2.0]])
"""Two meters before the camera."""


class Robot:
    """A node that wants to know where it is, and one that tells it, by DDS."""

    def __init__(self) -> None:
        self.node, self.localization = Client(), Client()
        self.log: list[str] = []
        self.start = self.node.node.get_clock().now().nanoseconds * 1e-9

    def frames(self, settings: FrameSettings) -> Frames:
        logger = self.node.node.get_logger()
        logger.warning = self.log.append
        self.node.node.get_logger = lambda: logger  # type: ignore[method-assign]
        return Frames(self.node.node, settings)

    def tell(self, after: float, pose: Pose, frame: str = "map", profile: Any = None) -> None:
        """Publish a pose as AMCL does, ``after`` seconds from the start."""
        message = PoseWithCovarianceStamped()
        message.header.frame_id = frame
        message.header.stamp = stamp(self.start + after)
        message.pose.pose.position.x, message.pose.pose.position.y = pose.x, pose.y
        message.pose.pose.orientation.z = math.sin(pose.yaw / 2)
        message.pose.pose.orientation.w = math.cos(pose.yaw / 2)
        publisher = self.localization.publisher(PoseWithCovarianceStamped, "pose", profile)
        publisher.publish(message)

    def place(self, frames: Frames, after: float) -> np.ndarray | None:
        """What is two meters before the camera at a moment, in the map."""
        transform = frames.optical_to_map("optical", stamp(self.start + after))
        return None if transform is None else transform.apply(AHEAD)[0]

    def close(self) -> None:
        self.node.close()
        self.localization.close()


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


def stamp(seconds: float) -> Any:
    return Time(seconds=seconds).to_msg()


def known(question: Callable[[], Any]) -> Any:
    return wait_until(lambda: question() is not None, 15, "a transform") and question()


def test_mount_and_pose_place_what_is_seen_at_the_image_s_own_moment(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    robot.tell(0.0, Pose(1.0, 5.0, 0.0))
    robot.tell(1.0, Pose(2.0, 5.0, math.pi / 2))
    place = known(lambda: robot.place(frames, 1.0))
    assert place == pytest.approx([2.0, 7.2, 1.2], abs=1e-3)
    # Half a second earlier it was half way, half turned.
    reach = 2.2 / math.sqrt(2)
    assert robot.place(frames, 0.5) == pytest.approx([1.5 + reach, 5 + reach, 1.2], abs=1e-3)
    assert frames.problem == ""


def test_an_image_that_outruns_the_poses_sees_the_turn_go_on_for_a_moment(robot: Robot) -> None:
    frames = robot.frames(replace(MOUNTED, hold=1.0))
    robot.tell(0.0, Pose(0, 0, 0.0))
    robot.tell(0.1, Pose(0, 0, 0.1))
    assert known(lambda: robot.place(frames, 0.2)) == pytest.approx(
        [2.2 * math.cos(0.2), 2.2 * math.sin(0.2), 1.2], abs=1e-3
    )
    held = [2.2 * math.cos(0.1), 2.2 * math.sin(0.1), 1.2]
    assert robot.place(frames, 0.9) == pytest.approx(held, abs=1e-3)
    assert robot.place(frames, 1.3) is None
    assert "frames.hold" in frames.problem and "1.2 s old" in frames.problem


def test_what_is_missing_is_logged_once_and_stays_in_problem_until_it_comes(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    for _ in range(3):
        assert robot.place(frames, 0.0) is None
        assert frames.robot_pose() is None
    assert "no robot pose was received on /pose" in frames.problem
    assert len(robot.log) == 1 and robot.log[0] == frames.problem
    robot.tell(0.0, Pose(3.0, 4.0, 0.5))
    pose = known(frames.robot_pose)
    assert (pose.x, pose.y, pose.yaw) == pytest.approx((3.0, 4.0, 0.5))
    assert robot.place(frames, 0.0) is not None
    assert frames.problem == ""


def test_without_any_pose_the_camera_s_place_on_the_robot_is_known(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    to_base = frames.optical_to_base("optical", stamp(robot.start))
    assert to_base is not None
    assert to_base.apply(AHEAD)[0] == pytest.approx([2.2, 0.0, 1.2])
    assert frames.problem == ""


def test_a_pose_that_was_latched_before_the_node_came_is_known(robot: Robot) -> None:
    """AMCL is silent while the robot stands, but keeps its last pose for whoever comes."""
    publisher = robot.localization.node.create_publisher(
        PoseWithCovarianceStamped, "pose", qos.latched(1)
    )
    robot.localization._publishers["/pose"] = publisher
    robot.tell(0.0, Pose(7.0, 8.0, 0.0))
    time.sleep(0.5)
    frames = robot.frames(replace(MOUNTED, hold=600.0))
    pose = known(frames.robot_pose)
    assert (pose.x, pose.y) == (7.0, 8.0)


def test_poses_in_another_frame_are_not_taken_for_the_map(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    robot.tell(0.0, Pose(1.0, 1.0), frame="odom")
    wait_until(lambda: not frames.robot_pose() and "'odom'" in frames.problem, 15, "a complaint")
    assert "not in 'map'" in frames.problem


def test_tf_is_refused_with_a_reason_where_it_is_not_installed(robot: Robot) -> None:
    if tf2_ros() is not None:
        pytest.skip("tf2 is installed here")
    with pytest.raises(ValueError, match="tf2_ros is not installed"):
        robot.frames(FrameSettings(source="tf"))
    assert "frames.mount" in robot.frames(FrameSettings()).description


def test_tf_places_what_is_seen_at_the_image_s_own_moment(robot: Robot) -> None:
    library = pytest.importorskip("tf2_ros")
    frames = robot.frames(FrameSettings(source="tf"))
    assert robot.place(frames, 0.0) is None and "optical" in frames.problem
    sender = robot.localization.node
    fixed = library.StaticTransformBroadcaster(sender)
    moving = library.TransformBroadcaster(sender)
    w, x, y, z = 0.5, -0.5, 0.5, -0.5  # REP-103: optical in body
    fixed.sendTransform(link("base_link", "optical", robot.start, (0.2, 0, 1.2), (x, y, z, w)))
    for i in range(11):
        at = robot.start + i / 10
        moving.sendTransform(link("map", "base_link", at, (i / 10, 5.0, 0), (0, 0, 0, 1)))
        time.sleep(0.02)
    assert known(lambda: robot.place(frames, 0.55)) == pytest.approx([2.75, 5.0, 1.2], abs=1e-3)
    assert robot.place(frames, 1.1) is not None  # a tenth newer than the last transform
    assert robot.place(frames, 2.0) is None and "older than needed" in frames.problem
    pose = known(frames.robot_pose)
    assert (pose.x, pose.y) == pytest.approx((1.0, 5.0))


def link(parent: str, child: str, at: float, xyz: Any, xyzw: Any) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp = stamp(at)
    t, q = message.transform.translation, message.transform.rotation
    t.x, t.y, t.z = (float(v) for v in xyz)
    q.x, q.y, q.z, q.w = (float(v) for v in xyzw)
    return message


def test_the_quaternion_used_for_tf_is_rep_103_s_optical_frame() -> None:
    optical = Transform.of_quaternion(np.zeros(3), np.array([-0.5, 0.5, -0.5, 0.5]))
    assert optical.rotation == pytest.approx(Mount(z=0.0).transform().rotation)
