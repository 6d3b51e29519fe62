# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest

from mask_detector_ros.patrol.interface import GoTo, Outcome, Point, Pose
from mask_detector_ros.simulation.robot import MAX_SPEED, MAX_TURN, Report, Robot
from mask_detector_ros.simulation.world import World, box, line

STEP = 0.1
HALL = World("hall", 10.0, 6.0, inner_walls=box(4.0, 2.0, 6.0, 4.0))


def drive(
    robot: Robot, seconds: float, people: Callable[[float], list[Point]] = lambda _now: []
) -> tuple[Report | None, list[Pose]]:
    """Until a goal ended or time is over; the report and the poses on the way."""
    poses = [robot.pose]
    for tick in range(round(seconds / STEP)):
        report = robot.advance(tick * STEP, STEP, people(tick * STEP))
        poses.append(robot.pose)
        if report is not None:
            return report, poses
    return None, poses


def test_reaches_a_goal_round_the_corner_and_looks_where_it_should() -> None:
    robot = Robot(HALL, Pose(1, 3, 0))
    robot.go(GoTo(7, Pose(9, 3, math.pi / 2)))
    report, poses = drive(robot, 40)
    assert report == Report(7, Outcome.REACHED, "")
    assert robot.pose.point.distance(Point(9, 3)) < 0.15
    assert robot.pose.yaw == pytest.approx(math.pi / 2, abs=0.1)
    assert min(HALL.clearance(pose.point) for pose in poses) > 0.15
    assert robot.goal is None


def test_keeps_its_limits() -> None:
    robot = Robot(HALL, Pose(1, 3, math.pi))
    robot.go(GoTo(1, Pose(9, 3, 0)))
    _, poses = drive(robot, 40)
    for a, b in itertools.pairwise(poses):
        assert a.point.distance(b) <= MAX_SPEED * STEP + 1e-9
        assert abs(math.remainder(b.yaw - a.yaw, math.tau)) <= MAX_TURN * STEP + 1e-9


def test_stops_before_someone_in_the_way_and_gives_up_if_that_lasts() -> None:
    passage = World("passage", 10.0, 1.4)
    robot = Robot(passage, Pose(1, 0.7, 0))
    robot.go(GoTo(1, Pose(9, 0.7, 0)))
    person = Point(5, 0.7)
    report, poses = drive(robot, 40, lambda _now: [person])
    assert report is not None and report.outcome == Outcome.ABORTED
    assert "blocked" in report.detail
    assert 0.6 <= min(pose.point.distance(person) for pose in poses) < 1.5


def test_goes_on_when_the_way_is_free_again() -> None:
    passage = World("passage", 10.0, 1.4)
    robot = Robot(passage, Pose(1, 0.7, 0))
    robot.go(GoTo(1, Pose(9, 0.7, 0)))
    report, _ = drive(robot, 40, lambda now: [Point(5, 0.7)] if now < 9 else [])
    assert report is not None and report.outcome == Outcome.REACHED


def test_no_way_is_told_at_once() -> None:
    divided = World("divided", 10.0, 6.0, glass=line((5.0, 0.0), (5.0, 6.0)))
    robot = Robot(divided, Pose(1, 3, 0))
    robot.go(GoTo(3, Pose(9, 3, 0)))
    report, poses = drive(robot, 5)
    assert report is not None and (report.goal, report.outcome) == (3, Outcome.ABORTED)
    assert len(poses) == 2


@pytest.mark.parametrize("outcome", [Outcome.ABORTED, Outcome.REJECTED])
def test_broken_navigation_refuses_and_recovers(outcome: Outcome) -> None:
    robot = Robot(HALL, Pose(1, 1, 0))
    robot.refusal = outcome
    robot.go(GoTo(1, Pose(3, 1, 0)))
    report, _ = drive(robot, 1)
    assert report is not None and report.outcome == outcome
    robot.refusal = None
    robot.go(GoTo(2, Pose(3, 1, 0)))
    report, _ = drive(robot, 10)
    assert report == Report(2, Outcome.REACHED, "")


def test_stop_halts_it_softly_and_reports_nothing() -> None:
    robot = Robot(HALL, Pose(1, 1, 0))
    robot.go(GoTo(1, Pose(9, 1, 0)))
    drive(robot, 3)
    robot.stop()
    before = robot.pose
    report, _ = drive(robot, 2)
    assert report is None
    assert 0 < robot.pose.point.distance(before) < 0.3
    assert robot.speed == 0.0


def test_a_new_goal_replaces_the_old_one_without_a_report() -> None:
    robot = Robot(HALL, Pose(1, 1, 0))
    robot.go(GoTo(1, Pose(9, 1, 0)))
    drive(robot, 3)
    robot.go(GoTo(2, Pose(1.5, 1, math.pi)))
    report, _ = drive(robot, 20)
    assert report == Report(2, Outcome.REACHED, "")
