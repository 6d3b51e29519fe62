# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Candidates, groups and the stand-off."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Observation, Point, Pose
from mask_detector_ros.patrol.person import Person
from mask_detector_ros.patrol.person_registry import PersonRegistry
from mask_detector_ros.patrol.plan import Plan, Waypoint
from mask_detector_ros.patrol.target_selection import (
    PERSONAL_SPACE_M,
    candidates,
    centroid,
    clear_stand_off,
    group_around,
    stand_off_pose,
    worst,
)
from mask_detector_ros.perception.types import WearStatus

PLAN = Plan((Waypoint("one", Pose(0.0, 0.0)),))
ROBOT = Pose(0.0, 0.0)


def ranked(settings: PatrolSettings, *people: tuple[str, float, float]) -> list[str]:
    """Ids of the candidates at 60 s, best first, of people (id, x, start of the violation)."""
    everyone = PersonRegistry()
    for t in range(121):
        at = t * 0.5
        seen = [
            Observation(id, WearStatus.NO_MASK, 1.0, Point(x, 0.0), 0.1)
            for id, x, since in people
            if at >= since
        ]
        everyone.update(seen, at, ROBOT, settings)
    return [person.id for person in candidates(everyone, PLAN, ROBOT, 60.0, settings)]


def test_candidates_are_ranked_by_distance_and_waiting_time() -> None:
    people = (("long", 7.0, 0.0), ("new", 5.0, 55.0))
    never = replace(
        PatrolSettings(), selection=replace(PatrolSettings().selection, waiting_weight=0.0)
    )
    assert ranked(never, *people) == ["new", "long"]
    assert ranked(PatrolSettings(), *people) == ["long", "new"]


def test_out_of_range_or_too_recent_is_not_a_candidate() -> None:
    assert ranked(PatrolSettings(), ("far", 8.5, 0.0), ("new", 3.0, 59.5)) == []


@given(
    st.floats(-50, 50),
    st.floats(-50, 50),
    st.floats(-50, 50),
    st.floats(-50, 50),
    st.floats(0.3, 5),
)
def test_the_stand_off_faces_the_person_from_the_robot_s_side(
    x: float, y: float, robot_x: float, robot_y: float, distance: float
) -> None:
    person, robot = Point(x, y), Pose(robot_x, robot_y, 0.5)
    pose = stand_off_pose([person], robot, distance)
    assert person.distance(pose) == pytest.approx(distance)
    ahead = Point(pose.x + distance * math.cos(pose.yaw), pose.y + distance * math.sin(pose.yaw))
    assert ahead.distance(person) < 1e-6
    away = person.distance(robot)
    assert robot.point.distance(pose) == pytest.approx(abs(away - distance), abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(-1.2, 1.2), st.floats(-1.2, 1.2)), min_size=1, max_size=4),
    st.floats(0.0, 6.2),
    st.floats(0.5, 3.0),
)
def test_the_stand_off_of_a_group_faces_its_center_and_keeps_the_distance(
    offsets: list[tuple[float, float]], bearing: float, distance: float
) -> None:
    robot = Pose(8.0 * math.cos(bearing), 8.0 * math.sin(bearing))
    places = [Point(x, y) for x, y in offsets]
    middle, pose = centroid(places), stand_off_pose(places, robot, distance)
    to_middle = math.atan2(middle.y - robot.y, middle.x - robot.x)
    assert math.remainder(pose.yaw - to_middle, math.tau) == pytest.approx(0.0, abs=1e-6)
    assert min(place.distance(pose) for place in places) >= distance - 1e-6
    ahead = (middle.x - pose.x) * math.cos(pose.yaw) + (middle.y - pose.y) * math.sin(pose.yaw)
    assert ahead >= 0.0, "not behind the group"


def test_the_stand_off_is_rotated_away_from_a_bystander() -> None:
    target, robot = Point(6.0, 0.0), Pose(0.0, 0.0)
    straight = stand_off_pose([target], robot, 1.5)
    assert clear_stand_off([target], robot, 1.5, []) == straight
    assert clear_stand_off([target], robot, 1.5, [Point(4.5, 3.0)]) == straight
    in_the_way = Point(4.6, 0.2)
    aside = clear_stand_off([target], robot, 1.5, [in_the_way])
    assert aside.point.distance(in_the_way) >= PERSONAL_SPACE_M
    assert aside.point.distance(target) == pytest.approx(1.5)
    bearing = math.atan2(target.y - aside.y, target.x - aside.x)
    assert aside.yaw == pytest.approx(bearing)
    # With bystanders all around, the direct stand-off is used.
    ring = [Point(6 + 1.5 * math.cos(a), 1.5 * math.sin(a)) for a in (2, 2.6, 3.14, 3.7, 4.3)]
    assert clear_stand_off([target], robot, 1.5, ring) == straight


def test_groups_are_those_near_the_target() -> None:
    people = PersonRegistry()
    spots = {"a": 5.0, "b": 6.2, "c": 7.4}
    people.update(
        [Observation(id, WearStatus.NO_MASK, 1.0, Point(x, 0.0), 0.1) for id, x in spots.items()],
        0.0,
        ROBOT,
        PatrolSettings(),
    )
    by_id: dict[str, Person] = {person.id: person for person in people}
    group = group_around(by_id["a"], people, 1.5)
    assert [person.id for person in group] == ["a", "b"]


def test_the_worst_status() -> None:
    assert worst([WearStatus.NOSE_EXPOSED, WearStatus.BELOW_MOUTH]) == WearStatus.BELOW_MOUTH
    assert worst([WearStatus.UNKNOWN, WearStatus.NOSE_EXPOSED]) == WearStatus.NOSE_EXPOSED
    assert worst([]) == WearStatus.UNKNOWN
