# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Transforms from camera to map: from tf2 where installed, and from a pose topic."""

from __future__ import annotations

import math
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
"""A point two meters in front of the camera."""


class Robot:
    """A node that looks up transforms, and a localization node, connected by DDS."""

    def __init__(self) -> None:
        self.node, self.localization = Client(), Client()
        self.log: list[str] = []
        self.start = self.node.node.get_clock().now().nanoseconds * 1e-9

    def frames(self, settings: FrameSettings) -> Frames:
        logger = self.node.node.get_logger()
        logger.warning = self.log.append
        self.node.node.get_logger = lambda: logger  # type: ignore[method-assign]
        return Frames(self.node.node, settings)

    def publish_pose(
        self, after: float, pose: Pose, frame: str = "map", profile: Any = None
    ) -> None:
        """Publish a pose as AMCL does, stamped ``after`` seconds from the start."""
        publisher = self.localization.publisher(PoseWithCovarianceStamped, "pose", profile)
        publisher.publish(self.pose_message(after, pose, frame))

    def pose_message(
        self, after: float, pose: Pose, frame: str = "map"
    ) -> PoseWithCovarianceStamped:
        """A pose, stamped ``after`` seconds from the start."""
        message = PoseWithCovarianceStamped()
        message.header.frame_id = frame
        message.header.stamp = stamp(self.start + after)
        message.pose.pose.position.x, message.pose.pose.position.y = pose.x, pose.y
        message.pose.pose.orientation.z = math.sin(pose.yaw / 2)
        message.pose.pose.orientation.w = math.cos(pose.yaw / 2)
        return message

    def point_ahead(self, frames: Frames, after: float) -> np.ndarray | None:
        """The point ``AHEAD`` in the map, ``after`` seconds from the start; None when unknown."""
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


def wait_for(lookup: Callable[[], Any]) -> Any:
    """The result of a lookup once it is known."""
    wait_until(lambda: lookup() is not None, "a transform")
    return lookup()


def wait_for_point(lookup: Callable[[], np.ndarray | None], expected: list[float]) -> None:
    """Wait until a lookup gives a point (m): once all transforms sent before have arrived."""
    wait_until(
        lambda: (found := lookup()) is not None and found == pytest.approx(expected, abs=1e-3),
        f"the point {expected}",
    )


