# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot with Nav2's action server, run by tests as a process that can be killed.

Drives straight to its goals and publishes its pose. The parameter ``mode``, which may be changed at
any time, selects how goals are handled: reach, abort (half a second after acceptance), reject,
stall (accepted, but the robot does not move) or deaf (as stall, and cancels are rejected). With
``action:=false`` it subscribes to goal_pose instead.
"""

from __future__ import annotations

import math
import signal
import sys
from typing import Any

import rclpy
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.conversions.poses import pose_from_message, pose_message
from mask_detector_ros.patrol.interface import Pose

PERIOD_S = 0.03
YAW_RATE_RADPS = 4.0
ABORT_AFTER_S = 0.5


class Robot(Node):
    def __init__(self) -> None:
        super().__init__("robot")
        self._mode = self.declare_parameter("mode", "reach")
        self._speed = float(self.declare_parameter("speed", 2.0).value)
        self._publishes_poses = bool(self.declare_parameter("poses", True).value)
        self._pose = Pose(0.0, 0.0, 0.0)
        self._goal: Pose | None = None
        self._age = 0.0
        self._handle: Any = None
        self._result: Any = None
        self._poses = self.create_publisher(PoseWithCovarianceStamped, "pose", 10)
        if self.declare_parameter("action", True).value:
            self._server = ActionServer(
                self,
                NavigateToPose,
                "navigate_to_pose",
                execute_callback=self._execute,
                goal_callback=self._on_request,
                handle_accepted_callback=self._on_accepted,
                cancel_callback=self._on_cancel,
            )
        else:
            self.create_subscription(PoseStamped, "goal_pose", self._on_goal_pose, 1)
        steady_timer(self, PERIOD_S, self._move)
        self.log("ready")

    def log(self, text: str) -> None:
        print(text, flush=True)

    def mode(self) -> str:
        return str(self.get_parameter("mode").value)

    def _on_request(self, goal: Any) -> GoalResponse:
        self.log(f"request in {goal.pose.header.frame_id}")
        return GoalResponse.REJECT if self.mode() == "reject" else GoalResponse.ACCEPT

    def _on_cancel(self, handle: Any) -> CancelResponse:
        self.log("cancel request")
        return CancelResponse.REJECT if self.mode() == "deaf" else CancelResponse.ACCEPT

    def _on_accepted(self, handle: Any) -> None:
        if self._handle is not None:
            self._end("abort", "preempted")
        self._handle = handle
        self._accept(pose_from_message(handle.request.pose.pose))

    def _on_goal_pose(self, message: PoseStamped) -> None:
        self._accept(pose_from_message(message.pose))

    def _accept(self, pose: Pose) -> None:
        self._goal, self._age = pose, 0.0
        self.log(f"goal {pose.x:.3f} {pose.y:.3f} {pose.yaw:.3f}")

    def _move(self) -> None:
        self._age += PERIOD_S
        if self._handle is not None and self._handle.is_cancel_requested:
            self._end("canceled", "canceled")
        elif self._goal is not None and self.mode() == "reach":
            self._step(self._goal)
        elif self._handle is not None and self.mode() == "abort" and self._age > ABORT_AFTER_S:
            self._end("abort", "aborted")
        if self._handle is not None:
            self._handle.publish_feedback(NavigateToPose.Feedback(distance_remaining=1.0))
        if self._publishes_poses:
            message = PoseWithCovarianceStamped()
            message.header.frame_id = "map"
            message.header.stamp = self.get_clock().now().to_msg()
            message.pose.pose = pose_message(self._pose)
            self._poses.publish(message)

    def _step(self, goal: Pose) -> None:
        here = self._pose
        distance = goal.point.distance(here)
        step = min(distance, self._speed * PERIOD_S)
        turn = math.remainder(goal.yaw - here.yaw, math.tau)
        turn = max(-YAW_RATE_RADPS * PERIOD_S, min(YAW_RATE_RADPS * PERIOD_S, turn))
        if distance > 0.001:
            self._pose = Pose(
                here.x + step * (goal.x - here.x) / distance,
                here.y + step * (goal.y - here.y) / distance,
                here.yaw + turn,
            )
        elif abs(turn) > 0.001:
            self._pose = Pose(goal.x, goal.y, here.yaw + turn)
        else:
            self._end("succeed", "reached")

    def _end(self, method: str, text: str) -> None:
        self._goal = None
        self.log(text)
        if self._handle is not None:
            # The execute callback only returns the result: the timer drives.
            handle, self._handle = self._handle, None
            self._result = (method, text)
            handle.execute()

    def _execute(self, handle: Any) -> Any:
        method, text = self._result
        getattr(handle, method)()
        failed = method == "abort"
        return NavigateToPose.Result(error_code=9000 if failed else 0, error_msg=text)


def main() -> None:
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    node = Robot()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stopping:
        executor.spin_once(timeout_sec=0.1)
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
