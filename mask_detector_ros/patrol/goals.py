# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Navigation goals of each state."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import Command, Pose, State
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.situation import Situation
from mask_detector_ros.patrol.target_selection import centroid, clear_stand_off
from mask_detector_ros.patrol.transitions import ENCOUNTER, ON_PATROL
from mask_detector_ros.perception.types import WearStatus


def drive(state: State, s: Situation) -> list[Command]:
    """Send the goal of the present state, if it is not sent yet or has to move.

    Returns:
        At most one command.
    """
    if not s.ready or s.robot is None:
        return []
    if state in ON_PATROL and s.driving.goal is None:
        return [s.driving.go(s.next_waypoint.pose, s.now)]
    if state == State.APPROACH and s.target is not None:
        return _drive_to(s.target, s.robot, s)
    if state in ENCOUNTER:
        return _rotate_to_group(s.robot, s)
    return []


def _drive_to(person: Person, robot: Pose, s: Situation) -> list[Command]:
    a = s.settings.approach
    if person.position is None or s.driving.failed:
        return []
    if s.within_reach(person) and person.in_sight(s.now, s.settings.people):
        # Near, but the violation is not observed now: driving nearer would not help.
        arrived = s.driving.arrived is not None
        return [] if arrived else [s.driving.stop_here(s.now)]
    positions = s.to_approach
    if s.driving.goal is not None and s.approached is not None:
        moved = centroid(positions).distance(s.approached) > a.replan_distance
        missed = s.driving.arrived is not None and not s.within_reach(person, arrived=True)
        if s.now - s.driving.sent < a.replan_seconds or not (moved or missed):
            return []
    s.approached = centroid(positions)
    # People of unknown status may turn out to belong to the group, so they do not count.
    bystanders = [
        other.position
        for other in s.people
        if other.position is not None
        and other.status == WearStatus.CORRECT
        and other.in_sight(s.now, s.settings.people)
    ]
    s.stand_off = clear_stand_off(positions, robot, a.stand_off, bystanders)
    return [s.driving.go(s.stand_off, s.now)]


def _rotate_to_group(robot: Pose, s: Situation) -> list[Command]:
    """Rotate in place toward group members who step aside, to keep them in the image."""
    a, positions = s.settings.approach, s.to_face
    if not positions or s.now - max(s.driving.sent, s.since) < a.rotate_period:
        return []
    center = centroid(positions)
    yaw = math.atan2(center.y - robot.y, center.x - robot.x)
    if abs(math.remainder(yaw - robot.yaw, math.tau)) <= a.rotate_threshold:
        return []
    return [s.driving.go(Pose(robot.x, robot.y, yaw), s.now)]
