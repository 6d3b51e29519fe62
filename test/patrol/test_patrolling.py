# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stories of the round: waypoints, pauses, and what the robot cannot go on without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, State, Stop
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.types import WearStatus
from support.patrol_bench import PLAN, Actor, Bench

ONE_REMINDER = replace(
    PatrolSettings(), reminders=replace(PatrolSettings().reminders, max_per_person=1)
)


def test_pausing_stops_and_resuming_goes_on_to_the_same_waypoint() -> None:
    bench = Bench().run(4.0)
    waypoint = bench.goals[-1].pose
    assert waypoint == PLAN.waypoints[1].pose
    bench.patrol.pause()
    assert bench.step() == [Stop()]
    count = len(bench.goals)
    bench.run(20.0)
    assert len(bench.goals) == count
    bench.patrol.resume()
    bench.run(0.3)
    assert bench.state == State.RESUME
    assert bench.goals[-1].pose == waypoint


def test_after_an_encounter_the_interrupted_waypoint_is_next() -> None:
    bench = Bench().run(4.0)
    assert bench.patrol.status.waypoint == 1
    bench.actors = [Actor("1", bench.robot.x + 3.0)]
    bench.until(State.WAIT).actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME).run(0.2)
    assert bench.goals[-1].pose == PLAN.waypoints[1].pose
    bench.until(State.PATROL).run(0.3)
    assert bench.patrol.status.waypoint == 2


def test_the_whole_round_is_patrolled_with_looking_around() -> None:
    waits = tuple(replace(waypoint, wait=3.0) for waypoint in PLAN.waypoints)
    bench = Bench(plan=Plan(waits)).run(120.0)
    poses = [waypoint.pose for waypoint in waits]
    assert [goal.pose for goal in bench.goals[:4]] == [*poses, poses[0]]


def test_a_single_waypoint_is_stayed_at() -> None:
    bench = Bench(plan=Plan(PLAN.waypoints[:1])).run(60.0)
    assert len(bench.goals) == 1


def test_a_camera_dying_on_the_way_stops_the_robot_and_the_reminder_comes_later() -> None:
    bench = Bench(Actor("1", 8.0)).until(State.APPROACH)
    bench.camera = False
    bench.until(State.FAULT)
    assert bench.commands[-1] == Stop()
    assert bench.patrol.status.target is None
    count = len(bench.commands)
    bench.run(30.0)
    assert len(bench.commands) == count
    bench.camera = True
    bench.until(State.WAIT)
    assert bench.reminders == [("1",)]


def test_without_navigation_it_asks_again_and_again_but_not_at_once() -> None:
    bench = Bench()
    bench.outcome = Outcome.UNAVAILABLE
    bench.run(35.0)
    assert 3 <= len(bench.goals) <= 4
    assert State.FAULT in [row.target for _, row in bench.taken]
    bench.outcome = Outcome.REACHED
    bench.until(State.PATROL, 12.0)


def test_one_waypoint_out_of_reach_is_left_out_and_all_of_them_are_a_fault() -> None:
    bench = Bench()
    bench.outcome = Outcome.REJECTED
    bench.run(5.0)
    assert bench.state == State.FAULT
    assert [goal.pose for goal in bench.goals] == [waypoint.pose for waypoint in PLAN.waypoints]
    assert bench.patrol.status.reason


def test_failures_between_successes_are_no_fault() -> None:
    bench = Bench()
    for outcome in (Outcome.ABORTED, Outcome.REACHED) * 4:
        goals, bench.outcome = len(bench.goals), outcome
        while len(bench.goals) == goals:
            bench.step()
    assert State.FAULT not in [row.target for _, row in bench.taken]
    assert "waypoint_failed" in [name for _, name in bench.names]


def test_skipped_people_are_left_be_and_skipped_waypoints_are_left_out() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.patrol.skip()
    bench.run(60.0)
    assert bench.spoken == []
    bench = Bench().run(0.5)
    bench.patrol.skip()
    bench.run(0.3)
    assert bench.goals[-1].pose == PLAN.waypoints[1].pose
    bench.patrol.pause()
    bench.run(0.2)
    bench.patrol.skip()
    bench.run(0.2)
    bench.patrol.resume()
    bench.run(0.5)
    assert bench.goals[-1].pose == PLAN.waypoints[1].pose


def test_it_does_not_drive_before_the_first_image() -> None:
    bench = Bench()
    bench.camera = False
    assert bench.run(1.0).commands == []
    assert "camera" in bench.patrol.status.reason
    bench.camera = True
    assert bench.step() == [GoTo(1, PLAN.waypoints[0].pose)]
    status = bench.patrol.status
    assert (status.state, status.reason) == (State.PATROL, "started")


def test_it_does_not_drive_before_the_first_pose() -> None:
    bench = Bench()
    bench.localized = False
    assert bench.run(1.0).commands == []
    bench.localized = True
    assert bench.step() == [GoTo(1, PLAN.waypoints[0].pose)]


def test_a_camera_that_never_comes_is_a_fault_that_says_so() -> None:
    bench = Bench()
    bench.camera = False
    bench.until(State.FAULT, 5.0)
    assert bench.patrol.status.reason == "no camera images yet"
    bench.camera = True
    bench.until(State.RESUME, 5.0).step()
    assert bench.driving


@pytest.mark.parametrize("off", [-3600.0, -1.5, 1.5, 3600.0])
def test_images_of_another_time_are_as_good_as_none(off: float) -> None:
    bench = Bench().run(1.0)
    bench.camera = False
    until = bench.now + 4.0
    while bench.now < until:
        bench.patrol.observe([Actor("1", 4.0).observation()], at=bench.now + off)
        bench.step()
    assert bench.state == State.FAULT
    assert bench.spoken == []
