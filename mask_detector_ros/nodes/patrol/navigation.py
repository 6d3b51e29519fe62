# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Goals for whatever drives the robot: Nav2's action, or a goal topic where Nav2 is not there.

Everything here runs in the thread of the node's executor and never waits. How a goal ended
is told from ``look`` and from messages that come in, never from within ``go`` or ``stop``.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable
from typing import Any, Protocol

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions.poses import pose_stamped
from mask_detector_ros.nodes.patrol.patrol_node_settings import ACTION, TOPIC, GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose

Ended = Callable[[int, Outcome, str], None]
"""Told the number of a goal, how it ended, and why in plain words."""


class Navigation(Protocol):
    """Drives to one goal at a time."""

    description: str
    """What is used, for logs and diagnostics."""
    settings: GoalSettings
    """May be replaced at any time."""

    def go(self, command: GoTo) -> None:
        """Drive there instead of wherever the robot is driving now."""

    def stop(self, robot: Pose | None) -> None:
        """Give up every goal; ``robot`` is where it is by now, None when that is not known."""

    def look(self, robot: Pose | None) -> None:
        """See whether the goal has ended; to be called several times a second."""

    @property
    def problem(self) -> str:
        """What is wrong with the navigation by now, in plain words; empty when nothing is."""

    @property
    def stopping(self) -> bool:
        """Whether a goal was given up whose end is still to be told."""


def nav2_msgs() -> Any:
    """The module ``nav2_msgs.action``, or None where it is not installed."""
    try:
        return importlib.import_module("nav2_msgs.action")
    except ImportError:
        return None


def navigation(
    node: Node, wanted: str, settings: GoalSettings, frame: str, ended: Ended
) -> Navigation:
    """What is wanted, or what there is.

    Args:
        node: the node.
        wanted: one of ``patrol_settings.NAVIGATIONS``.
        settings: the present ones.
        frame: of all poses, usually map.
        ended: told how goals ended.

    Raises:
        ValueError: the action is asked for, but nav2_msgs is not installed.
    """
    actions = None if wanted == TOPIC else nav2_msgs()
    chosen: Navigation
    if actions is not None:
        # Here, since that module is of no use without the interface.
        from mask_detector_ros.nodes.patrol.navigation_action import ActionNavigation

        chosen = ActionNavigation(node, actions.NavigateToPose, settings, frame, ended)
    elif wanted == ACTION:
        raise ValueError("navigation is action, but nav2_msgs is not installed; use topic")
    else:
        chosen = TopicNavigation(node, settings, frame, ended)
    node.get_logger().info(f"the robot is driven by {chosen.description}")
    return chosen


class TopicNavigation:
    """Publishes ``goal_pose``, and sees by the robot's pose whether it got there.

    Stopping is a goal where the robot is, since such a topic knows nothing else.
    """

    def __init__(self, node: Node, settings: GoalSettings, frame: str, ended: Ended) -> None:
        self.settings = settings
        self._node, self._frame, self._ended = node, frame, ended
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
        self._heard_at: float | None = None
        self._robot: Pose | None = None
        self._stop_unheard = False

    def go(self, command: GoTo) -> None:
        """See ``Navigation``."""
        self._goal, self._since, self._heard_at = command, time.monotonic(), None
        self._stop_unheard = False

    def stop(self, robot: Pose | None) -> None:
        """See ``Navigation``; where the pose is not known, the last one known has to do."""
        driving, self._goal = self._goal is not None, None
        place = robot or self._robot
        if place is not None:
            self._publish(place)
            # Who only was out of reach still drives, and has to be told when it is back.
            self._stop_unheard = not self._goals.get_subscription_count()
        elif driving:
            self._node.get_logger().error("cannot stop by a goal: the robot's pose is not known")

    def look(self, robot: Pose | None) -> None:
        """See ``Navigation``."""
        self._robot = robot or self._robot
        goal, now = self._goal, time.monotonic()
        if goal is None:
            if self._stop_unheard and self._goals.get_subscription_count():
                self.stop(robot)
            return
        if self._goals.get_subscription_count():
            if self._heard_at is None:
                self._publish(goal.pose)
                self._since = now
            self._heard_at = now
        elif self._heard_at is None:
            if now - self._since > self.settings.accept_timeout:
                self._end(Outcome.UNAVAILABLE, self.problem)
            return
        elif now - self._heard_at > self.settings.server_timeout:
            self._end(Outcome.UNAVAILABLE, f"{self.problem} any more")
            return
        if robot is not None and self._there(robot, goal.pose):
            self._end(Outcome.REACHED, "")
        elif now - self._since > self.settings.timeout:
            self.stop(robot)
            told = f"not there after {self.settings.timeout:g} s"
            self._ended(goal.goal, Outcome.ABORTED, told)

    @property
    def problem(self) -> str:
        """See ``Navigation``."""
        if self._goals.get_subscription_count():
            return ""
        return f"nobody listens to {self._goals.topic_name}"

    @property
    def stopping(self) -> bool:
        """See ``Navigation``; there is no answer to wait for."""
        return False

    def _there(self, robot: Pose, goal: Pose) -> bool:
        turned = abs(math.remainder(goal.yaw - robot.yaw, math.tau))
        near = goal.point.distance(robot) <= self.settings.tolerance
        return near and turned <= self.settings.yaw_tolerance

    def _publish(self, pose: Pose) -> None:
        stamp = self._node.get_clock().now()
        self._goals.publish(pose_stamped(pose, self._frame, stamp))

    def _end(self, outcome: Outcome, detail: str) -> None:
        goal, self._goal = self._goal, None
        if goal is not None:
            self._ended(goal.goal, outcome, detail)
