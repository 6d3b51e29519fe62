# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind, Speak
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.pedestrians import (
    Pedestrian,
    PedestrianSpec,
    Reaction,
    Stay,
    Walk,
)
from mask_detector_ros.simulation.simulator import Simulator
from mask_detector_ros.simulation.world import World

STEP_S = 0.1
START = Pose(1, 1, 0)
FAR_ROBOT = Pose(90, 90)


def ada(
    *script: Walk | Stay,
    wear_status: WearStatus = WearStatus.NO_MASK,
    reaction: Reaction = Reaction.COMPLIES,
    reaction_delay: float = 2.0,
) -> Pedestrian:
    return Pedestrian(
        PedestrianSpec(
            "Ada",
            START,
            script,
            wear_schedule=((0.0, wear_status),),
            reaction=reaction,
            reaction_delay=reaction_delay,
            exit_path=(Walk(8, 1),),
        )
    )


def simulate(
    pedestrian: Pedestrian, until: float, robot: Pose = FAR_ROBOT, since: float = 0.0
) -> None:
    for tick in range(round(since / STEP_S) + 1, round(until / STEP_S) + 1):
        pedestrian.advance(tick * STEP_S, STEP_S, robot)


def status(pedestrian: Pedestrian) -> WearStatus:
    return pedestrian.wear_status


def test_a_script_is_followed_at_its_speed() -> None:
    pedestrian = ada(Stay(1.0), Walk(5.0, 1.0, 0.5), Walk(5.0, 3.0, 1.0))
    simulate(pedestrian, 5.0)
    assert pedestrian.point.distance(Point(3, 1)) < 0.1
    simulate(pedestrian, 20.0, since=5.0)
    assert pedestrian.point.distance(Point(5, 3)) < 0.01
    assert pedestrian.pose.yaw == pytest.approx(math.pi / 2)


def test_the_stride_advances_only_while_walking() -> None:
    pedestrian = ada(Walk(3.0, 1.0))
    simulate(pedestrian, 1.0)
    assert pedestrian.figure.stride % 1 != 0
    simulate(pedestrian, 4.0, since=1.0)
    stopped = pedestrian.figure.stride
    simulate(pedestrian, 6.0, since=4.0)
    assert pedestrian.figure.stride == stopped == int(stopped)


def test_the_wear_schedule_is_followed() -> None:
    schedule = ((0.0, WearStatus.CORRECT), (2.0, WearStatus.NOSE_EXPOSED))
    pedestrian = Pedestrian(PedestrianSpec("Ada", START, wear_schedule=schedule))
    simulate(pedestrian, 1.5)
    assert status(pedestrian) == WearStatus.CORRECT
    simulate(pedestrian, 2.5, since=1.5)
    assert status(pedestrian) == WearStatus.NOSE_EXPOSED


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [(Reaction.COMPLIES, WearStatus.CORRECT), (Reaction.REFUSES, WearStatus.NO_MASK)],
)
def test_reaction_to_a_reminder(reaction: Reaction, expected: WearStatus) -> None:
    pedestrian = ada(reaction=reaction)
    simulate(pedestrian, 1.0)
    pedestrian.receive(1.0, ReminderKind.REMIND)
    simulate(pedestrian, 2.5, since=1.0)
    assert status(pedestrian) == WearStatus.NO_MASK, "reacted before the delay was over"
    simulate(pedestrian, 3.5, since=2.5)
    assert status(pedestrian) == expected
    assert pedestrian.reminders_received == 1


def test_thanks_cause_no_reaction() -> None:
    pedestrian = ada(reaction_delay=0.5)
    pedestrian.receive(0.0, ReminderKind.THANK)
    simulate(pedestrian, 3.0)
    assert (pedestrian.reminders_received, pedestrian.thanks_received) == (0, 1)
    assert status(pedestrian) == WearStatus.NO_MASK


