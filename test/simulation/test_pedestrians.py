# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind, Speak
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.pedestrians import Manner, Person, Stay, Walk, Walker
from mask_detector_ros.simulation.stage import Stage
from mask_detector_ros.simulation.world import World

STEP = 0.1
FAR = Pose(90, 90)
BARE = ((0.0, WearStatus.NO_MASK),)


def live(walker: Walker, until: float, robot: Pose = FAR, since: float = 0.0) -> None:
    for tick in range(round(since / STEP) + 1, round(until / STEP) + 1):
        walker.advance(tick * STEP, STEP, robot)


def test_a_script_is_walked_at_its_speed() -> None:
    script = (Stay(1.0), Walk(5.0, 1.0, 0.5), Walk(5.0, 3.0, 1.0))
    walker = Walker(Person("Ada", Pose(1, 1, 0), script))
    live(walker, 5.0)
    assert walker.point.distance(Point(3, 1)) < 0.1
    live(walker, 20.0, since=5.0)
    assert walker.point.distance(Point(5, 3)) < 0.01
    assert walker.pose.yaw == pytest.approx(math.pi / 2)


def test_the_stride_goes_on_only_while_walking() -> None:
    walker = Walker(Person("Ada", Pose(1, 1, 0), (Walk(3.0, 1.0),)))
    live(walker, 1.0)
    assert walker.figure.walking % 1 != 0
    live(walker, 4.0, since=1.0)
    stopped = walker.figure.walking
    live(walker, 6.0, since=4.0)
    assert walker.figure.walking == stopped == int(stopped)


def test_masks_are_worn_as_the_part_says() -> None:
    wear = ((0.0, WearStatus.CORRECT), (2.0, WearStatus.NOSE_EXPOSED))
    walker = Walker(Person("Ada", Pose(1, 1, 0), wear=wear))
    live(walker, 1.5)
    assert walker.wear == WearStatus.CORRECT
    live(walker, 2.5, since=1.5)
    assert walker.wear == WearStatus.NOSE_EXPOSED


@pytest.mark.parametrize(
    ("manner", "wear"),
    [(Manner.COMPLIES, WearStatus.CORRECT), (Manner.REFUSES, WearStatus.NO_MASK)],
)
def test_what_people_do_when_asked(manner: Manner, wear: WearStatus) -> None:
    walker = Walker(Person("Ada", Pose(1, 1, 0), wear=BARE, manner=manner, delay=2.0))
    live(walker, 1.0)
    walker.hear(1.0, ReminderKind.REMIND)
    live(walker, 2.5, since=1.0)
    assert walker.wear == WearStatus.NO_MASK, "not before the delay is over"
    live(walker, 3.5, since=2.5)
    assert walker.wear == wear
    assert walker.asked == 1


def test_thanks_change_nothing() -> None:
    walker = Walker(Person("Ada", Pose(1, 1, 0), wear=BARE, delay=0.5))
    walker.hear(0.0, ReminderKind.THANK)
    live(walker, 3.0)
    assert (walker.asked, walker.thanked, walker.wear) == (0, 1, WearStatus.NO_MASK)


def test_walking_off_when_asked() -> None:
    person = Person(
        "Ada", Pose(1, 1, 0), wear=BARE, manner=Manner.LEAVES, delay=1.0, way_out=(Walk(8, 1),)
    )
    walker = Walker(person)
    walker.hear(0.0, ReminderKind.REMIND)
    live(walker, 10.0, robot=Pose(0.2, 1))
    assert walker.point.distance(Point(8, 1)) < 0.01
    assert walker.wear == WearStatus.NO_MASK


def test_the_shy_comply_when_the_robot_comes_near() -> None:
    walker = Walker(Person("Ada", Pose(1, 1, 0), wear=BARE, manner=Manner.SHY, delay=0.5))
    live(walker, 5.0)
    assert walker.wear == WearStatus.NO_MASK
    live(walker, 6.0, robot=Pose(3, 1), since=5.0)
    assert walker.wear == WearStatus.CORRECT


def test_standing_people_look_at_a_near_robot_and_back_again() -> None:
    walker = Walker(Person("Ada", Pose(1, 1, 0)))
    live(walker, 3.0, robot=Pose(1, 3))
    assert walker.pose.yaw == pytest.approx(math.pi / 2)
    live(walker, 6.0, since=3.0)
    assert walker.pose.yaw == pytest.approx(0.0)


def test_somebody_who_is_asked_stops_walking_and_goes_on_later() -> None:
    walker = Walker(Person("Ada", Pose(1, 1, 0), (Walk(9.0, 1.0, 0.5),), wear=BARE, delay=2.0))
    live(walker, 2.0)
    walker.hear(2.0, ReminderKind.REMIND)
    at = walker.point
    live(walker, 5.0, since=2.0)
    assert walker.point == at
    live(walker, 30.0, since=5.0)
    assert walker.point.distance(Point(9, 1)) < 0.01


def test_people_walk_round_the_robot_and_never_into_it() -> None:
    walker, robot = Walker(Person("Ada", Pose(1, 1, 0), (Walk(9.0, 1.0),))), Pose(5, 1)
    nearest = math.inf
    for tick in range(1, 150):
        walker.advance(tick * STEP, STEP, robot)
        nearest = min(nearest, walker.point.distance(robot))
    assert 0.7 < nearest < 1.0
    assert walker.point.distance(Point(9, 1)) < 0.01


def test_posters_never_change() -> None:
    walker = Walker(Person("poster", Pose(1, 1, 0), wear=BARE, is_poster=True))
    walker.hear(0.0, ReminderKind.REMIND)
    live(walker, 5.0, robot=Pose(1, 2))
    assert (walker.pose, walker.wear, walker.asked) == (Pose(1, 1, 0), WearStatus.NO_MASK, 0)


def speech(at: Point | None, persons: int = 1) -> Speak:
    ids = tuple(map(str, range(persons)))
    return Speak(ReminderKind.REMIND, 1, ids, WearStatus.NO_MASK, 1, at, 1.5)


def test_words_reach_those_they_point_at_and_nobody_else() -> None:
    cast = [Person(name, Pose(x, 2, 0), wear=BARE) for name, x in (("a", 3), ("b", 3.8), ("c", 9))]
    stage = Stage(World("hall", 10, 4), cast, Pose(1.5, 2))
    assert [w.name for w in stage.addressed(speech(Point(3.2, 2)))] == ["a"]
    assert [w.name for w in stage.addressed(speech(Point(3.2, 2), persons=2))] == ["a", "b"]
    assert stage.addressed(speech(Point(6.0, 2))) == [], "nobody stands there"
    assert stage.addressed(speech(Point(9.0, 2))) == [], "too far to hear"
    assert stage.addressed(speech(None)) == []
    stage.say(speech(Point(3.8, 2)))
    assert [w.asked for w in stage.walkers] == [0, 1, 0]
