# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Navigation of the simulated robot: Nav2's action, or a goal topic if Nav2 is not installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse
from rclpy.node import Node

from mask_detector_ros.nodes.conversions.poses import pose_from_message, pose_stamped
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose
from mask_detector_ros.simulation.robot import GoalResult, Robot

try:
    from nav2_msgs.action import NavigateToPose
except ImportError:  # Nav2 is not installed
    NavigateToPose = None


class NavigationServer:
    """Offers ``navigate_to_pose`` for a simulated robot. A new goal aborts the old one, as in Nav2.

    Not thread-safe: call it from the executor's thread.
    """

    def __init__(self, node: Node, robot: Robot, frame: str) -> None:
        """Offer the action or, without nav2_msgs, subscribe to ``goal_pose``.

        Args:
            node: the node.
            robot: the simulated robot.
            frame: name of the map frame.
        """
        self._node, self._robot, self._frame = node, robot, frame
        self._goal_number = 0
        self._handle: Any = None
        self._finish: Callable[[Any], None] = lambda _: None
        if NavigateToPose is None:
            node.create_subscription(PoseStamped, "goal_pose", self._on_goal_pose, 10)
            return
        # The execute callback runs only when a goal has ended: rclpy spins at full speed around
        # a coroutine that waits.
        self._server = ActionServer(
            node,
            NavigateToPose,
            "navigate_to_pose",
            execute_callback=self._execute,
            handle_accepted_callback=self._accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def update(self, result: GoalResult | None) -> None:
        """Publish the result of a goal, if there is one, or feedback. Handles cancel requests."""
        if self._handle is None:
            return
        if self._handle.is_cancel_requested:
            self._robot.stop()
            self._end(Outcome.CANCELED)
        elif result is not None and result.goal == self._goal_number:
            self._end(result.outcome)
        else:
            feedback = NavigateToPose.Feedback()
            feedback.current_pose = self._pose_stamped()
            if self._robot.goal is not None:
                goal = self._robot.goal.pose
                feedback.distance_remaining = float(goal.point.distance(self._robot.pose))
            self._handle.publish_feedback(feedback)

    def _pose_stamped(self) -> PoseStamped:
        return pose_stamped(self._robot.pose, self._frame, self._node.get_clock().now())

    def _on_goal_pose(self, message: PoseStamped) -> None:
        self._go(pose_from_message(message.pose))

    def _go(self, pose: Pose) -> None:
        self._goal_number += 1
        self._robot.go(GoTo(self._goal_number, pose))

    def _accept(self, handle: Any) -> None:
        if self._handle is not None:
            self._end(Outcome.ABORTED)
        self._handle = handle
        self._go(pose_from_message(handle.request.pose.pose))

    def _end(self, outcome: Outcome) -> None:
        handle, self._handle = self._handle, None
        finish = {Outcome.REACHED: "succeed", Outcome.CANCELED: "canceled"}.get(outcome, "abort")
        self._finish = lambda goal: getattr(goal, finish)()
        handle.execute()

    def _execute(self, handle: Any) -> Any:
        self._finish(handle)
        return NavigateToPose.Result()
