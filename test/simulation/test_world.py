# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.simulation.world import World, box, line

KIOSK = World("kiosk", 10.0, 6.0, inner_walls=box(4.0, 2.0, 6.0, 4.0))
DIVIDED = World("divided", 10.0, 6.0, glass=line((5.0, 0.0), (5.0, 6.0)))


def along(path: list[Point], step: float = 0.05) -> list[Point]:
    """Many points on the way."""
    points = []
    for a, b in itertools.pairwise(path):
        for share in np.linspace(0, 1, max(2, round(a.distance(b) / step))):
            points.append(Point(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)))
    return points


def length(path: list[Point]) -> float:
    return sum(a.distance(b) for a, b in itertools.pairwise(path))


def test_walls_hide_and_glass_does_not() -> None:
    assert not KIOSK.visible(Point(1, 3), Point(9, 3))
    assert KIOSK.visible(Point(1, 1), Point(9, 1))
    assert DIVIDED.visible(Point(1, 3), Point(9, 3))
    assert not DIVIDED.passable(Point(1, 3), Point(9, 3))


def test_sight_ends_at_the_first_wall() -> None:
    assert KIOSK.sight(Point(1, 3), 0.0, 20.0) == pytest.approx(3.0)
    assert KIOSK.sight(Point(1, 1), math.pi, 20.0) == pytest.approx(1.0)
    assert KIOSK.sight(Point(1, 3), 0.0, 2.0) == 2.0


def test_a_disc_needs_room() -> None:
    assert KIOSK.free(Point(2, 3), 0.3)
    assert not KIOSK.free(Point(3.8, 3), 0.3)
    assert not KIOSK.free(Point(0.1, 3), 0.3)
    assert not KIOSK.free(Point(-1, 3), 0.3), "outside"


def test_the_way_leads_round_walls_with_room_and_without_detours() -> None:
    path = KIOSK.path(Point(1, 3), Point(9, 3), radius=0.3)
    assert path is not None
    assert (path[0], path[-1]) == (Point(1, 3), Point(9, 3))
    assert min(KIOSK.clearance(point) for point in along(path)) > 0.2
    assert length(path) < 1.1 * (2 * math.hypot(3, 1.3) + 2)


def test_an_open_way_is_straight() -> None:
    assert KIOSK.path(Point(1, 1), Point(9, 1)) == [Point(1, 1), Point(9, 1)]


def test_there_is_no_way_through_glass() -> None:
    assert DIVIDED.path(Point(1, 3), Point(9, 3)) is None


def test_a_goal_close_to_a_wall_is_approached_as_far_as_possible() -> None:
    path = KIOSK.path(Point(1, 1), Point(9.9, 1))
    assert path is not None
    assert 0.3 <= 10 - path[-1].x < 0.6


def test_a_gap_narrower_than_the_robot_is_no_way() -> None:
    walls = line((5.0, 0.0), (5.0, 2.8)) + line((5.0, 3.2), (5.0, 6.0))
    narrow = World("narrow", 10.0, 6.0, inner_walls=walls)
    assert narrow.path(Point(1, 3), Point(9, 3), radius=0.3) is None


def test_people_are_gone_round_where_there_is_room() -> None:
    person = Point(5, 1)
    path = KIOSK.path(Point(1, 1), Point(9, 1), people=[person])
    assert path is not None
    assert min(point.distance(person) for point in along(path)) > 0.5


def test_the_same_question_has_the_same_answer() -> None:
    ways = [KIOSK.path(Point(1, 3), Point(9, 3), people=[Point(5, 1)]) for _ in range(2)]
    assert ways[0] == ways[1]
