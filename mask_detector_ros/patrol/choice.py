# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whom to approach, who is reminded together, and where to stand for it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mask_detector_ros.patrol.people import Person
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.patrol.settings import MemorySettings, PatrolSettings
from mask_detector_ros.patrol.types import Point, Pose
from mask_detector_ros.perception.types import WearStatus


def may_be_addressed(person: Person, plan: Plan, now: float, s: PatrolSettings) -> bool:
    """Whether a reminder would be right and in place, were the robot before this person."""
    return (
        person.violating(now, s.choice.violation_seconds)
        and person.position is not None
        and now - person.placed <= s.people.fresh_seconds
        and person.deviation <= s.choice.max_deviation
        and person.reminders < s.reminders.per_person
        and not person.leaving(s.people)
        and plan.masks_required(person.position)
    )


def left_be(person: Person, now: float, s: MemorySettings) -> bool:
    """Whether this person, or whoever was at this place, was dealt with lately."""
    rest = s.place_seconds if person.recalled else s.person_seconds
    return now < person.left_be_until or now < person.reminded_at + rest


def candidates(
    people: Iterable[Person], plan: Plan, robot: Pose, now: float, s: PatrolSettings
) -> list[Person]:
    """Everybody worth an approach, the best first: near, and long without a proper mask."""

    def rank(person: Person) -> float:
        assert person.position is not None
        since = now if person.unmasked_since is None else person.unmasked_since
        return person.position.distance(robot) - s.choice.seconds_worth * (now - since)

    worth = [
        person
        for person in people
        if may_be_addressed(person, plan, now, s)
        and not left_be(person, now, s.memory)
        and person.position is not None
        and person.position.distance(robot) <= s.choice.max_range
    ]
    return sorted(worth, key=rank)


def group_around(target: Person, others: Iterable[Person], radius: float) -> tuple[Person, ...]:
    """The target and those of the others who stand with it."""
    return (
        target,
        *(
            other
            for other in others
            if other is not target
            and other.position is not None
            and target.position is not None
            and other.position.distance(target.position) <= radius
        ),
    )


def worst(statuses: Iterable[WearStatus]) -> WearStatus:
    """The status farthest from a properly worn mask; UNKNOWN only where there is no other."""
    return min((status for status in statuses if status), default=WearStatus.UNKNOWN)


def stand_off_pose(person: Point, robot: Pose, distance: float) -> Pose:
    """Where to stop for this person: on the robot's side, so far away, facing the person."""
    away = person.distance(robot)
    if away > 0.0:
        to_x, to_y = (person.x - robot.x) / away, (person.y - robot.y) / away
    else:
        to_x, to_y = math.cos(robot.yaw), math.sin(robot.yaw)
    return Pose(person.x - distance * to_x, person.y - distance * to_y, math.atan2(to_y, to_x))
