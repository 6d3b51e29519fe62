# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario: simulator, perception and patrol in one loop, faster than real time."""

from __future__ import annotations

import datetime
import math

from mask_detector_ros.frames import PoseHistory
from mask_detector_ros.patrol.behavior import Patrol
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import (
    Command,
    GoTo,
    Outcome,
    Pose,
    ReminderKind,
    Speak,
    State,
    Stop,
)
from mask_detector_ros.simulation.robot import GoalResult
from mask_detector_ros.simulation.scenario import Fault, FaultType, Scenario
from mask_detector_ros.simulation.simulated_perception import (
    SimulatedPerception,
    to_observations,
    visible_faces,
)
from mask_detector_ros.simulation.simulator import Simulator
from mask_detector_ros.simulation.timeline import PersonState, Snapshot, Timeline, Utterance

STEP_S = 0.1
"""Time between two camera images, and between two ticks of the patrol."""
LIGHT_IN_THE_DARK = 0.04
"""Brightness of the view during ``FaultType.LIGHTS_OUT``."""

FORCED_OUTCOMES = {
    FaultType.NAVIGATION_ABORTS: Outcome.ABORTED,
    FaultType.NAVIGATION_REJECTS: Outcome.REJECTED,
}


class TrialRunner:
    """One run of a scenario.

    Attributes:
        scenario: what is run.
        simulator: the simulated world.
        patrol: the patrol behavior under test.
        timeline: what has happened so far.
    """

    def __init__(
        self,
        scenario: Scenario,
        perception: SimulatedPerception,
        settings: PatrolSettings | None = None,
    ) -> None:
        """Set up the trial; ``settings`` of the patrol default to the shipped ones."""
        self.scenario = scenario
        self.simulator = Simulator(scenario.world, scenario.people, scenario.start)
        self.patrol = Patrol(
            scenario.plan, settings or PatrolSettings(), self._clock, self._time_of_day
        )
        names = tuple(pedestrian.name for pedestrian in self.simulator.pedestrians)
        posters = {spec.name for spec in scenario.people if spec.is_poster}
        self.timeline = Timeline(names, frozenset(posters))
        self._perception = perception
        self._poses = PoseHistory()
        self._entered: dict[State, float] = {}
        self._faults: set[FaultType] = set()
        self._state = self.patrol.status.state

    def _clock(self) -> float:
        return self.simulator.now

    def _time_of_day(self) -> datetime.time:
        start = datetime.datetime.combine(datetime.date.min, self.scenario.time_of_day)
        return (start + datetime.timedelta(seconds=self.simulator.now)).time()

    @property
    def finished(self) -> bool:
        """Whether the scenario's duration is over."""
        return self.simulator.now >= self.scenario.duration - STEP_S / 2

    def run(self) -> Timeline:
        """Run to the end."""
        while not self.finished:
            self.step()
        return self.timeline

    def step(self) -> Snapshot:
        """Advance everything by ``STEP_S``."""
        simulator = self.simulator
        self._inject_faults()
        result = simulator.advance(STEP_S)
        if result is not None:
            self._report_goal(result)
        pose_unknown = FaultType.POSE_UNKNOWN in self._faults
        if not pose_unknown:
            self._poses.add(simulator.now, simulator.robot.pose)
        self._observe(pose_unknown)
        for command in self.patrol.tick(None if pose_unknown else simulator.robot.pose):
            self._execute(command)
        return self._record()

    def _inject_faults(self) -> None:
        """Start and end the scenario's faults."""
        active = {fault.type for fault in self.scenario.faults if self._is_active(fault)}
        for fault in sorted(active - self._faults, key=lambda f: f.value):
            self._log(f"fault: {fault.value}")
            if fault == FaultType.DETECTOR_RESTARTS:
                self._perception.reset()
        for fault in sorted(self._faults - active, key=lambda f: f.value):
            self._log(f"fault over: {fault.value}")
        self._faults = active
        self.simulator.light = LIGHT_IN_THE_DARK if FaultType.LIGHTS_OUT in active else 1.0
        forced = [outcome for fault, outcome in FORCED_OUTCOMES.items() if fault in active]
        self.simulator.robot.forced_outcome = forced[0] if forced else None

    def _is_active(self, fault: Fault) -> bool:
        start = fault.start
        if fault.after_state is not None:
            start += self._entered.get(fault.after_state, math.inf)
        return start <= self.simulator.now < start + fault.duration

    def _report_goal(self, result: GoalResult) -> None:
        """Pass the result of a navigation goal to the patrol."""
        reached = result.outcome == Outcome.REACHED
        if reached and self.patrol.status.state in (State.PATROL, State.RESUME):
            self.timeline.waypoints_reached.append(self.simulator.now)
        elif not reached:
            self._log(f"navigation: {result.outcome.name.lower()}, {result.detail}")
        self.patrol.navigated(result.goal, result.outcome, result.detail)

    def _observe(self, pose_unknown: bool) -> None:
        """Pass the faces of the current camera image to the patrol, if there is an image."""
        if self._faults & {FaultType.CAMERA_SILENT, FaultType.DETECTOR_RESTARTS}:
            return
        view, now = self.simulator.view(), self.simulator.now
        robot = None if pose_unknown else self._poses.at(now)
        faces = self._perception.detect(view, now)
        self.patrol.observe(to_observations(faces, None if robot is None else Pose(*robot)), at=now)

    def _execute(self, command: Command) -> None:
        if isinstance(command, GoTo):
            self.simulator.robot.go(command)
        elif isinstance(command, Stop):
            self.simulator.robot.stop()
        else:
            self._speak(command)

    def _speak(self, command: Speak) -> None:
        violators = {p.name for p in self.simulator.pedestrians if p.wear_status.is_violation}
        addressees = self.simulator.speak(command)
        robot = self.simulator.robot.pose
        names = tuple(pedestrian.name for pedestrian in addressees)
        self.timeline.utterances.append(
            Utterance(
                time=self.simulator.now,
                command=command,
                robot=robot,
                addressees=names,
                in_violation=tuple(name for name in names if name in violators),
                distance=min((p.point.distance(robot) for p in addressees), default=math.nan),
            )
        )
        kind = "thanks" if command.kind == ReminderKind.THANK else "reminder"
        self._log(f"{kind} to {' and '.join(names) or 'nobody'}: {command.status.label}")

    def _record(self) -> Snapshot:
        """Add a snapshot of the current state to the timeline."""
        status, simulator, now = self.patrol.status, self.simulator, self.simulator.now
        if status.state != self._state:
            self._log(f"{status.state.name}: {status.reason}")
            self._state = status.state
            self._entered.setdefault(status.state, now)
        _, visible = visible_faces(simulator.view())
        snapshot = Snapshot(
            time=now,
            robot=simulator.robot.pose,
            state=status.state,
            target=status.target_position,
            people=tuple(
                PersonState(p.pose.x, p.pose.y, p.pose.yaw, p.wear_status)
                for p in simulator.pedestrians
            ),
            visible=frozenset(self.timeline.names[k] for k in visible),
            light=simulator.light,
        )
        self.timeline.snapshots.append(snapshot)
        return snapshot

    def _log(self, text: str) -> None:
        self.timeline.events.append((self.simulator.now, text))
