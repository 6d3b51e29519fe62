# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All the patrol knows at one moment; what the guards of the transitions look at."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.driving import Driving
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.person_registry import People
from mask_detector_ros.patrol.plan import Plan, Waypoint
from mask_detector_ros.patrol.target_selection import (
    candidates,
    group_around,
    left_be,
    may_be_addressed,
)
from mask_detector_ros.perception.types import WearStatus


@dataclass
class Situation:
    """Times are the clock's seconds.

    Attributes:
        now: time of this tick.
        since: when the present state was entered.
        quiet: whether it is in the quiet hours.
        robot: its last known pose; None before the first.
        robot_at: when that was known.
        frame_at: when the last frame came in.
        filmed: whether any has come in yet.
        target: whom this is about; None while patrolling.
        group: everyone spoken to in this encounter.
        wrong: what was wrong with each of them when last spoken to.
        attempts: how often the navigation has failed on the way to the target.
        approached: the middle of those approached when the goal was set.
        stand_off: the goal before the target; None before there is one.
        waypoint: index of the waypoint driven to, from 0.
        failures: waypoints in a row that could not be reached.
        blind_at: when images or pose were last missing for too long.
        retry_at: a fault lasts at least until then.
        pause_asked: whether the patrol is to stand still.
        skip_asked: whether to leave this person or waypoint be.
    """

    plan: Plan
    settings: PatrolSettings
    now: float
    since: float
    robot_at: float
    frame_at: float
    people: People = field(default_factory=People)
    driving: Driving = field(default_factory=Driving)
    filmed: bool = False
    quiet: bool = False
    robot: Pose | None = None
    target: Person | None = None
    group: tuple[Person, ...] = ()
    wrong: dict[Person, WearStatus] = field(default_factory=dict)
    attempts: int = 0
    approached: Point | None = None
    stand_off: Pose | None = None
    waypoint: int = 0
    failures: int = 0
    blind_at: float = -math.inf
    retry_at: float = -math.inf
    pause_asked: bool = False
    skip_asked: bool = False

    @property
    def ready(self) -> bool:
        """Whether camera and localization have been there, so that driving makes sense."""
        return self.filmed and self.robot is not None

    @property
    def next_waypoint(self) -> Waypoint:
        """The one driven to."""
        return self.plan.waypoints[self.waypoint]

    @property
    def time_in_state(self) -> float:
        """Seconds in the present state."""
        return self.now - self.since

    @property
    def to_remind(self) -> list[Person]:
        """Everybody worth an approach now, the best first."""
        if self.robot is None or self.quiet:
            return []
        return candidates(self.people, self.plan, self.robot, self.now, self.settings)

    @property
    def others_in_sight(self) -> list[Person]:
        """Those worth an approach who are seen now, without the target."""
        return [p for p in self.to_remind if p is not self.target and self.may_address(p)]

    @property
    def addressable(self) -> list[Person]:
        """Everybody to whom a first reminder would be right now, near or far."""
        return [
            person
            for person in self.people
            if self.may_address(person) and not left_be(person, self.now, self.settings.memory)
        ]

    @property
    def to_approach(self) -> list[Point]:
        """Where the target stands, and those who are to be reminded together with it."""
        if self.target is None:
            return []
        together = group_around(self.target, self.addressable, self.settings.choice.group_radius)
        return [person.position for person in together if person.position is not None]

    @property
    def to_face(self) -> list[Point]:
        """Where those of the group who are still before the robot stand, or stood last."""
        near = [person for person in self.present if self.within_reach(person, arrived=True)]
        return [person.position for person in near if person.position is not None]

    @property
    def to_ask_again(self) -> list[Person]:
        """Those of the group to whom one more reminder would be right now."""
        return [p for p in self.group if self.may_address(p) and self.within_reach(p, arrived=True)]

    @property
    def complied(self) -> list[Person]:
        """Those of the group who wear their masks properly by now."""
        return [p for p in self.group if p.complied(self.settings.reminders.comply_seconds)]

    @property
    def present(self) -> list[Person]:
        """Those of the group who are still there, whether they complied or not."""
        return [p for p in self.group if not self.lost(p) and not p.leaving(self.settings.people)]

    @property
    def nobody_left(self) -> bool:
        """Whether there is nobody any more who might still comply."""
        return all(person in self.complied for person in self.present)

    @property
    def to_thank(self) -> list[Person]:
        """Those who complied and are there to hear it, if thanks are in place."""
        if self.quiet or not self.settings.reminders.thanks:
            return []
        return [person for person in self.complied if not self.lost(person)]

    def may_address(self, person: Person) -> bool:
        """Whether a reminder would be right, were the robot near."""
        return not self.quiet and may_be_addressed(person, self.plan, self.now, self.settings)

    def lost(self, person: Person) -> bool:
        """Whether the person has been out of sight for too long in this state."""
        return self.now - max(person.seen, self.since) > self.settings.approach.lost_seconds

    def within_reach(self, person: Person, arrived: bool = False) -> bool:
        """Whether the robot is near enough to speak.

        Args:
            arrived: it can do no better, so that somewhat farther off will do.
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