def test_mount_and_pose_topic_are_used_at_the_stamp_of_the_image(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    robot.publish_pose(0.0, Pose(1.0, 5.0, 0.0))
    robot.publish_pose(1.0, Pose(2.0, 5.0, math.pi / 2))
    wait_for_point(lambda: robot.point_ahead(frames, 1.0), [2.0, 7.2, 1.2])
    # Half a second earlier: half the way, half the rotation.
    reach = 2.2 / math.sqrt(2)
    assert robot.point_ahead(frames, 0.5) == pytest.approx([1.5 + reach, 5 + reach, 1.2], abs=1e-3)
    assert frames.problem == ""


def test_the_rotation_is_extrapolated_for_an_image_ahead_of_the_poses(robot: Robot) -> None:
    frames = robot.frames(replace(MOUNTED, hold=1.0))
    robot.publish_pose(0.0, Pose(0, 0, 0.0))
    robot.publish_pose(0.1, Pose(0, 0, 0.1))
    expected = [2.2 * math.cos(0.2), 2.2 * math.sin(0.2), 1.2]
    wait_for_point(lambda: robot.point_ahead(frames, 0.2), expected)
    held = [2.2 * math.cos(0.1), 2.2 * math.sin(0.1), 1.2]
    assert robot.point_ahead(frames, 0.9) == pytest.approx(held, abs=1e-3)
    assert robot.point_ahead(frames, 1.3) is None
    assert "frames.hold" in frames.problem and "1.2 s old" in frames.problem


def test_a_missing_pose_is_logged_once_and_is_the_problem_until_it_comes(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    for _ in range(3):
        assert robot.point_ahead(frames, 0.0) is None
        assert frames.robot_pose() is None
    assert "no robot pose was received on /pose" in frames.problem
    assert len(robot.log) == 1 and robot.log[0] == frames.problem
    robot.publish_pose(0.0, Pose(3.0, 4.0, 0.5))
    pose = wait_for(frames.robot_pose)
    assert (pose.x, pose.y, pose.yaw) == pytest.approx((3.0, 4.0, 0.5))
    assert robot.point_ahead(frames, 0.0) is not None
    assert frames.problem == ""


def test_the_mount_is_known_without_any_pose(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    to_base = frames.optical_to_base("optical", stamp(robot.start))
    assert to_base is not None
    assert to_base.apply(AHEAD)[0] == pytest.approx([2.2, 0.0, 1.2])
    assert frames.problem == ""


def test_a_latched_pose_is_received_by_a_late_node(robot: Robot) -> None:
    """AMCL publishes nothing while the robot stands, but its last pose is latched."""
    publisher = robot.localization.node.create_publisher(
        PoseWithCovarianceStamped, "pose", qos.latched(1)
    )
    publisher.publish(robot.pose_message(0.0, Pose(7.0, 8.0, 0.0)))
    frames = robot.frames(replace(MOUNTED, hold=600.0))
    pose = wait_for(frames.robot_pose)
    assert (pose.x, pose.y) == (7.0, 8.0)


def test_poses_in_another_frame_are_rejected(robot: Robot) -> None:
    frames = robot.frames(MOUNTED)
    robot.publish_pose(0.0, Pose(1.0, 1.0), frame="odom")
    wait_until(lambda: not frames.robot_pose() and "'odom'" in frames.problem, "the problem")
    assert "not in 'map'" in frames.problem


def test_tf_is_rejected_where_tf2_is_not_installed(robot: Robot) -> None:
    if tf2_ros() is not None:
        pytest.skip("tf2 is installed here")
    with pytest.raises(ValueError, match="tf2_ros is not installed"):
        robot.frames(FrameSettings(source="tf"))
    assert "frames.mount" in robot.frames(FrameSettings()).description


def test_tf_is_used_at_the_stamp_of_the_image(robot: Robot) -> None:
    library = pytest.importorskip("tf2_ros")
    frames = robot.frames(FrameSettings(source="tf"))
    assert robot.point_ahead(frames, 0.0) is None and "optical" in frames.problem
    sender = robot.localization.node
    fixed = library.StaticTransformBroadcaster(sender)
    moving = library.TransformBroadcaster(sender)
    wait_until(lambda: sender.count_subscribers("/tf"), "a subscriber of /tf")
    robot.localization.wait_for_discovery_by(f"/{robot.node.node.get_name()}")
    w, x, y, z = 0.5, -0.5, 0.5, -0.5  # REP-103: optical in body
    fixed.sendTransform(link("base_link", "optical", robot.start, (0.2, 0, 1.2), (x, y, z, w)))
    for i in range(11):
        at = robot.start + i / 10
        moving.sendTransform(link("map", "base_link", at, (i / 10, 5.0, 0), (0, 0, 0, 1)))
    wait_for_point(lambda: robot.point_ahead(frames, 1.0), [3.2, 5.0, 1.2])
    wait_for_point(lambda: robot.point_ahead(frames, 0.55), [2.75, 5.0, 1.2])
    assert frames.optical_to_base("/optical", stamp(robot.start + 0.55)) is not None
    assert robot.point_ahead(frames, 1.1) is not None  # 0.1 s newer than the last transform
    assert robot.point_ahead(frames, 2.0) is None and "older than needed" in frames.problem
    pose = wait_for(frames.robot_pose)
    assert (pose.x, pose.y) == pytest.approx((1.0, 5.0))


def link(parent: str, child: str, at: float, xyz: Any, xyzw: Any) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp = stamp(at)
    t, q = message.transform.translation, message.transform.rotation
    t.x, t.y, t.z = (float(v) for v in xyz)
    q.x, q.y, q.z, q.w = (float(v) for v in xyzw)
    return message


def test_leading_slashes_of_frames_are_removed_as_tf2_rejects_them(robot: Robot) -> None:
    settings = replace(MOUNTED, map="/map", base="/base_link")
    assert (settings.map, settings.base) == ("map", "base_link")
    frames = robot.frames(settings)
    robot.publish_pose(0.0, Pose(1.0, 2.0, 0.0), frame="/map")
    assert wait_for(lambda: robot.point_ahead(frames, 0.0)) is not None


def test_the_quaternion_of_the_optical_frame_is_that_of_rep_103() -> None:
    optical = Transform.of_quaternion(np.zeros(3), np.array([-0.5, 0.5, -0.5, 0.5]))
    assert optical.rotation == pytest.approx(Mount(z=0.0).transform().rotation)
