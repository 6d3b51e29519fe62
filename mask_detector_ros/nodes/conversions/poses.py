# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Planar poses to geometry_msgs and back."""

from __future__ import annotations

import math

from geometry_msgs.msg import Pose as PoseMessage
from geometry_msgs.msg import PoseStamped
from rclpy.time import Time

from mask_detector_ros.patrol.interface import Pose


def pose_message(pose: Pose) -> PoseMessage:
    """A pose at z = 0 with a rotation about z."""
    message = PoseMessage()
    message.position.x, message.position.y = float(pose.x), float(pose.y)
    message.orientation.z = math.sin(pose.yaw / 2)
    message.orientation.w = math.cos(pose.yaw / 2)
    return message


def pose_stamped(pose: Pose, frame: str, stamp: Time) -> PoseStamped:
    """A pose at z = 0 with a header."""
    message = PoseStamped(pose=pose_message(pose))
    message.header.frame_id = frame
    message.header.stamp = stamp.to_msg()
    return message


def pose_from_message(message: PoseMessage) -> Pose:
    """The projection onto the xy plane; z, roll and pitch are ignored."""
    p, q = message.position, message.orientation
    yaw = math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y**2 + q.z**2))
    return Pose(p.x, p.y, yaw)
