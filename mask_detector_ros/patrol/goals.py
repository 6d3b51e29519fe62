# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the robot is sent while a state lasts."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import Command, Pose, State
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.situation import Situation
from mask_detector_ros.patrol.target_selection import clear_stand_off, middle_of
from mask_detector_ros.patrol.transitions import ENCOUNTER, ON_PATROL
from mask_detector_ros.perception.types import WearStatus


def drive(state: State, s: Situation) -> list[Command]:
    """The goal that the state asks for, if it is not set yet."""
    if not s.ready or s.robot is None:
        return []
    if state in ON_PATROL and s.driving.goal is None:
        return [s.driving.go(s.next_waypoint.pose, s.now)]
    if state == State.APPROACH and s.target is not None:
        return _drive_to(s.target, s.robot, s)
    if state in ENCOUNTER:
        return _turn_to_group(s.robot, s)
    return []


def _drive_to(person: Person, robot: Pose, s: Situation) -> list[Command]:
    a = s.settings.approach
    if person.position is None or s.driving.failed:
        return []
    if s.within_reach(person) and person.fresh(s.now, s.settings.people):
        # Near, but the violation cannot be told at this moment: no use in going nearer.
        arrived = s.driving.arrived is not None
        return [] if arrived else [s.driving.stop_here(s.now)]
    places = s.to_approach
    if s.driving.goal is not None and s.approached is not None:
        moved = middle_of(places).distance(s.approached) > a.replan_distance
        missed = s.driving.arrived is not None and not s.within_reach(person, arrived=True)
        if s.now - s.driving.sent < a.replan_seconds or not (moved or missed):
            return []
    s.approached = middle_of(places)
    # Whose mask is not told yet may come to belong to the group.
    others = [
        other.position
        for other in s.people
        if other.position is not None
        and other.status == WearStatus.CORRECT
        and other.fresh(s.now, s.settings.people)
    ]
    s.stand_off = clear_stand_off(places, robot, a.stand_off, others)
    return [s.driving.go(s.stand_off, s.now)]


def _turn_to_group(robot: Pose, s: Situation) -> list[Command]:
    """Turn on the spot after people who step aside, so that they stay in the picture."""
    a, places = s.settings.approach, s.to_face
    if not places or s.now - max(s.driving.sent, s.since) < a.turn_seconds:
        return []
    middle = middle_of(places)
    yaw = math.atan2(middle.y - robot.y, middle.x - robot.x)
    if abs(math.remainder(yaw - robot.yaw, math.tau)) <= a.turn_angle:
        return []
    return [s.driving.go(Pose(robot.x, robot.y, yaw), s.now)]
