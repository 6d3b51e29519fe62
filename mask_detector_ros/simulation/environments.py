# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The worlds of the scenarios, each with its waypoints."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.patrol.plan import Waypoint
from mask_detector_ros.simulation.world import World, polyline, rectangle

HALL = World("hall", 12.0, 8.0, inner_walls=rectangle(5.0, 3.6, 7.0, 4.4))
"""An open hall around a kiosk."""

GALLERY = World(
    "gallery",
    12.0,
    8.0,
    inner_walls=polyline((2.6, 4.6), (3.4, 4.6)) + polyline((2.6, 4.6), (2.6, 8.0)),
    glass=polyline((3.4, 4.6), (12.0, 4.6)),
)
"""A passage along a meeting room behind glass. No path connects the two."""

CORRIDOR = World(
    "corridor",
    14.0,
    8.0,
    inner_walls=(
        *polyline((0.0, 3.4), (2.6, 3.4)),
        *polyline((4.2, 3.4), (8.8, 3.4)),
        *polyline((10.4, 3.4), (14.0, 3.4)),
        *polyline((6.6, 3.4), (6.6, 8.0)),
    ),
)
"""A long corridor with two rooms and open doors."""

SHOP = World(
    "shop",
    12.0,
    8.0,
    inner_walls=(
        *rectangle(3.0, 2.6, 3.5, 6.0),
        *rectangle(6.0, 2.6, 6.5, 6.0),
        *rectangle(9.0, 2.6, 9.5, 6.0),
    ),
)
"""Aisles between shelves."""


def waypoint_loop(*positions: tuple[float, float], wait: float = 1.0) -> tuple[Waypoint, ...]:
    """Waypoints at (x, y), meters, each facing the next. ``wait`` is in seconds."""
    waypoints = []
    for number, (x, y) in enumerate(positions):
        x_next, y_next = positions[(number + 1) % len(positions)]
        yaw = math.atan2(y_next - y, x_next - x)
        waypoints.append(Waypoint(f"w{number + 1}", Pose(x, y, yaw), wait))
    return tuple(waypoints)


HALL_WAYPOINTS = waypoint_loop((1.6, 1.8), (10.4, 1.8), (10.4, 6.2), (1.6, 6.2))
GALLERY_WAYPOINTS = waypoint_loop((1.4, 1.6), (10.4, 1.6), (10.4, 3.2), (1.4, 3.2))
CORRIDOR_WAYPOINTS = waypoint_loop((1.2, 1.7), (9.6, 1.7), (9.6, 5.6), (9.0, 2.0), (12.8, 1.7))
SHOP_WAYPOINTS = waypoint_loop((1.4, 1.3), (7.6, 1.3), (7.6, 7.0), (4.8, 7.0), (4.8, 1.4))
