# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Candidates for an approach, groups, and the stand-off pose."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mask_detector_ros.patrol.behavior_settings import MemorySettings, PatrolSettings
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.types import WearStatus

PERSONAL_SPACE_M = 1.0
"""Minimum distance of the stand-off from bystanders."""
DETOURS_RAD = (0.0, 0.6, -0.6, 1.2, -1.2)
"""Rotations of the stand-off about the target that are tried, in this order."""


def may_be_addressed(person: Person, plan: Plan, now: float, s: PatrolSettings) -> bool:
    """Whether a reminder to this person is justified and allowed now, at any distance."""
    located_now = now - person.position_at <= s.people.max_observation_age
    return located_now and _needs_reminder(person, plan, s)


def is_remembered(person: Person, plan: Plan, now: float, s: PatrolSettings) -> bool:
    """Whether a person went out of sight standing in violation and was not approached since."""
    return (
        now - person.position_at <= s.selection.memory_seconds
        and person.cooldown_until <= person.last_seen
        and person.speed < s.people.leaving_speed
        and _needs_reminder(person, plan, s)
    )


def _needs_reminder(person: Person, plan: Plan, s: PatrolSettings) -> bool:
    return (
        person.in_violation(s.selection.violation_seconds)
        and person.position is not None
        and person.position_std <= s.selection.max_position_std
        and person.reminders < s.reminders.max_per_person
        and not person.is_leaving(s.people)
        and plan.masks_required(person.position)
    )


def in_cooldown(person: Person, now: float, s: MemorySettings) -> bool:
    """Whether the person was reminded or given up on recently."""
    seconds = s.place_cooldown if person.ambiguous else s.reminded_cooldown
    return now < person.cooldown_until or now < person.reminded_at + seconds


def candidates(
    people: Iterable[Person], plan: Plan, robot: Pose, now: float, s: PatrolSettings
) -> list[Person]:
    """All candidates for an approach, best first.

    People in sight come before remembered ones. Within both, the cost is the distance in meters
    minus ``selection.waiting_weight`` for each second of the violation.
    """

    def cost(person: Person) -> tuple[bool, float]:
        assert person.position is not None
        since = now if person.unmasked_since is None else person.unmasked_since
        meters = person.position.distance(robot) - s.selection.waiting_weight * (now - since)
        return not person.in_sight(now, s.people), meters

    found = [
        person
        for person in people
        if (may_be_addressed(person, plan, now, s) or is_remembered(person, plan, now, s))
        and not in_cooldown(person, now, s.memory)
        and person.position is not None
        and person.position.distance(robot) <= s.selection.max_range
    ]
    return sorted(found, key=cost)


def group_around(target: Person, others: Iterable[Person], radius: float) -> tuple[Person, ...]:
    """The target first, then the others within ``radius`` meters of it."""
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
    """The most serious violation; UNKNOWN only if there is no other status."""
    return min((status for status in statuses if status), default=WearStatus.UNKNOWN)


def clear_stand_off(
    positions: Sequence[Point], robot: Pose, distance: float, bystanders: Sequence[Point]
) -> Pose:
    """As ``stand_off_pose``, but rotated about the group if a bystander is too close to it.

    If no rotation of ``DETOURS_RAD`` is clear of bystanders, the pose is not rotated.
    """
    center = centroid(positions)
    off_x, off_y = robot.x - center.x, robot.y - center.y
    poses = []
    for angle in DETOURS_RAD:
        sin, cos = math.sin(angle), math.cos(angle)
        seen_from = Pose(
            center.x + off_x * cos - off_y * sin, center.y + off_x * sin + off_y * cos, robot.yaw
        )
        poses.append(stand_off_pose(positions, seen_from, distance))
    clear = (p for p in poses if all(b.distance(p) >= PERSONAL_SPACE_M for b in bystanders))
    return next(clear, poses[0])


def centroid(points: Sequence[Point]) -> Point:
    """Mean of one or more points."""
    return Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points))


def stand_off_pose(positions: Sequence[Point], robot: Pose, distance: float) -> Pose:
    """Pose in the map in front of a group: on the robot's side, facing the group's center.

    Args:
        positions: positions of the people in the map, one or more.
        robot: present pose of the robot.
        distance: minimum distance from each of them, meters.
    """
    center = centroid(positions)
    away = center.distance(robot)
    if away > 0.0:
        to_x, to_y = (center.x - robot.x) / away, (center.y - robot.y) / away
    else:
        to_x, to_y = math.cos(robot.yaw), math.sin(robot.yaw)
    back = 0.0
    for position in positions:
        x, y = position.x - center.x, position.y - center.y
        # How much nearer than the center this person is, and how far to the side.
        nearer, aside = -(x * to_x + y * to_y), abs(x * to_y - y * to_x)
        if aside < distance:
            back = max(back, nearer + math.sqrt(distance**2 - aside**2))
    return Pose(center.x - back * to_x, center.y - back * to_y, math.atan2(to_y, to_x))
