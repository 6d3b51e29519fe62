# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.simulation.world import World, polyline, rectangle

KIOSK = World("kiosk", 10.0, 6.0, inner_walls=rectangle(4.0, 2.0, 6.0, 4.0))
DIVIDED = World("divided", 10.0, 6.0, glass=polyline((5.0, 0.0), (5.0, 6.0)))


def along(path: list[Point], step: float = 0.05) -> list[Point]:
    """Points along a path, ``step`` meters apart."""
    points = []
    for a, b in itertools.pairwise(path):
        for fraction in np.linspace(0, 1, max(2, round(a.distance(b) / step))):
            points.append(Point(a.x + fraction * (b.x - a.x), a.y + fraction * (b.y - a.y)))
    return points


def length(path: list[Point]) -> float:
    return sum(a.distance(b) for a, b in itertools.pairwise(path))


def test_walls_block_sight_and_glass_does_not() -> None:
    assert not KIOSK.visible(Point(1, 3), Point(9, 3))
    assert KIOSK.visible(Point(1, 1), Point(9, 1))
    assert DIVIDED.visible(Point(1, 3), Point(9, 3))
    assert not DIVIDED.passable(Point(1, 3), Point(9, 3))


def test_distance_to_the_first_wall() -> None:
    assert KIOSK.distance_to_wall(Point(1, 3), 0.0, 20.0) == pytest.approx(3.0)
    assert KIOSK.distance_to_wall(Point(1, 1), math.pi, 20.0) == pytest.approx(1.0)
    assert KIOSK.distance_to_wall(Point(1, 3), 0.0, 2.0) == 2.0


def test_free_needs_clearance() -> None:
    assert KIOSK.free(Point(2, 3), 0.3)
    assert not KIOSK.free(Point(3.8, 3), 0.3)
    assert not KIOSK.free(Point(0.1, 3), 0.3)
    assert not KIOSK.free(Point(-1, 3), 0.3), "outside"


def test_paths_lead_around_walls_with_clearance_and_without_detours() -> None:
    path = KIOSK.find_path(Point(1, 3), Point(9, 3), radius=0.3)
    assert path is not None
    assert (path[0], path[-1]) == (Point(1, 3), Point(9, 3))
    assert min(KIOSK.clearance(point) for point in along(path)) > 0.2
    assert length(path) < 1.1 * (2 * math.hypot(3, 1.3) + 2)


def test_a_path_without_obstacles_is_straight() -> None:
    assert KIOSK.find_path(Point(1, 1), Point(9, 1)) == [Point(1, 1), Point(9, 1)]


def test_no_path_leads_through_glass() -> None:
    assert DIVIDED.find_path(Point(1, 3), Point(9, 3)) is None


def test_a_path_to_a_goal_at_a_wall_ends_nearby() -> None:
    path = KIOSK.find_path(Point(1, 1), Point(9.9, 1))
    assert path is not None
    assert 0.3 <= 10 - path[-1].x < 0.6


def test_no_path_leads_through_a_gap_narrower_than_the_robot() -> None:
    walls = polyline((5.0, 0.0), (5.0, 2.8)) + polyline((5.0, 3.2), (5.0, 6.0))
    narrow = World("narrow", 10.0, 6.0, inner_walls=walls)
    assert narrow.find_path(Point(1, 3), Point(9, 3), radius=0.3) is None


def test_paths_lead_around_people_where_there_is_room() -> None:
    person = Point(5, 1)
    path = KIOSK.find_path(Point(1, 1), Point(9, 1), people=[person])
    assert path is not None
    assert min(point.distance(person) for point in along(path)) > 0.5


def test_paths_are_deterministic() -> None:
    paths = [KIOSK.find_path(Point(1, 3), Point(9, 3), people=[Point(5, 1)]) for _ in range(2)]
    assert paths[0] == paths[1]
