# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol behavior: observations and navigation outcomes in, commands out.

``Patrol`` runs the state table in ``transitions``; all decisions are made there.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence

from mask_detector_ros.patrol import guards
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.goals import drive
from mask_detector_ros.patrol.interface import Command, Observation, Outcome, Pose, State
from mask_detector_ros.patrol.person_registry import MAX_COORDINATE_M
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.patrol.situation import Situation
from mask_detector_ros.patrol.status import Status
from mask_detector_ros.patrol.transitions import ON_PATROL, Transition, transition_from
from mask_detector_ros.settings_rules import check_settings

WAITING = "waiting for the first camera image and the robot pose"


class Patrol:
    """The patrol of one robot. Not thread-safe.

    Args:
        plan: waypoints, zones and quiet hours.
        settings: all thresholds; the attribute may be replaced at any time, and is validated then.
        clock: returns seconds, steady or simulated; must not run backward.
        time_of_day: for the quiet hours; None disables them.
        on_transition: called after every transition with the state left and the row taken.

    Raises:
        ValueError: the plan has no waypoints, or settings are invalid or contradict each other.
    """

    def __init__(
        self,
        plan: Plan,
        settings: PatrolSettings,
        clock: Callable[[], float],
        time_of_day: Callable[[], datetime.time] | None = None,
        on_transition: Callable[[State, Transition], None] | None = None,
    ) -> None:
        if not plan.waypoints:
            raise ValueError("the plan has no waypoints; expected at least one")
        check_settings(settings)
        self._clock = clock
        self._time_of_day = time_of_day
        self._on_transition = on_transition
        now = clock()
        self._s = Situation(plan, settings, now=now, since=now, robot_at=now, image_at=now)
        self._state = self._previous = State.PATROL
        self._reason = WAITING
        self._newest = -math.inf  # time of the newest image

    @property
    def settings(self) -> PatrolSettings:
        """All thresholds."""
        return self._s.settings

    @settings.setter
    def settings(self, settings: PatrolSettings) -> None:
        check_settings(settings)
        self._s.settings = settings

    def observe(self, observations: Sequence[Observation], at: float | None = None) -> None:
        """Update with one processed image; call it for images without people, too.

        Args:
            observations: all tracked people in the image.
            at: when the image was taken, in seconds of the clock; None for now. The image is
                ignored when this differs from now by more than ``people.max_observation_age``.
        """
        s, now = self._s, self._clock()
        at = now if at is None else at
        if not abs(now - at) <= s.settings.people.max_observation_age:
            return
        s.image_at, s.has_image = now, True
        self._newest = max(min(at, now), self._newest)
        s.people.update(observations, self._newest, s.robot, s.settings)

    def navigated(self, goal: int, outcome: Outcome, detail: str = "") -> None:
        """Report how a navigation goal ended; outcomes of earlier goals are ignored.

        Args:
            goal: number of the goal.
            outcome: how it ended.
            detail: error text of the navigation, for the reason of the next transition.
        """
        self._s.driving.take_outcome(goal, outcome, detail, self._clock())

    def pause(self) -> None:
        """Stop the robot at the next tick, until ``resume``."""
        self._s.pause_requested = True

    def resume(self) -> None:
        """Continue after ``pause``; no effect otherwise."""
        self._s.pause_requested = False

    def skip(self) -> None:
        """Give up on the present person, or skip the present waypoint, at the next tick.

        No effect in PAUSED, FAULT, THANK and GIVE_UP.
        """
        self._s.skip_requested = True

    def forget(self) -> None:
        """Forget all person ids: the detector was restarted and assigns new ones.

        Positions and reminders are kept, so that no one is reminded twice.
        """
        self._s.people.forget_ids()

    def tick(self, robot: Pose | None) -> list[Command]:
        """Run the state table once; to be called 5 to 20 times per second.

        Args:
            robot: present pose in the map; None, or not finite, when unknown.

        Returns:
            The commands to execute, in this order.
        """
        s = self._s
        s.now = self._clock()
        s.quiet = self._time_of_day is not None and s.plan.quiet(self._time_of_day())
        if robot is not None and all(
            abs(v) <= MAX_COORDINATE_M for v in (robot.x, robot.y, robot.yaw)
        ):
            s.robot, s.robot_at = robot, s.now
        if s.ready and self._reason == WAITING:
            self._reason = "started"
        if guards.camera_silent(s) or guards.pose_missing(s):
            s.last_input_fault = s.now
        if self._state in ON_PATROL and s.driving.arrived is not None:
            s.failures = 0
        row = transition_from(self._state, s)
        s.skip_requested = False
        if row is None:
            return drive(self._state, s)
        return self._take(row)

    @property
    def status(self) -> Status:
        """Present state, target and counters."""
        s = self._s
        return Status(
            state=self._state,
            previous=self._previous,
            since=s.since,
            time_in_state=max(self._clock() - s.since, 0.0),
            reason=self._reason,
            target=s.target.id if s.target else None,
            target_position=s.target.position if s.target else None,
            stand_off=s.stand_off,
            waypoint=s.waypoint,
            waypoints=len(s.plan.waypoints),
            reminders=s.reminder_count,
            complied=s.complied_count,
            given_up=s.given_up_count,
        )

    def _take(self, row: Transition) -> list[Command]:
        s, source = self._s, self._state
        detail = s.driving.detail if row.with_detail else ""
        self._reason = f"{row.reason} ({detail})" if detail else row.reason
        if row.cooldown and s.target is not None:
            seconds: float = getattr(s.settings.memory, row.cooldown)
            s.target.start_cooldown(s.now, seconds, doubles=row.cooldown_doubles)
        self._previous, self._state, s.since = source, row.target, s.now
        commands = row.action(s)
        if self._on_transition is not None:
            self._on_transition(source, row)
        return commands
