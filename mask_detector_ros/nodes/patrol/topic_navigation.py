# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Navigation by a goal topic, for robots without Nav2's action."""

from __future__ import annotations

import math
import time

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions.poses import pose_stamped
from mask_detector_ros.nodes.patrol.navigation import GoalCallback
from mask_detector_ros.nodes.patrol.patrol_node_settings import GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose


class TopicNavigation:
    """Publishes ``goal_pose`` and detects arrival by the robot pose; see ``Navigation``.

    To stop, it publishes the robot's present pose as goal.
    """

    def __init__(
        self, node: Node, settings: GoalSettings, frame: str, on_goal_end: GoalCallback
    ) -> None:
        self.settings = settings
        self._node, self._frame, self._on_goal_end = node, frame, on_goal_end
        self._goals = node.create_publisher(
            PoseStamped,
            "goal_pose",
            qos.results(1),
            event_callbacks=qos.publisher_callbacks(node, "goal_pose"),
            qos_overriding_options=qos.overridable(),
        )
        self.description = f"goals on {self._goals.topic_name}"
        self._goal: GoTo | None = None
        self._since = 0.0
        self._subscriber_at: float | None = None
        self._robot: Pose | None = None
        self._stop_pending = False

    def go(self, command: GoTo) -> None:
        """See ``Navigation``."""
        self._goal, self._since, self._subscriber_at = command, time.monotonic(), None
        self._stop_pending = False

    def stop(self, robot: Pose | None) -> None:
        """See ``Navigation``; where the pose is unknown, the last known one is used."""
        driving, self._goal = self._goal is not None, None
        pose = robot or self._robot
        if pose is not None:
            self._publish(pose)
            # A subscriber that is only out of reach drives on: it gets the stop when it is back.
            self._stop_pending = not self._goals.get_subscription_count()
        elif driving:
            self._node.get_logger().error("cannot stop the robot by a goal: its pose is unknown")

    def poll(self, robot: Pose | None) -> None:
        """See ``Navigation``."""
        self._robot = robot or self._robot
        goal, now = self._goal, time.monotonic()
        if goal is None:
            if self._stop_pending and self._goals.get_subscription_count():
                self.stop(robot)
            return
        if self._goals.get_subscription_count():
            if self._subscriber_at is None:
                self._publish(goal.pose)
                self._since = now
            self._subscriber_at = now
        elif self._subscriber_at is None:
            if now - self._since > self.settings.accept_timeout:
                self._end(Outcome.UNAVAILABLE, self.problem)
            return
        elif now - self._subscriber_at > self.settings.server_timeout:
            self._end(Outcome.UNAVAILABLE, f"{self.problem} any more")
            return
        if robot is not None and self._reached(robot, goal.pose):
            self._end(Outcome.REACHED, "")
        elif now - self._since > self.settings.timeout:
            self.stop(robot)
            detail = f"not reached after {self.settings.timeout:g} s"
            self._on_goal_end(goal.goal, Outcome.ABORTED, detail)

    @property
    def problem(self) -> str:
        """See ``Navigation``."""
        if self._goals.get_subscription_count():
            return ""
        return f"there is no subscriber of {self._goals.topic_name}"

    @property
    def stopping(self) -> bool:
        """See ``Navigation``; a topic confirms nothing."""
        return False

    def _reached(self, robot: Pose, goal: Pose) -> bool:
        yaw_error = abs(math.remainder(goal.yaw - robot.yaw, math.tau))
        near = goal.point.distance(robot) <= self.settings.tolerance
        return near and yaw_error <= self.settings.yaw_tolerance

    def _publish(self, pose: Pose) -> None:
        stamp = self._node.get_clock().now()
        self._goals.publish(pose_stamped(pose, self._frame, stamp))

    def _end(self, outcome: Outcome, detail: str) -> None:
        goal, self._goal = self._goal, None
        if goal is not None:
            self._on_goal_end(goal.goal, outcome, detail)
