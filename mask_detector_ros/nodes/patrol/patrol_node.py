# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol node: detections in; goals, reminders and its state out.

A thin shell around ``patrol.behavior``, which decides everything. All callbacks run in the
executor's one thread and never wait.

It is a plain node and no lifecycle node: it holds nothing that takes long to load, and what
a manager would deactivate it for, pausing, is a service that stops the robot, too.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_srvs.srv import Trigger

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
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose, Speak, State, Stop
from mask_detector_ros.patrol.plan import Plan, PlanError, load_plan
from mask_detector_ros.patrol.status import Status
from mask_detector_ros.patrol.transitions import NO_IMAGES

STOPPING = 2.0
"""Seconds at the end in which the navigation may confirm that it stopped."""
COMPLAINTS = 10.0
"""Seconds between two complaints about the same."""


class PatrolNode(Node):
    """See the module's docstring; topics, services and parameters are listed in the docs."""

    def __init__(self) -> None:
        super().__init__("patrol")
        try:
            self._configuration = Parameters(self, PatrolNodeSettings, self._take_settings)
            settings = self._configuration.settings
            plan = self._load_plan(settings)
            self._frames = Frames(self, settings.frames)
            self._navigation = create_navigation(
                self, settings.navigation, settings.goals, plan.frame, self._navigated
            )
        except ValueError as error:  # of a parameter, the plan, or what is not installed
            raise StartError(str(error)) from error
        self._time = PatrolTime(self)
        self._patrol = Patrol(plan, settings, self._time, self._time.of_day)
        self._outputs = PatrolOutputs(self, plan)
        self._health = PatrolHealth()
        self._logged: tuple = ()
        events = qos.subscription_callbacks(self, "detections")
        events.matched = self._on_publisher  # ROS 2 Humble does not tell
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
        self._diagnostics = DiagnosticsPublisher(self, "patrol", self._diagnostic_status)
        self.get_logger().info(
            f"patrolling {len(plan.waypoints)} waypoints; waiting for detections on "
            f"{self.resolve_topic_name('detections')}"
        )

    def close(self) -> None:
        """Stop the robot before leaving it alone; safe to call twice."""
        self._timer.cancel()
        self._diagnostics.stop()
        while self._commands:  # nobody may send the robot off again
            self.destroy_service(self._commands.pop())
        self._navigation.stop(self._frames.robot_pose())
        until = time.monotonic() + STOPPING
        while self._navigation.stopping and time.monotonic() < until:
            if self.executor is None:
                return
            if self._navigation.problem:
                self.get_logger().warning(f"told to stop, but {self._navigation.problem}")
                return
            self.executor.spin_once(timeout_sec=0.05)
        if self._navigation.stopping:
            self.get_logger().error("the navigation did not confirm that the robot stopped")

    def _load_plan(self, settings: PatrolNodeSettings) -> Plan:
        if not settings.plan:
            raise PlanError(
                "no plan: set the parameter plan to a YAML file with waypoints; "
                "config/patrol_plan.yaml is an example"
            )
        plan = load_plan(Path(settings.plan).expanduser())
        if plan.frame != settings.frames.map:
            raise PlanError(
                f"{settings.plan} is in the frame {plan.frame!r}, but the parameter frames.map "
                f"is {settings.frames.map!r}; make them equal"
            )
        return plan

    # Callbacks ------------------------------------------------------------------------

    def _take_settings(self, settings: PatrolNodeSettings) -> None:
        self._patrol.settings = settings
        self._frames.settings = settings.frames
        self._navigation.settings = settings.goals

    def _on_publisher(self, event: Any) -> None:
        """A publisher of detections came or went."""
        if 0 < event.total_count_change < event.total_count:
            # A detector that was started again counts its people from 1.
            self.get_logger().warning("another detector is there; whose id was whose is forgotten")
            self._patrol.forget()

    def _on_detections(self, message: MaskDetectionArray) -> None:
        allowed = self._configuration.settings.people.max_observation_age
        try:
            observations = observations_of(message, self._frames)
            taken_at = self._time.of_image(message.header.stamp, allowed)
        except ValueError as error:  # a negative stamp
            words = f"detections that cannot be are passed over: {error}"
            self.get_logger().error(words, throttle_duration_sec=COMPLAINTS)
            return
        self._health.seen(observations)
        self._patrol.observe(observations, taken_at)

    def _navigated(self, goal: int, outcome: Outcome, detail: str) -> None:
        if outcome not in (Outcome.REACHED, Outcome.CANCELED):
            self.get_logger().warning(f"goal {goal} {outcome.name.lower()}: {detail}")
        self._patrol.navigated(goal, outcome, detail)

    def _tick(self) -> None:
        robot = self._frames.robot_pose()
        self._navigation.poll(robot)
        for command in self._patrol.tick(robot):
            if isinstance(command, GoTo):
                self._navigation.go(command)
            elif isinstance(command, Stop):
                self._navigation.stop(robot)
            elif isinstance(command, Speak):
                self._outputs.remind(command)
        status = self._status(robot)
        self._log(status)
        self._outputs.publish(status, self._configuration.settings.rates.markers)

    def _status(self, robot: Pose | None) -> Status:
        """With the cause of a fault, where the behavior only knows that something is missing."""
        status, why = self._patrol.status, ""
        if status.state == State.FAULT and status.reason.startswith(NO_IMAGES):
            why = self._time.problem
        elif status.state == State.FAULT and robot is None:
            why = self._frames.problem
        return replace(status, reason=f"{status.reason}: {why}") if why else status

    def _log(self, status: Status) -> None:
        if (status.state, status.since) == self._logged:
            return
        self._logged = (status.state, status.since)
        person = f", person {status.target}" if status.target else ""
        words = f"{status.state.name}{person}: {status.reason}"
        if status.state == State.FAULT:
            self.get_logger().error(words)
        else:
            self.get_logger().info(words)

    def _on_pause(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._patrol.pause()
        self._tick()  # at once: who pauses a robot does not want to wait
        paused = self._patrol.status.state == State.PAUSED
        return self._answer(response, paused, "the robot stands until resume is called")

    def _on_resume(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        was_paused = self._patrol.status.state == State.PAUSED
        self._patrol.resume()
        self._tick()
        return self._answer(response, True, "going on" if was_paused else "it was not paused")

    def _on_skip(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        before = self._patrol.status
        self._patrol.skip()
        self._tick()
        if self._patrol.status.since == before.since:
            return self._answer(response, False, f"nothing to skip in {before.state.name}")
        what = f"person {before.target}" if before.target else f"waypoint {before.waypoint}"
        return self._answer(response, True, f"{what} is left be")

    def _answer(self, response: Trigger.Response, done: bool, words: str) -> Trigger.Response:
        self.get_logger().info(words)
        response.success, response.message = done, words
        return response

    def _diagnostic_status(self) -> DiagnosticStatus:
        patrol = self._status(self._frames.robot_pose())
        return self._health.status(patrol, self._navigation, self._frames, self._time)


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(PatrolNode, args)


if __name__ == "__main__":
    sys.exit(main())
