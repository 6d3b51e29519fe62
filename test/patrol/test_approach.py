# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Approaches: stand-off, rotation in place, retries and giving up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Outcome, Point, State, Stop
from mask_detector_ros.perception.types import WearStatus
from support.patrol_bench import PLAN, Actor, Bench

ONE_REMINDER = replace(
    PatrolSettings(), reminders=replace(PatrolSettings().reminders, max_per_person=1)
)


def test_the_robot_stops_at_the_stand_off_on_its_own_side_facing_the_person() -> None:
    bench = Bench(Actor("1", 0.0, 6.0))
    bench.outcome = None
    bench.until(State.APPROACH).run(0.2)
    stand_off = bench.patrol.status.stand_off
    assert stand_off is not None
    assert (stand_off.x, stand_off.y) == pytest.approx((0.0, 4.5), abs=0.2)
    assert stand_off.yaw == pytest.approx(math.pi / 2, abs=0.1)
    assert bench.patrol.status.target == "1"
    assert bench.goals[-1].pose == stand_off


def test_a_person_within_speaking_distance_is_reminded_without_an_approach_goal() -> None:
    bench = Bench(Actor("1", 1.6, status=WearStatus.CORRECT))
    bench.outcome = None
    bench.run(0.5)
    bench.actors[0].status = WearStatus.NO_MASK
    needed = bench.patrol.settings.selection.violation_seconds
    start = bench.now
    bench.until(State.REMIND)
    assert bench.now - start <= needed + 0.5
    assert isinstance(bench.commands[-2], Stop)
    assert bench.goals
    assert all(goal.pose in [w.pose for w in PLAN.waypoints] for goal in bench.goals)


def test_a_person_walking_toward_the_robot_is_reminded_on_the_way() -> None:
    bench = Bench(Actor("1", 8.0, velocity=(-0.8, 0.0))).until(State.REMIND)
    assert bench.now < 100.0 + 6.0, "reminded on the way"
    assert bench.reminders == [("1",)]


def test_an_unreachable_person_is_not_approached_again_and_again() -> None:
    bench = Bench(Actor("1", 6.0))
    bench.run(0.5).outcome = Outcome.ABORTED
    bench.until(State.APPROACH).until(State.GIVE_UP)
    tried = [goal for goal in bench.goals if goal.pose not in [w.pose for w in PLAN.waypoints]]
    assert len(tried) == bench.patrol.settings.approach.attempts == 2
    bench.outcome = Outcome.REACHED
    waypoints = [waypoint.pose for waypoint in PLAN.waypoints]
    before = len(bench.goals)
    for i in range(100):
        # Observed under another id every second.
        bench.actors[0].id = f"{i}"
        bench.run(1.0)
    later = bench.goals[before:]
    assert later
    assert all(goal.pose in waypoints for goal in later)
    assert bench.spoken == []


def test_a_failed_goal_is_retried_from_the_present_position() -> None:
    bench = Bench(Actor("1", 8.0)).until(State.APPROACH).run(1.0)
    bench.outcome = Outcome.ABORTED
    bench.step()
    failed, here = bench.now, bench.robot
    bench.outcome = Outcome.REACHED
    bench.run(2.5)
    assert bench.robot == here, "the robot waits for the retry delay"
    bench.until(State.REMIND)
    assert bench.now - failed < 10.0
    assert State.GIVE_UP not in [row.target for _, row in bench.taken]


def test_a_failed_goal_is_not_retried_for_a_person_out_of_sight() -> None:
    bench = Bench(Actor("1", 8.0)).until(State.APPROACH).run(0.5)
    bench.outcome = Outcome.ABORTED
    bench.step()
    bench.actors[0].visible = False
    goals = len(bench.goals)
    bench.until(State.GIVE_UP)
    assert len(bench.goals) == goals
    assert bench.names[-1] == (State.APPROACH, "approach_failed")


def test_a_person_observed_before_an_encounter_is_approached_after_it() -> None:
    """Out of the image while the robot stands in front of the first person."""
    one, other = Actor("1", 4.0), Actor("2", 4.0, 2.2)
    bench = Bench(one, other, settings=ONE_REMINDER).until(State.REMIND)
    other.visible = False
    bench.until(State.WAIT)
    one.status = WearStatus.CORRECT
    bench.until(State.RESUME).until(State.APPROACH, 1.0)
    bench.run(3.0)
    other.visible, other.id = True, "3"
    bench.until(State.REMIND)
    assert bench.reminders == [("1",), ("3",)]


def test_a_remembered_person_is_approached_once() -> None:
    bench = Bench(Actor("1", 4.0), Actor("2", 4.0, 2.2), settings=ONE_REMINDER).until(State.REMIND)
    bench.actors[1].visible = False
    bench.run(120.0)
    assert bench.reminders == [("1",)]
    approached = [name for state, name in bench.names if name == "candidate_available"]
    assert len(approached) == 2


def test_a_person_who_was_walking_is_not_remembered() -> None:
    walker = Actor("1", 5.0, -4.0, velocity=(0.0, 1.0))
    bench = Bench(walker)
    bench.outcome = None
    bench.patrol.pause()
    bench.run(3.0)
    walker.visible = False
    bench.run(2.0)
    bench.patrol.resume()
    bench.run(10.0)
    assert State.APPROACH not in [row.target for _, row in bench.taken]


