# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol node: subscribes to detections; publishes goals, reminders and the patrol state.

All decisions are made by ``patrol.behavior``. All callbacks run in the single thread of the
executor and never block.

This is not a lifecycle node: nothing takes long to load, and the service ``~/pause`` stops the
robot.
"""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_srvs.srv import Trigger

from mask_detector_ros.background_threads import end_process
from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.diagnostics import DiagnosticsPublisher
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.patrol.navigation_factory import create_navigation
from mask_detector_ros.nodes.patrol.observations import observations_of
from mask_detector_ros.nodes.patrol.patrol_health import PatrolHealth
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.nodes.patrol.patrol_outputs import PatrolOutputs
from mask_detector_ros.nodes.patrol.patrol_time import PatrolTime
from mask_detector_ros.nodes.patrol.transforms import Frames
from mask_detector_ros.patrol.behavior import Patrol
from mask_detector_ros.patrol.interface import Command, GoTo, Outcome, Pose, Speak, State, Stop
from mask_detector_ros.patrol.plan import Plan, PlanError, load_plan
from mask_detector_ros.patrol.status import Status
from mask_detector_ros.patrol.transitions import NO_IMAGES

STOP_TIMEOUT_S = 4.0
"""Time the navigation has at shutdown to confirm that the goal is canceled."""
MAX_FAILED_TICKS = 3
"""Ticks that may raise an exception in a row before the robot is stopped."""
LOG_THROTTLE_S = 10.0
"""Minimum time between two equal error messages."""


class PatrolNode(Node):
    """See the module; docs/patrol.md lists topics, services and the action."""

    def __init__(self) -> None:
        super().__init__("patrol")
        try:
            self._configuration = Parameters(self, PatrolNodeSettings, self._on_settings)
            settings = self._configuration.settings
            plan = self._load_plan(settings)
            self._frames = Frames(self, settings.frames)
            self._navigation = create_navigation(
                self, settings.navigation, settings.goals, plan.frame, self._navigated
            )
        except ValueError as error:  # a parameter, the plan, or a missing package
            raise StartError(str(error)) from error
        self._time = PatrolTime(self)
        self._patrol = Patrol(plan, settings, self._time, self._time.of_day)
        self._outputs = PatrolOutputs(self, plan)
        self._health = PatrolHealth()
        self._logged: tuple = ()
        self._failed_ticks = 0
        self._goal = 0
        """Number of the newest goal."""
        events = qos.subscription_callbacks(self, "detections")
        events.matched = self._on_publisher  # not called in ROS 2 Humble
        self.create_subscription(
            MaskDetectionArray,
            "detections",
            self._on_detections,
            qos.results(),
            event_callbacks=events,
            qos_overriding_options=qos.overridable(),
        )
        self._commands = [
            self.create_service(Trigger, f"~/{name}", callback)
            for name, callback in (
                ("pause", self._on_pause),
                ("resume", self._on_resume),
                ("skip", self._on_skip),
            )
        ]
        self._timer = steady_timer(self, 1.0 / settings.rates.tick, self._tick)
        self._diagnostics = DiagnosticsPublisher(
            self, "patrol", self._diagnostic_status, self._configuration.warnings
        )
        self._configuration.check_qos_overrides()
        self.get_logger().info(
            f"patrolling {len(plan.waypoints)} waypoints; waiting for detections on "
            f"{self.resolve_topic_name('detections')}"
        )

    def close(self) -> None:
        """Stop the robot before the node ends; safe to call twice."""
        self._timer.cancel()
        self._diagnostics.stop()
        while self._commands:  # no service may start the robot again
            self.destroy_service(self._commands.pop())
        self._navigation.stop(self._frames.robot_pose())
        until = time.monotonic() + STOP_TIMEOUT_S
        while self._navigation.stopping and time.monotonic() < until:
            if self.executor is None:
                return
            if self._navigation.problem:
                self.get_logger().warning(f"cannot confirm the stop: {self._navigation.problem}")
                return
            self.executor.spin_once(timeout_sec=0.05)
        if self._navigation.stopping:
            self.get_logger().error("the navigation did not confirm that the robot stopped")

    def _load_plan(self, settings: PatrolNodeSettings) -> Plan:
        if not settings.plan:
            raise PlanError(
                "no plan: set the parameter plan to a YAML file with waypoints, such as "
                "config/patrol_plan.yaml"
            )
        plan = load_plan(Path(settings.plan).expanduser())
        if plan.frame != settings.frames.map:
            raise PlanError(
                f"{settings.plan} is in the frame {plan.frame!r}, but the parameter frames.map "
                f"is {settings.frames.map!r}; make them equal"
            )
        return plan

    # Callbacks ------------------------------------------------------------------------

    def _on_settings(self, settings: PatrolNodeSettings) -> None:
        self._patrol.settings = settings
        self._frames.settings = settings.frames
        self._navigation.settings = settings.goals

    def _on_publisher(self, event: Any) -> None:
        """A publisher of detections was added or removed."""
        if 0 < event.total_count_change < event.total_count:
            # A restarted detector assigns person ids from 1 again.
            self.get_logger().warning("new publisher of detections: all person ids are dropped")
            self._patrol.forget()

    def _on_detections(self, message: MaskDetectionArray) -> None:
        allowed = self._configuration.settings.people.max_observation_age
        try:
            taken_at = self._time.of_image(message.header.stamp, allowed)
            observations = observations_of(message, self._frames)
        except ValueError as error:  # such as a negative stamp
            text = f"invalid detections are ignored: {error}"
            self.get_logger().error(text, throttle_duration_sec=LOG_THROTTLE_S)
            return
        self._health.update(observations)
        self._patrol.observe(observations, taken_at)

    def _navigated(self, goal: int, outcome: Outcome, detail: str) -> None:
        if outcome not in (Outcome.REACHED, Outcome.CANCELED):
            self.get_logger().warning(f"goal {goal} {outcome.name.lower()}: {detail}")
        self._patrol.navigated(goal, outcome, detail)

    def _tick(self) -> None:
        try:
            self._decide_and_act()
        except Exception:
            self._failed_ticks += 1
            if self._failed_ticks == MAX_FAILED_TICKS:
                self._stop_robot("the patrol cannot decide")
            raise
        self._failed_ticks = 0

    def _stop_robot(self, reason: str) -> None:
        """Stop although the patrol has not decided it; it sends its goal again once it can."""
        self.get_logger().error(f"{reason}: the robot is stopped")
        self._navigation.stop(None)
        self._patrol.navigated(self._goal, Outcome.CANCELED, reason)

    def _decide_and_act(self) -> None:
        robot = self._frames.robot_pose()
        self._navigation.poll(robot)
        with contextlib.ExitStack() as commands:  # each of them, whatever another one raises
            for command in reversed(self._patrol.tick(robot)):
                commands.callback(self._execute, command, robot)
        status = self._status(robot)
        self._log(status)
        self._outputs.publish(status, self._configuration.settings.rates.markers)

    def _execute(self, command: Command, robot: Pose | None) -> None:
        if isinstance(command, GoTo):
            self._goal = command.goal
            try:
                self._navigation.go(command)
            except Exception as error:  # the patrol must not wait for the end of this goal
                self._patrol.navigated(command.goal, Outcome.UNAVAILABLE, str(error))
                raise
        elif isinstance(command, Stop):
            self._navigation.stop(robot)
        elif isinstance(command, Speak):
            self._outputs.remind(command)

    def _status(self, robot: Pose | None) -> Status:
        """The status; in FAULT with the cause of missing images or pose added to the reason."""
        status, cause = self._patrol.status, ""
        if status.state == State.FAULT and status.reason.startswith(NO_IMAGES):
            cause = self._time.problem
        elif status.state == State.FAULT and robot is None:
            cause = self._frames.problem
        return replace(status, reason=f"{status.reason}: {cause}") if cause else status

    def _log(self, status: Status) -> None:
        if (status.state, status.since) == self._logged:
            return
        self._logged = (status.state, status.since)
        person = f", person {status.target}" if status.target else ""
        text = f"{status.state.name}{person}: {status.reason}"
        if status.state == State.FAULT:
            self.get_logger().error(text)
        else:
            self.get_logger().info(text)

    def _on_pause(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._patrol.pause()
        try:
            self._tick()  # stop the robot immediately
        except Exception:
            self._stop_robot("pause failed")
            raise
        paused = self._patrol.status.state == State.PAUSED
        return self._answer(response, paused, "paused until resume is called")

    def _on_resume(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        was_paused = self._patrol.status.state == State.PAUSED
        self._patrol.resume()
        self._tick()
        return self._answer(response, True, "resumed" if was_paused else "was not paused")

    def _on_skip(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        before = self._patrol.status
        self._patrol.skip()
        self._tick()
        if self._patrol.status.since == before.since:
            return self._answer(response, False, f"nothing to skip in {before.state.name}")
        what = f"person {before.target}" if before.target else f"waypoint {before.waypoint}"
        return self._answer(response, True, f"{what} skipped")

    def _answer(self, response: Trigger.Response, done: bool, text: str) -> Trigger.Response:
        self.get_logger().info(text)
        response.success, response.message = done, text
        return response

    def _diagnostic_status(self) -> DiagnosticStatus:
        patrol = self._status(self._frames.robot_pose())
        return self._health.status(patrol, self._navigation, self._frames, self._time)


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(PatrolNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))