def test_people_who_leave_walk_along_their_exit_path() -> None:
    pedestrian = ada(reaction=Reaction.LEAVES, reaction_delay=1.0)
    pedestrian.receive(0.0, ReminderKind.REMIND)
    simulate(pedestrian, 10.0, robot=Pose(0.2, 1))
    assert pedestrian.point.distance(Point(8, 1)) < 0.01
    assert status(pedestrian) == WearStatus.NO_MASK


def test_early_compliance_starts_when_the_robot_is_near() -> None:
    pedestrian = ada(reaction=Reaction.COMPLIES_EARLY, reaction_delay=0.5)
    simulate(pedestrian, 5.0)
    assert status(pedestrian) == WearStatus.NO_MASK
    simulate(pedestrian, 6.0, robot=Pose(3, 1), since=5.0)
    assert status(pedestrian) == WearStatus.CORRECT


def test_standing_people_look_at_a_near_robot_and_back_again() -> None:
    pedestrian = ada()
    simulate(pedestrian, 3.0, robot=Pose(1, 3))
    assert pedestrian.pose.yaw == pytest.approx(math.pi / 2)
    simulate(pedestrian, 6.0, since=3.0)
    assert pedestrian.pose.yaw == pytest.approx(0.0)


def test_reminded_people_stop_walking_and_continue_later() -> None:
    pedestrian = ada(Walk(9.0, 1.0, 0.5))
    simulate(pedestrian, 2.0)
    pedestrian.receive(2.0, ReminderKind.REMIND)
    stopped_at = pedestrian.point
    simulate(pedestrian, 5.0, since=2.0)
    assert pedestrian.point == stopped_at
    simulate(pedestrian, 30.0, since=5.0)
    assert pedestrian.point.distance(Point(9, 1)) < 0.01


def test_people_walk_around_the_robot() -> None:
    pedestrian, robot = ada(Walk(9.0, 1.0)), Pose(5, 1)
    nearest = math.inf
    for tick in range(1, 150):
        pedestrian.advance(tick * STEP_S, STEP_S, robot)
        nearest = min(nearest, pedestrian.point.distance(robot))
    assert 0.7 < nearest < 1.0
    assert pedestrian.point.distance(Point(9, 1)) < 0.01


def test_posters_never_change() -> None:
    no_mask = ((0.0, WearStatus.NO_MASK),)
    poster = Pedestrian(PedestrianSpec("poster", START, wear_schedule=no_mask, is_poster=True))
    poster.receive(0.0, ReminderKind.REMIND)
    simulate(poster, 5.0, robot=Pose(1, 2))
    assert poster.pose == START
    assert (status(poster), poster.reminders_received) == (WearStatus.NO_MASK, 0)


def reminder(position: Point | None, persons: int = 1) -> Speak:
    ids = tuple(map(str, range(persons)))
    return Speak(ReminderKind.REMIND, 1, ids, WearStatus.NO_MASK, 1, position, 1.5)


def test_a_reminder_reaches_the_people_at_its_position_and_nobody_else() -> None:
    no_mask = ((0.0, WearStatus.NO_MASK),)
    people = [
        PedestrianSpec(name, Pose(x, 2, 0), wear_schedule=no_mask)
        for name, x in (("a", 3), ("b", 3.8), ("c", 9))
    ]
    simulator = Simulator(World("hall", 10, 4), people, Pose(1.5, 2))

    def names(speech: Speak) -> list[str]:
        return [pedestrian.name for pedestrian in simulator.addressees(speech)]

    assert names(reminder(Point(3.2, 2))) == ["a"]
    assert names(reminder(Point(3.2, 2), persons=2)) == ["a", "b"]
    assert names(reminder(Point(6.0, 2))) == [], "nobody stands there"
    assert names(reminder(Point(9.0, 2))) == [], "out of hearing range"
    assert names(reminder(None)) == []
    simulator.speak(reminder(Point(3.8, 2)))
    assert [p.reminders_received for p in simulator.pedestrians] == [0, 1, 0]