def test_a_person_walking_away_is_not_followed() -> None:
    bench = Bench(Actor("1", 3.0, velocity=(1.2, 0.0))).run(10.0)
    assert bench.spoken == []
    assert State.APPROACH not in [row.target for _, row in bench.taken]


def test_a_short_occlusion_during_an_approach_is_tolerated() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.actors[0].visible = False
    bench.run(2.0)
    bench.actors[0].visible = True
    bench.until(State.REMIND)
    assert State.GIVE_UP not in [row.target for _, row in bench.taken]


def test_a_person_out_of_sight_is_looked_for_at_the_last_position() -> None:
    """In sight again only from the stand-off, such as around a corner."""
    bench = Bench(Actor("1", 8.0)).until(State.APPROACH)
    bench.actors[0].visible = False
    bench.run(12.0)
    assert bench.state == State.APPROACH
    assert bench.robot.point.distance(Point(8.0, 0.0)) == pytest.approx(1.5, abs=0.1)
    bench.actors = [Actor("2", 8.1)]
    bench.until(State.REMIND, 3.0)
    assert bench.reminders == [("2",)]


def test_another_candidate_comes_before_a_target_out_of_sight() -> None:
    bench = Bench(Actor("1", 8.0)).until(State.APPROACH)
    bench.outcome = None
    bench.actors[0].visible = False
    bench.run(7.0)
    bench.actors.append(Actor("2", 5.0, 3.0))
    bench.run(4.0)
    assert bench.patrol.status.target == "2"


def test_people_far_away_or_with_an_uncertain_position_are_not_approached() -> None:
    bench = Bench(
        Actor("1", 4.0, position_std=3.0), Actor("2", 4.0, has_position=False), Actor("3", 30.0)
    )
    bench.outcome = None
    bench.run(10.0)
    assert State.APPROACH not in [row.target for _, row in bench.taken]


def test_the_goal_follows_the_person() -> None:
    bench = Bench(Actor("1", 7.0, velocity=(0.0, 0.5))).until(State.APPROACH)
    bench.actors[0].velocity = (0.0, 0.8)
    bench.run(3.0)
    bench.actors[0].velocity = (0.0, 0.0)
    bench.until(State.REMIND)
    assert bench.spoken[0].distance < 1.8
    to_person = [goal for goal in bench.goals if goal.pose not in [w.pose for w in PLAN.waypoints]]
    assert 2 <= len(to_person) <= 8


def test_a_standing_person_is_approached_with_one_goal_and_one_stop() -> None:
    bench = Bench(Actor("1", 7.0), settings=ONE_REMINDER).until(State.GIVE_UP)
    assert [command for command in bench.commands if isinstance(command, Stop)] == [Stop()]
    to_person = [goal for goal in bench.goals if goal.pose not in [w.pose for w in PLAN.waypoints]]
    assert len(to_person) == 1


def test_the_error_text_of_the_navigation_is_in_the_reason() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.outcome = None
    for _ in range(bench.patrol.settings.approach.attempts):
        bench.run(3.5)
        bench.patrol.navigated(bench.goals[-1].goal, Outcome.ABORTED, "no valid path found")
    bench.step()
    assert (
        bench.patrol.status.reason == "gave up: the person cannot be reached (no valid path found)"
    )


def test_outcomes_of_older_and_of_unknown_goals_are_ignored() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.outcome = None
    bench.run(0.3)
    for goal in (bench.goals[0].goal, 0, -3, 99):
        bench.patrol.navigated(goal, Outcome.ABORTED)
    bench.run(0.3)
    assert bench.state == State.APPROACH


def test_the_robot_rotates_toward_a_person_who_steps_aside_in_wait() -> None:
    bench = Bench(Actor("1", 4.0), settings=ONE_REMINDER).until(State.WAIT)
    goals, place = len(bench.goals), bench.robot.point
    bench.actors[0].velocity = (-0.2, 0.6)
    bench.run(2.0)
    bench.actors[0].velocity = (0.0, 0.0)
    bench.run(5.0)
    turns = bench.goals[goals:]
    assert 1 <= len(turns) <= 3
    assert all(turn.pose.point == place for turn in turns)
    person = bench.actors[0]
    bearing = math.atan2(person.y - bench.robot.y, person.x - bench.robot.x)
    assert abs(bench.robot.yaw - bearing) <= bench.patrol.settings.approach.rotate_threshold


def test_the_robot_does_not_rotate_for_people_in_front_of_it() -> None:
    bench = Bench(Actor("1", 4.0), Actor("2", 4.0, 1.0), settings=ONE_REMINDER).until(State.WAIT)
    goals = len(bench.goals)
    bench.run(8.0)
    assert bench.state == State.WAIT
    assert len(bench.goals) == goals


def test_the_robot_faces_the_center_of_a_group() -> None:
    bench = Bench(Actor("1", 6.0), Actor("2", 6.0, 1.2))
    bench.outcome = None
    bench.until(State.APPROACH).run(0.5)
    stand_off = bench.patrol.status.stand_off
    assert stand_off is not None
    assert stand_off.yaw == pytest.approx(math.atan2(0.6, 6.0), abs=0.05)
    nearest = min(Point(a.x, a.y).distance(stand_off) for a in bench.actors)
    assert nearest == pytest.approx(1.5, abs=0.1)
