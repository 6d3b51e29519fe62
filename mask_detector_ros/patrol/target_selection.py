# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whom to approach, who is reminded together, and where to stand for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mask_detector_ros.patrol.behavior_settings import MemorySettings, PatrolSettings
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.types import WearStatus

PERSONAL_SPACE = 1.0
"""Meters from those who are not concerned that the robot does not stop within."""
ASIDE = (0.0, 0.6, -0.6, 1.2, -1.2)
"""Radians about the one approached by which it may stop aside of its way."""


def may_be_addressed(person: Person, plan: Plan, now: float, s: PatrolSettings) -> bool:
    """Whether a reminder would be right and in place, were the robot before this person."""
    placed_now = now - person.placed <= s.people.fresh_seconds
    return placed_now and _seemed_to_need_it(person, plan, s)


def is_remembered(person: Person, plan: Plan, now: float, s: PatrolSettings) -> bool:
    """Whether somebody out of sight stood there in need of a reminder, and nobody has looked."""
    return (
        now - person.placed <= s.choice.remember_seconds
        and person.left_be_until <= person.seen
        and person.speed < s.people.leaving_speed
        and _seemed_to_need_it(person, plan, s)
    )


def _seemed_to_need_it(person: Person, plan: Plan, s: PatrolSettings) -> bool:
    return (
        person.violating(s.choice.violation_seconds)
        and person.position is not None
        and person.deviation <= s.choice.max_deviation
        and person.reminders < s.reminders.per_person
        and not person.leaving(s.people)
        and plan.masks_required(person.position)
    )


def left_be(person: Person, now: float, s: MemorySettings) -> bool:
    """Whether this person, or whoever was at this place, was dealt with lately."""
    rest = s.place_seconds if person.doubtful else s.person_seconds
    return now < person.left_be_until or now < person.reminded_at + rest


def candidates(
    people: Iterable[Person], plan: Plan, robot: Pose, now: float, s: PatrolSettings
) -> list[Person]:
    """Everybody worth an approach, the best first: in sight, near, long without a proper mask."""

    def rank(person: Person) -> tuple[bool, float]:
        assert person.position is not None
        since = now if person.unmasked_since is None else person.unmasked_since
        worth = person.position.distance(robot) - s.choice.seconds_worth * (now - since)
        return not person.fresh(now, s.people), worth

    worth = [
        person
        for person in people
        if (may_be_addressed(person, plan, now, s) or is_remembered(person, plan, now, s))
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


def clear_stand_off(
    places: Sequence[Point], robot: Pose, distance: float, others: Sequence[Point]
) -> Pose:
    """As ``stand_off_pose``, but somewhat round to a side where one of the others is in the way."""
    middle = middle_of(places)
    off_x, off_y = robot.x - middle.x, robot.y - middle.y
    poses = []
    for aside in ASIDE:
        sin, cos = math.sin(aside), math.cos(aside)
        seen_from = Pose(
            middle.x + off_x * cos - off_y * sin, middle.y + off_x * sin + off_y * cos, robot.yaw
        )
        poses.append(stand_off_pose(places, seen_from, distance))
    clear = (p for p in poses if all(o.distance(p) >= PERSONAL_SPACE for o in others))
    return next(clear, poses[0])


def middle_of(places: Sequence[Point]) -> Point:
    """Of one or more places."""
    return Point(sum(p.x for p in places) / len(places), sum(p.y for p in places) / len(places))


def stand_off_pose(places: Sequence[Point], robot: Pose, distance: float) -> Pose:
    """Where to stop for people who stand together: on the robot's side, facing their middle.

    Args:
        places: where they stand, one or more.
        robot: where it is now.
        distance: meters to keep from the nearest of them.
    """
    middle = middle_of(places)
    away = middle.distance(robot)
    if away > 0.0:
        to_x, to_y = (middle.x - robot.x) / away, (middle.y - robot.y) / away
    else:
        to_x, to_y = math.cos(robot.yaw), math.sin(robot.yaw)
    back = 0.0
    for place in places:
        x, y = place.x - middle.x, place.y - middle.y
        # How much nearer than the middle this one stands, and how far to the side.
        nearer, aside = -(x * to_x + y * to_y), abs(x * to_y - y * to_x)
        if aside < distance:
            back = max(back, nearer + math.sqrt(distance**2 - aside**2))
    return Pose(middle.x - back * to_x, middle.y - back * to_y, math.atan2(to_y, to_x))
