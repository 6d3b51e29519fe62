# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a trial: world, eyes, patrol and robot in one loop, faster than real time."""

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
from mask_detector_ros.simulation.scenario import Fault, Scenario, Trouble
from mask_detector_ros.simulation.simulated_perception import Eyes, sightings, visible_faces
from mask_detector_ros.simulation.stage import Stage
from mask_detector_ros.simulation.timeline import Moment, Speech, Timeline

STEP = 0.1
"""Seconds between two frames, and two ticks."""
DARKNESS = 0.04
"""Light that is left when the lights are out."""

BROKEN_NAVIGATION = {
    Trouble.NAVIGATION_ABORTS: Outcome.ABORTED,
    Trouble.NAVIGATION_REJECTS: Outcome.REJECTED,
}


class Run:
    """One trial under way."""

    def __init__(
        self, scenario: Scenario, eyes: Eyes, settings: PatrolSettings | None = None
    ) -> None:
        self.scenario = scenario
        self.stage = Stage(scenario.world, scenario.cast, scenario.start)
        self.patrol = Patrol(
            scenario.plan, settings or PatrolSettings(), self._clock, self._time_of_day
        )
        names = tuple(walker.name for walker in self.stage.walkers)
        posters = {person.name for person in scenario.cast if person.is_poster}
        self.timeline = Timeline(names, frozenset(posters))
        self._eyes = eyes
        self._poses = PoseHistory()
        self._entered: dict[State, float] = {}
        self._troubles: set[Trouble] = set()
        self._state = self.patrol.status.state

    def _clock(self) -> float:
        return self.stage.now

    def _time_of_day(self) -> datetime.time:
        start = datetime.datetime.combine(datetime.date.min, self.scenario.time_of_day)
        return (start + datetime.timedelta(seconds=self.stage.now)).time()

    @property
    def finished(self) -> bool:
        """Whether the trial's time is over."""
        return self.stage.now >= self.scenario.duration - STEP / 2

    def to_the_end(self) -> Timeline:
        """Run all of it."""
        while not self.finished:
            self.step()
        return self.timeline

    def step(self) -> Moment:
        """One tick of everything."""
        stage = self.stage
        self._meddle()
        report = stage.advance(STEP)
        if report is not None:
            state = self.patrol.status.state
            driving_on = state in (State.PATROL, State.RESUME)
            if report.outcome == Outcome.REACHED and driving_on:
                self.timeline.waypoints_reached.append(stage.now)
            elif report.outcome != Outcome.REACHED:
                self._note(f"navigation: {report.outcome.name.lower()}, {report.detail}")
            self.patrol.navigated(report.goal, report.outcome, report.detail)
        lost = Trouble.POSE_UNKNOWN in self._troubles
        if not lost:
            self._poses.add(stage.now, stage.robot.pose)
        self._see(lost)
        for command in self.patrol.tick(None if lost else stage.robot.pose):
            self._obey(command)
        return self._log()

    def _meddle(self) -> None:
        """Let trouble begin and end."""
        now = {fault.trouble for fault in self.scenario.faults if self._active(fault)}
        for trouble in sorted(now - self._troubles, key=lambda t: t.value):
            self._note(f"trouble: {trouble.value}")
            if trouble == Trouble.DETECTOR_RESTARTS:
                self._eyes.restart()
        for trouble in sorted(self._troubles - now, key=lambda t: t.value):
            self._note(f"over: {trouble.value}")
        self._troubles = now
        self.stage.light = DARKNESS if Trouble.LIGHTS_OUT in now else 1.0
        broken = [outcome for trouble, outcome in BROKEN_NAVIGATION.items() if trouble in now]
        self.stage.robot.refusal = broken[0] if broken else None

    def _active(self, fault: Fault) -> bool:
        begins = fault.at
        if fault.when is not None:
            begins += self._entered.get(fault.when, math.inf)
        return begins <= self.stage.now < begins + fault.lasts

    def _see(self, lost: bool) -> None:
        """Show the patrol what the camera sees, if it sees at all."""
        if self._troubles & {Trouble.CAMERA_SILENT, Trouble.DETECTOR_RESTARTS}:
            return
        view, now = self.stage.view(), self.stage.now
        at = None if lost else self._poses.at(now)
        found = self._eyes.look(view, now)
        self.patrol.see(sightings(found, None if at is None else Pose(*at)), at=now)

    def _obey(self, command: Command) -> None:
        if isinstance(command, GoTo):
            self.stage.robot.go(command)
        elif isinstance(command, Stop):
            self.stage.robot.stop()
        else:
            self._speak(command)

    def _speak(self, speech: Speak) -> None:
        guilty = {walker.name for walker in self.stage.walkers if walker.wear.is_violation}
        meant = self.stage.say(speech)
        robot = self.stage.robot.pose
        names = tuple(walker.name for walker in meant)
        self.timeline.speeches.append(
            Speech(
                time=self.stage.now,
                speak=speech,
                robot=robot,
                meant=names,
                guilty=tuple(name for name in names if name in guilty),
                distance=min((w.point.distance(robot) for w in meant), default=math.nan),
            )
        )
        said = "thanks" if speech.kind == ReminderKind.THANK else "reminder"
        self._note(f"{said} to {' and '.join(names) or 'nobody'}: {speech.status.label}")

    def _log(self) -> Moment:
        status, stage, now = self.patrol.status, self.stage, self.stage.now
        if status.state != self._state:
            self._note(f"{status.state.name}: {status.reason}")
            self._state = status.state
            self._entered.setdefault(status.state, now)
        view = stage.view()
        _, visible = visible_faces(view)
        moment = Moment(
            time=now,
            robot=stage.robot.pose,
            state=status.state,
            target=status.target_position,
            people=tuple((w.pose.x, w.pose.y, w.pose.yaw, w.wear) for w in stage.walkers),
            seen=frozenset(self.timeline.names[k] for k in visible),
            light=stage.light,
        )
        self.timeline.moments.append(moment)
        return moment

    def _note(self, text: str) -> None:
        self.timeline.note(self.stage.now, text)
