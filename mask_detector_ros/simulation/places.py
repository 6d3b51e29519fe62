# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The places trials happen in, each with a round of waypoints."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.patrol.plan import Waypoint
from mask_detector_ros.simulation.world import World, box, line

HALL = World("hall", 12.0, 8.0, inner_walls=box(5.0, 3.6, 7.0, 4.4))
"""An open hall round a kiosk."""

GALLERY = World(
    "gallery",
    12.0,
    8.0,
    inner_walls=line((2.6, 4.6), (3.4, 4.6)) + line((2.6, 4.6), (2.6, 8.0)),
    glass=line((3.4, 4.6), (12.0, 4.6)),
)
"""A passage along a meeting room behind glass; nobody gets from one into the other."""

CORRIDOR = World(
    "corridor",
    14.0,
    8.0,
    inner_walls=(
        *line((0.0, 3.4), (2.6, 3.4)),
        *line((4.2, 3.4), (8.8, 3.4)),
        *line((10.4, 3.4), (14.0, 3.4)),
        *line((6.6, 3.4), (6.6, 8.0)),
    ),
)
"""A long corridor with two rooms whose doors stand open."""

SHOP = World(
    "shop",
    12.0,
    8.0,
    inner_walls=(
        *box(3.0, 2.6, 3.5, 6.0),
        *box(6.0, 2.6, 6.5, 6.0),
        *box(9.0, 2.6, 9.5, 6.0),
    ),
)
"""Aisles between shelves."""


def tour(*stops: tuple[float, float], wait: float = 1.0) -> tuple[Waypoint, ...]:
    """Waypoints (x, y), in meters, each looking to the next."""
    waypoints = []
    for number, (x, y) in enumerate(stops):
        x_next, y_next = stops[(number + 1) % len(stops)]
        yaw = math.atan2(y_next - y, x_next - x)
        waypoints.append(Waypoint(f"w{number + 1}", Pose(x, y, yaw), wait))
    return tuple(waypoints)


HALL_TOUR = tour((1.6, 1.8), (10.4, 1.8), (10.4, 6.2), (1.6, 6.2))
GALLERY_TOUR = tour((1.4, 1.6), (10.4, 1.6), (10.4, 3.2), (1.4, 3.2))
CORRIDOR_TOUR = tour((1.2, 1.7), (9.6, 1.7), (9.6, 5.6), (9.0, 2.0), (12.8, 1.7))
SHOP_TOUR = tour((1.4, 1.3), (7.6, 1.3), (7.6, 7.0), (4.8, 7.0), (4.8, 1.4))
