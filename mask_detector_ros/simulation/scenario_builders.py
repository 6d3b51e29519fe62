# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Helpers that shorten the definition of scenarios."""

from __future__ import annotations

import math
from typing import Any

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.patrol.plan import Plan, QuietHours, Waypoint, Zone
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.environments import HALL, HALL_WAYPOINTS
from mask_detector_ros.simulation.pedestrians import PedestrianSpec
from mask_detector_ros.simulation.scenario import ONCE, Scenario
from mask_detector_ros.simulation.world import World

NO_MASK = WearStatus.NO_MASK
BELOW_MOUTH = WearStatus.BELOW_MOUTH
NOSE_EXPOSED = WearStatus.NOSE_EXPOSED
CORRECT = WearStatus.CORRECT

LEFT, RIGHT, UP, DOWN = math.pi, 0.0, math.pi / 2, -math.pi / 2
"""Directions as in the drawn map, radians."""


def person(
    name: str, x: float, y: float, wear_status: WearStatus, facing: float = LEFT, **options: Any
) -> PedestrianSpec:
    """A person with a constant wear status. ``options``: further fields of the spec."""
    return PedestrianSpec(name, Pose(x, y, facing), wear_schedule=((0.0, wear_status),), **options)


def mask_free_zone(name: str, left: float, bottom: float, right: float, top: float) -> Zone:
    """A rectangle in which no mask is required."""
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    return Zone(name, False, tuple(Point(*corner) for corner in corners))


def make_scenario(
    name: str,
    story: str,
    *people: PedestrianSpec,
    environment: tuple[World, tuple[Waypoint, ...]] = (HALL, HALL_WAYPOINTS),
    zones: tuple[Zone, ...] = (),
    quiet_hours: tuple[QuietHours, ...] = (),
    **options: Any,
) -> Scenario:
    """A scenario in which the robot starts at the first waypoint.

    Args:
        name, story, people: see ``Scenario``.
        environment: world and waypoints.
        zones, quiet_hours: of the plan.
        options: further fields of ``Scenario``.
    """
    world, waypoints = environment
    plan = Plan(waypoints=waypoints, zones=zones, quiet_hours=quiet_hours)
    return Scenario(name, story, world, people, plan, waypoints[0].pose, **options)


def single_person_scenario(
    name: str,
    story: str,
    wear_status: WearStatus,
    sprite: int,
    at: tuple[float, float, float] = (7.5, 2.2, LEFT),
    person_options: dict[str, Any] | None = None,
    **options: Any,
) -> Scenario:
    """Ada alone, who complies when reminded.

    Args:
        name, story: see ``Scenario``.
        wear_status, sprite: of Ada.
        at: x, y and facing.
        person_options: further fields of Ada's spec.
        options: see ``make_scenario``.
    """
    x, y, facing = at
    ada = person("Ada", x, y, wear_status, facing, sprite=sprite, **(person_options or {}))
    return make_scenario(name, story, ada, reminders={"Ada": ONCE}, thanks=("Ada",), **options)
