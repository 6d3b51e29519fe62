# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol itself: takes sightings and outcomes in, runs the table, gives commands out."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence

from mask_detector_ros.patrol import guards
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.goals import drive
from mask_detector_ros.patrol.interface import (
    Command,
    Outcome,
    Pose,
    ReminderKind,
    Sighting,
    Speak,
    State,
)
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.person_registry import FARTHEST
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.patrol.situation import Situation
from mask_detector_ros.patrol.status import Status
from mask_detector_ros.patrol.target_selection import group_around, worst
from mask_detector_ros.patrol.transitions import (
    ENCOUNTER,
    ON_PATROL,
    Transition,
    transition_from,
)

WAITING = "waiting for the first camera image and the robot's own pose"

ABOUT_NAVIGATION = (
    guards.navigation_gone,
    guards.approach_failed,
    guards.waypoint_failed,
    guards.waypoints_failing,
)
WAYPOINT_NOT_REACHED = (guards.waypoint_failed, guards.waypoint_overdue)


class Patrol:
    """One robot's patrol. Not thread-safe.

    Args:
        plan: where to patrol, where and when to remind.
        settings: every threshold; the attribute may be replaced at any time.
        clock: seconds, steady or simulated; never runs backward.
        time_of_day: for the quiet hours; None: there are none.
        observe: called with the state left and the row of the table taken, at every transition.

    Raises:
        ValueError: the plan has no waypoints.
    """

    def __init__(
        self,
        plan: Plan,
        settings: PatrolSettings,
        clock: Callable[[], float],
        time_of_day: Callable[[], datetime.time] | None = None,
        observe: Callable[[State, Transition], None] | None = None,
    ) -> None:
        if not plan.waypoints:
            raise ValueError("the plan has no waypoints; expected at least one")
        self._clock = clock
        self._time_of_day = time_of_day
        self._observe = observe
        now = clock()
        self._s = Situation(plan, settings, now=now, since=now, robot_at=now, frame_at=now)
        self._state = self._previous = State.PATROL
        self._reason = WAITING
        self._newest = -math.inf  # time of the newest frame
        self._spoken = 0
        self._reminders = self._complied = self._given_up = 0

    @property
    def settings(self) -> PatrolSettings:
        """Every threshold."""
        return self._s.settings

    @settings.setter
    def settings(self, settings: PatrolSettings) -> None:
        self._s.settings = settings

    def see(self, sightings: Sequence[Sighting], at: float | None = None) -> None:
        """Take in a processed frame; one with nobody in it is news, too.

        Args:
            at: when it was taken, in the clock's seconds; None: now. What is farther from now
                than ``people.fresh_seconds`` says nothing about it and is ignored.
        """
        s, now = self._s, self._clock()
        at = now if at is None else at
        if not abs(now - at) <= s.settings.people.fresh_seconds:
            return
        s.frame_at, s.filmed = now, True
        self._newest = max(min(at, now), self._newest)
        s.people.see(sightings, self._newest, s.robot, s.settings)

    def navigated(self, goal: int, outcome: Outcome, detail: str = "") -> None:
        """Take in how a goal ended; goals that are not the present one are ignored."""
        self._s.driving.take_outcome(goal, outcome, detail, self._clock())

    def pause(self) -> None:
        """Stand still, as of the next tick, until ``resume``."""
        self._s.pause_asked = True

    def resume(self) -> None:
        """Go on after ``pause``; otherwise nothing."""
        self._s.pause_asked = False

    def skip(self) -> None:
        """Leave the present person be; without one, go on to the next waypoint.

        Ignored where neither is at hand: paused, in a fault, or thanking.
        """
        self._s.skip_asked = True

    def forget(self) -> None:
        """The detector has started anew: the same id may be somebody else from now on.

        Where reminders were given stays known, so that nobody is reminded twice.
        """
        self._s.people.forget_ids()

    def tick(self, robot: Pose | None) -> list[Command]:
        """Decide; 5 to 20 times a second.

        Args:
            robot: its present pose; None, or with numbers that are none, when unknown.

        Returns:
            What is to be done now, in this order.
        """
        s = self._s
        s.now = self._clock()
        s.quiet = self._time_of_day is not None and s.plan.quiet(self._time_of_day())
        if robot is not None and all(abs(v) <= FARTHEST for v in (robot.x, robot.y, robot.yaw)):
            s.robot, s.robot_at = robot, s.now
        if s.ready and self._reason == WAITING:
            self._reason = "started"
        if guards.camera_silent(s) or guards.pose_missing(s):
            s.blind_at = s.now
        row = transition_from(self._state, s)
        s.skip_asked = False
        if row is None:
            return drive(self._state, s)
        return self._take(row)

    @property
    def status(self) -> Status:
        """What the patrol is doing, and why."""
        s = self._s
        return Status(
            state=self._state,
            previous=self._previous,
            since=s.since,
            seconds=max(self._clock() - s.since, 0.0),
            reason=self._reason,
            target=s.target.id if s.target else None,
            target_position=s.target.position if s.target else None,
            stand_off=s.stand_off,
            waypoint=s.waypoint,
            waypoints=len(s.plan.waypoints),
            reminders=self._reminders,
            complied=self._complied,
            given_up=self._given_up,
        )

    def _take(self, row: Transition) -> list[Command]:
        """Go over into another state, or anew into the same."""
        s, source = self._s, self._state
        detail = s.driving.detail if row.guard in ABOUT_NAVIGATION else ""
        self._reason = f"{row.words} ({detail})" if detail else row.words
        self._leave(source, row)
        self._previous, self._state, s.since = source, row.target, s.now
        commands = self._enter(source, row)
        if self._observe is not None:
            self._observe(source, row)
        return commands

    def _leave(self, source: State, row: Transition) -> None:
        """Settle what the state that ends has come to."""
        s = self._s
        if source in (*ENCOUNTER, State.FAULT) and row.target not in (*ENCOUNTER, State.FAULT):
            complied = len(s.complied)
            self._complied += complied
            if row.target != State.PAUSED:
                self._given_up += len(s.group) - complied
        elif row.target == State.GIVE_UP:
            self._given_up += 1
        if row.left_be and s.target is not None:
            seconds: float = getattr(s.settings.memory, row.left_be)
            s.target.leave_be(s.now, seconds, unreached=row.left_be == "unreachable_retry")
        if source in ON_PATROL and row.guard in WAYPOINT_NOT_REACHED:
            s.failures += 1
        elif source in ON_PATROL and s.driving.arrived is not None:
            s.failures = 0

    def _enter(self, source: State, row: Transition) -> list[Command]:
        """What is to be done on entering the new state."""
        s = self._s
        if row.target == State.REMIND:
            return [*self._stand_still(), self._remind(again=source == State.WAIT)]
        if row.target == State.THANK:
            return [*self._stand_still(), self._thank()]
        if row.target == State.GIVE_UP:
            return self._stand_still()
        if row.target == State.WAIT:
            s.target = s.target or s.group[0]  # after a fault there is none
            return []
        if row.target == State.FAULT and source in ENCOUNTER:
            # Who was asked may put the mask on meanwhile, and is to be thanked then.
            s.target, s.stand_off, s.retry_at = None, None, -math.inf
            return [s.driving.stop()]
        if row.guard is guards.may_try_again:
            s.attempts += 1
            s.driving.clear()
            return []
        near = [person for person in s.others_in_sight if s.within_reach(person)]
        s.target = (near or s.to_remind)[0] if row.target == State.APPROACH else None
        s.group, s.wrong, s.stand_off, s.attempts = (), {}, None, 0
        if row.target in (State.PAUSED, State.FAULT):
            navigation = row.guard in (guards.navigation_gone, guards.waypoints_failing)
            s.retry_at = s.now + s.settings.health.navigation_retry if navigation else -math.inf
            if row.guard is guards.waypoints_failing:
                self._next_waypoint()
                s.failures = 0
            return [s.driving.stop()]
        if row.target == State.PATROL and row.guard is not guards.waypoint_reached:
            self._next_waypoint()
        elif row.target != State.PATROL:
            # The goal of the state before is replaced at the next tick.
            s.driving.clear()
        return []

    def _next_waypoint(self) -> None:
        s = self._s
        s.waypoint = (s.waypoint + 1) % len(s.plan.waypoints)
        s.driving.clear()

    def _stand_still(self) -> list[Command]:
        return [self._s.driving.stop()] if self._s.driving.under_way else []

    def _remind(self, again: bool) -> Speak:
        """One reminder for the target and whoever stands with it, or for those still to ask."""
        s = self._s
        if again:
            persons = tuple(s.to_ask_again)
        else:
            assert s.target is not None
            persons = group_around(s.target, s.addressable, s.settings.choice.group_radius)
            s.group = persons
        for person in persons:
            person.reminded(s.now)
            s.wrong[person] = person.status
        self._reminders += 1
        return self._speak(ReminderKind.REMIND, persons)

    def _thank(self) -> Speak:
        return self._speak(ReminderKind.THANK, tuple(self._s.to_thank))

    def _speak(self, kind: ReminderKind, persons: tuple[Person, ...]) -> Speak:
        s = self._s
        s.target = persons[0]
        self._spoken += 1
        return Speak(
            kind=kind,
            number=self._spoken,
            persons=tuple(person.id for person in persons),
            status=worst(s.wrong[person] for person in persons),
            count=max(person.reminders for person in persons),
            position=s.target.position,
            distance=s.distance(s.target),
        )
