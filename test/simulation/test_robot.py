# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest

from mask_detector_ros.patrol.interface import GoTo, Outcome, Point, Pose
from mask_detector_ros.simulation.robot import MAX_SPEED_M_S, MAX_YAW_RATE_RAD_S, GoalResult, Robot
from mask_detector_ros.simulation.world import World, polyline, rectangle

STEP_S = 0.1
HALL = World("hall", 10.0, 6.0, inner_walls=rectangle(4.0, 2.0, 6.0, 4.0))


def drive(
    robot: Robot, seconds: float, people: Callable[[float], list[Point]] = lambda _now: []
) -> tuple[GoalResult | None, list[Pose]]:
    """Drive until the goal ends or the time is over; the result and all poses."""
    poses = [robot.pose]
    for tick in range(round(seconds / STEP_S)):
        result = robot.advance(tick * STEP_S, STEP_S, people(tick * STEP_S))
        poses.append(robot.pose)
        if result is not None:
            return result, poses
    return None, poses


def test_reaches_position_and_yaw_of_a_goal_around_a_corner() -> None:
    robot = Robot(HALL, Pose(1, 3, 0))
    robot.go(GoTo(7, Pose(9, 3, math.pi / 2)))
    result, poses = drive(robot, 40)
    assert result == GoalResult(7, Outcome.REACHED, "")
    assert robot.pose.point.distance(Point(9, 3)) < 0.15
    assert robot.pose.yaw == pytest.approx(math.pi / 2, abs=0.1)
    assert min(HALL.clearance(pose.point) for pose in poses) > 0.15
    assert robot.goal is None


def test_keeps_its_speed_limits() -> None:
    robot = Robot(HALL, Pose(1, 3, math.pi))
    robot.go(GoTo(1, Pose(9, 3, 0)))
    _, poses = drive(robot, 40)
    for a, b in itertools.pairwise(poses):
        assert a.point.distance(b) <= MAX_SPEED_M_S * STEP_S + 1e-9
        assert abs(math.remainder(b.yaw - a.yaw, math.tau)) <= MAX_YAW_RATE_RAD_S * STEP_S + 1e-9


def test_stops_before_a_person_in_the_way_and_aborts_after_a_timeout() -> None:
    passage = World("passage", 10.0, 1.4)
    robot = Robot(passage, Pose(1, 0.7, 0))
    robot.go(GoTo(1, Pose(9, 0.7, 0)))
    person = Point(5, 0.7)
    result, poses = drive(robot, 40, lambda _now: [person])
    assert result is not None and result.outcome == Outcome.ABORTED
    assert "blocked" in result.detail
    assert 0.6 <= min(pose.point.distance(person) for pose in poses) < 1.5


def test_continues_when_the_way_is_free_again() -> None:
    passage = World("passage", 10.0, 1.4)
    robot = Robot(passage, Pose(1, 0.7, 0))
    robot.go(GoTo(1, Pose(9, 0.7, 0)))
    result, _ = drive(robot, 40, lambda now: [Point(5, 0.7)] if now < 9 else [])
    assert result is not None and result.outcome == Outcome.REACHED


def test_a_goal_without_a_path_is_aborted_at_once() -> None:
    divided = World("divided", 10.0, 6.0, glass=polyline((5.0, 0.0), (5.0, 6.0)))
    robot = Robot(divided, Pose(1, 3, 0))
    robot.go(GoTo(3, Pose(9, 3, 0)))
    result, poses = drive(robot, 5)
    assert result is not None and (result.goal, result.outcome) == (3, Outcome.ABORTED)
    assert len(poses) == 2


@pytest.mark.parametrize("outcome", [Outcome.ABORTED, Outcome.REJECTED])
def test_forced_outcomes_end_goals_until_removed(outcome: Outcome) -> None:
    robot = Robot(HALL, Pose(1, 1, 0))
    robot.forced_outcome = outcome
    robot.go(GoTo(1, Pose(3, 1, 0)))
    result, _ = drive(robot, 1)
    assert result is not None and result.outcome == outcome
    robot.forced_outcome = None
    robot.go(GoTo(2, Pose(3, 1, 0)))
    result, _ = drive(robot, 10)
    assert result == GoalResult(2, Outcome.REACHED, "")


def test_stop_brakes_without_a_result() -> None:
    robot = Robot(HALL, Pose(1, 1, 0))
    robot.go(GoTo(1, Pose(9, 1, 0)))
    drive(robot, 3)
    robot.stop()
    before = robot.pose
    result, _ = drive(robot, 2)
    assert result is None
    assert 0 < robot.pose.point.distance(before) < 0.3
    assert robot.speed == 0.0


def test_a_new_goal_replaces_the_old_one_without_a_result() -> None:
    robot = Robot(HALL, Pose(1, 1, 0))
    robot.go(GoTo(1, Pose(9, 1, 0)))
    drive(robot, 3)
    robot.go(GoTo(2, Pose(1.5, 1, math.pi)))
    result, _ = drive(robot, 20)
    assert result == GoalResult(2, Outcome.REACHED, "")
