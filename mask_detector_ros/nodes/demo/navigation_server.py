# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot's navigation: Nav2's action, or a goal topic where Nav2 is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse
from rclpy.node import Node

from mask_detector_ros.nodes.conversions.poses import pose_of, pose_stamped
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose
from mask_detector_ros.simulation.robot import Report, Robot

try:
    from nav2_msgs.action import NavigateToPose
except ImportError:  # Nav2 is not installed
    NavigateToPose = None


class NavigationServer:
    """Drives a simulated robot as Nav2's ``navigate_to_pose`` would: a new goal ends the old.

    For the thread of the node's executor.
    """

    def __init__(self, node: Node, robot: Robot, frame: str) -> None:
        """Offer the action, or listen to ``goal_pose`` without Nav2's interface.

        Args:
            node: the node.
            robot: what drives.
            frame: name of the map frame.
        """
        self._node, self._robot, self._frame = node, robot, frame
        self._number = 0
        self._handle: Any = None
        self._finish: Callable[[Any], None] = lambda _: None
        if NavigateToPose is None:
            node.create_subscription(PoseStamped, "goal_pose", self._take, 10)
            return
        # A goal is executed only when it has ended: rclpy spins at full speed around a
        # coroutine that waits.
        self._server = ActionServer(
            node,
            NavigateToPose,
            "navigate_to_pose",
            execute_callback=self._execute,
            handle_accepted_callback=self._accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def update(self, report: Report | None) -> None:
        """Pass on how a goal ended, if one did, and look whether one is to be canceled."""
        if self._handle is None:
            return
        if self._handle.is_cancel_requested:
            self._robot.stop()
            self._end(Outcome.CANCELED)
        elif report is not None and report.goal == self._number:
            self._end(report.outcome)
        else:
            feedback = NavigateToPose.Feedback()
            feedback.current_pose = self._pose_stamped()
            if self._robot.goal is not None:
                goal = self._robot.goal.pose
                feedback.distance_remaining = float(goal.point.distance(self._robot.pose))
            self._handle.publish_feedback(feedback)

    def _pose_stamped(self) -> PoseStamped:
        return pose_stamped(self._robot.pose, self._frame, self._node.get_clock().now())

    def _take(self, message: PoseStamped) -> None:
        self._go(pose_of(message.pose))

    def _go(self, pose: Pose) -> None:
        self._number += 1
        self._robot.go(GoTo(self._number, pose))

    def _accept(self, handle: Any) -> None:
        if self._handle is not None:
            self._end(Outcome.ABORTED)
        self._handle = handle
        self._go(pose_of(handle.request.pose.pose))

    def _end(self, outcome: Outcome) -> None:
        handle, self._handle = self._handle, None
        finish = {Outcome.REACHED: "succeed", Outcome.CANCELED: "canceled"}.get(outcome, "abort")
        self._finish = lambda goal: getattr(goal, finish)()
        handle.execute()

    def _execute(self, handle: Any) -> Any:
        self._finish(handle)
        return NavigateToPose.Result()
