# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The state that guards read and actions change."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.driving import Driving
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.person_registry import PersonRegistry
from mask_detector_ros.patrol.plan import Plan, Waypoint
from mask_detector_ros.patrol.target_selection import (
    candidates,
    group_around,
    in_cooldown,
    may_be_addressed,
)
from mask_detector_ros.perception.types import WearStatus


@dataclass
class Situation:
    """Everything the behavior knows at one tick. Times are in seconds of the clock.

    Attributes:
        now: time of this tick.
        since: when the present state was entered.
        robot_at: time of ``robot``.
        image_at: when the last image was processed.
        people: everyone observed lately.
        driving: the navigation goal.
        has_image: whether any image has been processed.
        quiet: whether it is in the quiet hours.
        robot: last known pose of the robot; None before the first.
        target: the person approached or spoken to; None on patrol.
        group: everyone reminded in this encounter.
        violation_at_reminder: status of each of them at the last reminder.
        attempts: failed navigation attempts in this approach.
        approached: center of the group when the goal was sent.
        stand_off: goal of the approach; None before there is one.
        waypoint: index of the present waypoint, from 0.
        failures: waypoints in a row that were not reached.
        last_input_fault: when images or robot pose were last missing for too long.
        retry_at: earliest time to leave FAULT.
        pause_requested: whether the operator has paused the patrol.
        skip_requested: whether the operator skips the present person or waypoint.
        speech_count: reminders and thanks spoken so far.
        reminder_count: reminders spoken so far.
        complied_count: reminded people who complied so far.
        given_up_count: people given up on so far.
    """

    plan: Plan
    settings: PatrolSettings
    now: float
    since: float
    robot_at: float
    image_at: float
    people: PersonRegistry = field(default_factory=PersonRegistry)
    driving: Driving = field(default_factory=Driving)
    has_image: bool = False
    quiet: bool = False
    robot: Pose | None = None
    target: Person | None = None
    group: tuple[Person, ...] = ()
    violation_at_reminder: dict[Person, WearStatus] = field(default_factory=dict)
    attempts: int = 0
    approached: Point | None = None
    stand_off: Pose | None = None
    waypoint: int = 0
    failures: int = 0
    last_input_fault: float = -math.inf
    retry_at: float = -math.inf
    pause_requested: bool = False
    skip_requested: bool = False
    speech_count: int = 0
    reminder_count: int = 0
    complied_count: int = 0
    given_up_count: int = 0

    @property
    def ready(self) -> bool:
        """Whether a first image and a first robot pose have arrived."""
        return self.has_image and self.robot is not None

    @property
    def next_waypoint(self) -> Waypoint:
        """The present waypoint."""
        return self.plan.waypoints[self.waypoint]

    @property
    def time_in_state(self) -> float:
        """Seconds in the present state."""
        return self.now - self.since

    @property
    def to_remind(self) -> list[Person]:
        """All candidates for an approach, best first."""
        if self.robot is None or self.quiet:
            return []
        return candidates(self.people, self.plan, self.robot, self.now, self.settings)

    @property
    def others_in_sight(self) -> list[Person]:
        """Candidates in sight, without the target."""
        return [p for p in self.to_remind if p is not self.target and self.may_address(p)]

    @property
    def addressable(self) -> list[Person]:
        """Everyone who may get a first reminder now, at any distance."""
        return [
            person
            for person in self.people
            if self.may_address(person) and not in_cooldown(person, self.now, self.settings.memory)
        ]

    @property
    def to_approach(self) -> list[Point]:
        """Positions of the target and of everyone to be reminded together with it."""
        if self.target is None:
            return []
        radius = self.settings.selection.group_radius
        together = group_around(self.target, self.addressable, radius)
        return [person.position for person in together if person.position is not None]

    @property
    def to_face(self) -> list[Point]:
        """Last positions of the group members who are still in front of the robot."""
        near = [person for person in self.present if self.within_reach(person, arrived=True)]
        return [person.position for person in near if person.position is not None]

    @property
    def to_ask_again(self) -> list[Person]:
        """Group members who may get one more reminder now."""
        return [p for p in self.group if self.may_address(p) and self.within_reach(p, arrived=True)]

    @property
    def complied(self) -> list[Person]:
        """Group members who wear their masks correctly now."""
        return [p for p in self.group if p.complied(self.settings.reminders.compliance_seconds)]

    @property
    def present(self) -> list[Person]:
        """Group members who are neither out of sight nor walking away."""
        return [
            p for p in self.group if not self.lost(p) and not p.is_leaving(self.settings.people)
        ]

    @property
    def nobody_left(self) -> bool:
        """Whether every present group member has complied."""
        return all(person in self.complied for person in self.present)

    @property
    def to_thank(self) -> list[Person]:
        """Group members who complied and are in sight; empty if thanks are off or hours quiet."""
        if self.quiet or not self.settings.reminders.thanks:
            return []
        return [person for person in self.complied if not self.lost(person)]

    def may_address(self, person: Person) -> bool:
        """Whether a reminder is justified and allowed now, at any distance."""
        return not self.quiet and may_be_addressed(person, self.plan, self.now, self.settings)

    def lost(self, person: Person) -> bool:
        """Whether the person was out of sight for ``approach.lost_timeout`` in this state."""
        return self.now - max(person.last_seen, self.since) > self.settings.approach.lost_timeout

    def within_reach(self, person: Person, arrived: bool = False) -> bool:
        """Whether the robot is within speaking distance.

        Args:
            arrived: the robot is at its goal: ``approach.arrived_tolerance`` applies instead of
                ``approach.tolerance``.
        """
        s = self.settings.approach
        return self.distance(person) <= s.stand_off + (
            s.arrived_tolerance if arrived else s.tolerance
        )

    def distance(self, person: Person) -> float:
        """Meters from robot to person; NaN when unknown."""
        if self.robot is None or person.position is None:
            return math.nan
        return person.position.distance(self.robot)
