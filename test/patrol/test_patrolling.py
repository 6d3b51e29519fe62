# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Waypoints, pause and skip, and input faults."""

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


def test_pause_stops_and_resume_continues_to_the_same_waypoint() -> None:
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


def test_all_waypoints_are_visited_with_their_waits() -> None:
    waits = tuple(replace(waypoint, wait=3.0) for waypoint in PLAN.waypoints)
    bench = Bench(plan=Plan(waits)).run(120.0)
    poses = [waypoint.pose for waypoint in waits]
    assert [goal.pose for goal in bench.goals[:4]] == [*poses, poses[0]]


def test_the_robot_stays_at_a_single_waypoint() -> None:
    bench = Bench(plan=Plan(PLAN.waypoints[:1])).run(60.0)
    assert len(bench.goals) == 1


def test_a_camera_fault_in_an_approach_stops_the_robot_and_delays_the_reminder() -> None:
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


def test_an_unavailable_navigation_is_retried_periodically() -> None:
    bench = Bench()
    bench.outcome = Outcome.UNAVAILABLE
    bench.run(35.0)
    assert 3 <= len(bench.goals) <= 4
    assert State.FAULT in [row.target for _, row in bench.taken]
    bench.outcome = Outcome.REACHED
    bench.until(State.PATROL, 12.0)


def test_a_failed_waypoint_is_skipped_and_several_in_a_row_are_a_fault() -> None:
    bench = Bench()
    bench.outcome = Outcome.REJECTED
    bench.run(5.0)
    assert bench.state == State.FAULT
    assert [goal.pose for goal in bench.goals] == [waypoint.pose for waypoint in PLAN.waypoints]
    assert bench.patrol.status.reason


def test_failed_waypoints_between_reached_ones_are_no_fault() -> None:
    bench = Bench()
    for outcome in (Outcome.ABORTED, Outcome.REACHED) * 4:
        goals, bench.outcome = len(bench.goals), outcome
        while len(bench.goals) == goals:
            bench.step()
    assert State.FAULT not in [row.target for _, row in bench.taken]
    assert "waypoint_failed" in [name for _, name in bench.names]


def test_skip_gives_up_on_a_person_or_skips_a_waypoint() -> None:
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


def test_no_goal_before_the_first_image() -> None:
    bench = Bench()
    bench.camera = False
    assert bench.run(1.0).commands == []
    assert "camera" in bench.patrol.status.reason
    bench.camera = True
    assert bench.step() == [GoTo(1, PLAN.waypoints[0].pose)]
    status = bench.patrol.status
    assert (status.state, status.reason) == (State.PATROL, "started")


def test_no_goal_before_the_first_robot_pose() -> None:
    bench = Bench()
    bench.localized = False
    assert bench.run(1.0).commands == []
    bench.localized = True
    assert bench.step() == [GoTo(1, PLAN.waypoints[0].pose)]


def test_no_image_since_the_start_is_a_fault_with_its_own_reason() -> None:
    bench = Bench()
    bench.camera = False
    bench.until(State.FAULT, 5.0)
    assert bench.patrol.status.reason == "no camera images yet"
    bench.camera = True
    bench.until(State.RESUME, 5.0).step()
    assert bench.driving


@pytest.mark.parametrize("off", [-3600.0, -1.5, 1.5, 3600.0])
def test_images_that_are_too_old_or_in_the_future_are_ignored(off: float) -> None:
    bench = Bench().run(1.0)
    bench.camera = False
    until = bench.now + 4.0
    while bench.now < until:
        bench.patrol.observe([Actor("1", 4.0).observation()], at=bench.now + off)
        bench.step()
    assert bench.state == State.FAULT
    assert bench.spoken == []
