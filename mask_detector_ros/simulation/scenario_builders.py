# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Short words for writing scenarios."""

from __future__ import annotations

import math
from typing import Any

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.plan import Plan, QuietHours, Waypoint, Zone
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.pedestrians import Person
from mask_detector_ros.simulation.places import HALL, HALL_TOUR
from mask_detector_ros.simulation.scenario import ONCE, Scenario
from mask_detector_ros.simulation.world import World

BARE = WearStatus.NO_MASK
CHIN = WearStatus.BELOW_MOUTH
NOSE = WearStatus.NOSE_EXPOSED
WORN = WearStatus.CORRECT

LEFT, RIGHT, UP, DOWN = math.pi, 0.0, math.pi / 2, -math.pi / 2
"""Directions as in the pictures, radians."""


def person(
    name: str, x: float, y: float, wear: WearStatus, facing: float = LEFT, **more: Any
) -> Person:
    """Someone who wears it like that from the beginning."""
    return Person(name, Pose(x, y, facing), wear=((0.0, wear),), **more)


def zone(name: str, left: float, bottom: float, right: float, top: float) -> Zone:
    """A rectangle in which no mask is required."""
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    return Zone(name, False, tuple(Point(*corner) for corner in corners))


def trial(
    name: str,
    story: str,
    *cast: Person,
    place: tuple[World, tuple[Waypoint, ...]] = (HALL, HALL_TOUR),
    zones: tuple[Zone, ...] = (),
    quiet_hours: tuple[QuietHours, ...] = (),
    **more: Any,
) -> Scenario:
    """A scenario whose robot begins at the first waypoint, looking along its round."""
    world, tour = place
    plan = Plan(waypoints=tour, zones=zones, quiet_hours=quiet_hours)
    return Scenario(name, story, world, cast, plan, tour[0].pose, **more)


def one(
    name: str,
    story: str,
    wear: WearStatus,
    sprite: int,
    at: tuple[float, float, float] = (7.5, 2.2, LEFT),
    also: dict[str, Any] | None = None,
    **more: Any,
) -> Scenario:
    """Ada alone, who complies when asked.

    Args:
        at: x, y and facing.
        also: more of her part.
        more: of the scenario.
    """
    ada = person("Ada", at[0], at[1], wear, at[2], sprite=sprite, **(also or {}))
    return trial(name, story, ada, reminders={"Ada": ONCE}, thanks=("Ada",), **more)
