# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The robot pose from a topic, for robots without tf."""

from __future__ import annotations

import importlib
import math

import numpy as np
from geometry_msgs.msg import Pose as PoseMessage
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from std_msgs.msg import Header

from mask_detector_ros.frames import PoseHistory, Transform, frame_name
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.latched_subscription import LatchedSubscription
from mask_detector_ros.nodes.conversions import stamp_seconds
from mask_detector_ros.nodes.patrol.frame_settings import ODOM, FrameSettings
from mask_detector_ros.patrol.interface import Pose

DEPTH = 10
"""Poses kept by a subscription."""


class PoseTopic:
    """History of the robot pose over the last seconds.

    Attributes:
        topic: full name of the topic.
        problem: why the latest pose is unknown.
    """

    def __init__(self, node: Node, settings: FrameSettings) -> None:
        """Subscribe to the topic.

        Args:
            node: the node.
            settings: frame and topic are read here.

        Raises:
            ValueError: odometry is configured, but nav_msgs is not installed.
        """
        self._node = node
        self._history = PoseHistory()
        self._frame = settings.map
        self._odometry = settings.pose_topic == ODOM
        kind = _odometry_message() if self._odometry else PoseWithCovarianceStamped
        self.topic = node.resolve_topic_name(settings.pose_topic)
        self.problem = (
            f"no robot pose was received on {self.topic} ({kind.__name__}); remap it to the topic "
            "of the localization"
        )
        node.create_subscription(
            kind,
            self.topic,
            self._on_pose,
            QoSProfile(depth=DEPTH, reliability=QoSReliabilityPolicy.BEST_EFFORT),
            event_callbacks=qos.subscription_callbacks(node, self.topic),
        )
        # AMCL publishes nothing while the robot stands.
        self._latched = LatchedSubscription(node, kind, self.topic, self._on_pose, depth=DEPTH)

    @property
    def newest(self) -> float:
        """Stamp of the last pose in seconds; minus infinity before the first one."""
        return -math.inf if self._history.newest is None else self._history.newest

    def at(self, stamp: float, hold: float) -> Pose | None:
        """The robot pose at a time, interpolated.

        Args:
            stamp: seconds, of an image or now.
            hold: seconds for which the last pose is valid.

        Returns:
            None when unknown; ``problem`` gives the reason.
        """
        self._history.hold = hold
        found = self._history.at(stamp)
        if found is not None:
            return Pose(*found)
        if len(self._history) and stamp > self.newest:
            self.problem = (
                f"the newest robot pose on {self.topic} is {stamp - self.newest:.1f} s old "
                f"(frames.hold allows {hold:g} s)"
            )
        elif len(self._history):
            self.problem = f"the first robot pose on {self.topic} is newer than the image"
        return None

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:  # or nav_msgs/Odometry
        frame = frame_name(message.header.frame_id)
        if not self._odometry and frame not in ("", self._frame):
            self.problem = (
                f"robot poses on {self.topic} are in the frame {frame!r}, not in {self._frame!r}"
            )
            return
        pose = _planar(message.pose.pose)
        if pose is None:
            self.problem = f"robot poses on {self.topic} are not finite"
            return
        try:
            stamp = self._stamp(message.header)
        except ValueError as error:
            self.problem = f"robot poses on {self.topic} have an invalid stamp: {error}"
            return
        self._history.add(stamp, pose)

    def _stamp(self, header: Header) -> float:
        now = self._node.get_clock().now()
        return stamp_seconds(header.stamp) or float(now.nanoseconds * 1e-9)


def _planar(pose: PoseMessage) -> Pose | None:
    """Position and yaw in the plane; None if they are not finite."""
    p, q = pose.position, pose.orientation
    try:
        yaw = Transform.of_quaternion(np.zeros(3), np.array([q.x, q.y, q.z, q.w])).yaw
    except ValueError:
        return None
    return Pose(p.x, p.y, yaw) if math.isfinite(p.x + p.y) else None


def _odometry_message() -> type:
    try:
        kind: type = importlib.import_module("nav_msgs.msg").Odometry
    except ImportError as error:
        raise ValueError(
            "frames.pose_topic is odom, but nav_msgs is not installed; use pose"
        ) from error
    return kind
