# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stories: what people around the robot would notice."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace

import pytest

from mask_detector_ros.patrol.behaviour import Patrol
from mask_detector_ros.patrol.plan import Plan, QuietHours, Zone
from mask_detector_ros.patrol.settings import PatrolSettings
from mask_detector_ros.patrol.types import GoTo, Outcome, Point, Pose, ReminderKind, State, Stop
from mask_detector_ros.perception.types import WearStatus
from test.patrol.bench import PLAN, Actor, Bench

ONE_REMINDER = replace(
    PatrolSettings(), reminders=replace(PatrolSettings().reminders, per_person=1)
)


def test_reminds_once_thanks_and_goes_on() -> None:
    bench = Bench(Actor("7", 6.0, status=WearStatus.NOSE_EXPOSED)).until(State.WAIT)
    speak = bench.spoken[0]
    assert (speak.kind, speak.persons, speak.count) == (ReminderKind.REMIND, ("7",), 1)
    assert speak.status == WearStatus.NOSE_EXPOSED
    assert speak.position is not None
    assert speak.position.distance(Point(6.0, 0.0)) < 0.1
    assert 1.4 <= speak.distance <= 1.5 + 0.25
    bench.actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME).run(60.0)
    assert bench.reminders == [("7",)]
    assert bench.thanks == [("7",)]
    assert bench.spoken[1].status == WearStatus.NOSE_EXPOSED, "thanks for what was put right"
    status = bench.patrol.status
    assert (status.reminders, status.complied, status.given_up) == (1, 1, 0)
    assert bench.goals[-1].pose in [waypoint.pose for waypoint in PLAN.waypoints]


def test_stands_off_on_its_own_side_and_faces_the_person() -> None:
    bench = Bench(Actor("1", 0.0, 6.0))
    bench.outcome = None
    bench.until(State.APPROACH).run(0.2)
    stand_off = bench.patrol.status.stand_off
    assert stand_off is not None
    assert (stand_off.x, stand_off.y) == pytest.approx((0.0, 4.5), abs=0.2)
    assert stand_off.yaw == pytest.approx(math.pi / 2, abs=0.1)
    assert bench.patrol.status.target == "1"
    assert bench.goals[-1].pose == stand_off


def test_speaks_at_once_to_somebody_already_near() -> None:
    bench = Bench(Actor("1", 1.6, status=WearStatus.CORRECT))
    bench.outcome = None
    bench.run(0.5)
    bench.actors[0].status = WearStatus.NO_MASK
    needed = bench.patrol.settings.choice.violation_seconds
    start = bench.now
    bench.until(State.REMIND)
    assert bench.now - start <= needed + 0.5
    assert isinstance(bench.commands[-2], Stop)
    assert all(goal.pose in [w.pose for w in PLAN.waypoints] for goal in bench.goals)


def test_meets_somebody_who_comes_to_the_robot() -> None:
    bench = Bench(Actor("1", 8.0, velocity=(-0.8, 0.0))).until(State.REMIND)
    assert bench.now < 100.0 + 6.0, "met half way"
    assert bench.reminders == [("1",)]


def test_nobody_is_spoken_to_while_the_mask_is_worn_or_cannot_be_told() -> None:
    bench = Bench(
        Actor("1", 1.8, status=WearStatus.CORRECT), Actor("2", 1.8, 1.0, WearStatus.UNKNOWN)
    ).run(30.0)
    assert bench.spoken == []
    assert State.APPROACH not in [row.target for _, row in bench.taken]


@pytest.mark.parametrize("status", [WearStatus.CORRECT, WearStatus.UNKNOWN])
def test_a_change_just_before_speaking_is_respected(status: WearStatus) -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    while bench.robot.x < 3.9:
        bench.step()
    bench.actors[0].status = status
    bench.run(30.0)
    assert bench.spoken == []
    assert bench.state != State.APPROACH


def test_a_flickering_status_is_no_steady_violation() -> None:
    bench = Bench(Actor("1", 4.0))
    for _ in range(20):
        for status in (WearStatus.NO_MASK, WearStatus.CORRECT):
            bench.actors[0].status = status
            bench.run(0.5)
    assert bench.spoken == []


def test_the_second_reminder_is_the_last() -> None:
    bench = Bench(Actor("1", 4.0)).run(300.0)
    assert bench.reminders == [("1",), ("1",)]
    assert [speak.count for speak in bench.spoken] == [1, 2]
    assert bench.patrol.status.given_up == 1


def test_only_one_reminder_if_so_set() -> None:
    bench = Bench(Actor("1", 4.0), settings=ONE_REMINDER).run(900.0)
    assert bench.reminders == [("1",)]


def test_not_knowing_is_not_complying_and_not_asked_again() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT)
    bench.actors[0].status = WearStatus.UNKNOWN
    bench.run(60.0)
    assert bench.reminders == [("1",)]
    assert bench.thanks == []
    assert bench.patrol.status.given_up == 1


def test_turning_away_while_being_spoken_to_is_not_being_lost() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.REMIND)
    bench.actors[0].seen = False
    bench.run(9.0)
    assert bench.state == State.WAIT
    bench.actors[0].seen, bench.actors[0].status = True, WearStatus.CORRECT
    bench.run(2.0)
    assert bench.thanks == [("1",)]


def test_a_group_gets_one_reminder_and_thanks_together() -> None:
    group = [
        Actor("1", 6.0, 0.0, WearStatus.NOSE_EXPOSED),
        Actor("2", 6.0, 1.0, WearStatus.NO_MASK),
        Actor("3", 6.0, -1.0, WearStatus.CORRECT),
    ]
    bench = Bench(*group).until(State.WAIT)
    assert [set(persons) for persons in bench.reminders] == [{"1", "2"}]
    assert bench.spoken[0].status == WearStatus.NO_MASK, "the worst"
    group[0].status = group[1].status = WearStatus.CORRECT
    bench.run(120.0)
    assert len(bench.reminders) == 1
    assert [set(persons) for persons in bench.thanks] == [{"1", "2"}]
    assert bench.patrol.status.complied == 2


def test_in_a_group_those_who_comply_are_thanked_and_only_the_others_asked_again() -> None:
    bench = Bench(Actor("1", 6.0), Actor("2", 6.0, 1.0)).until(State.WAIT)
    bench.actors[1].status = WearStatus.CORRECT
    bench.run(60.0)
    assert [set(persons) for persons in bench.reminders] == [{"1", "2"}, {"1"}]
    assert bench.thanks == [("2",)]
    status = bench.patrol.status
    assert (status.complied, status.given_up) == (1, 1)


def test_two_apart_are_reminded_one_after_the_other() -> None:
    bench = Bench(Actor("near", 4.0), Actor("far", 4.0, 5.0), settings=ONE_REMINDER).run(90.0)
    assert bench.reminders == [("near",), ("far",)]


def test_behind_glass_is_not_tried_over_and_over() -> None:
    bench = Bench(Actor("1", 6.0))
    bench.run(0.5).outcome = Outcome.ABORTED
    bench.until(State.APPROACH).until(State.GIVE_UP)
    bench.outcome = Outcome.REACHED
    waypoints = [waypoint.pose for waypoint in PLAN.waypoints]
    before = len(bench.goals)
    for i in range(100):
        # Seen from elsewhere, under another id every few seconds.
        bench.actors[0].id = f"{i}"
        bench.run(1.0)
    assert [goal.pose in waypoints for goal in bench.goals[before:]].count(False) == 0
    assert bench.spoken == []


def test_somebody_leaving_is_not_followed() -> None:
    bench = Bench(Actor("1", 3.0, velocity=(1.2, 0.0))).run(10.0)
    assert bench.spoken == []
    assert State.APPROACH not in [row.target for _, row in bench.taken]


def test_a_short_occlusion_on_the_way_does_not_matter() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.actors[0].seen = False
    bench.run(2.0)
    bench.actors[0].seen = True
    bench.until(State.REMIND)
    assert State.GIVE_UP not in [row.target for _, row in bench.taken]


def test_a_new_id_after_occlusion_is_the_same_person_all_along() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.actors[0].seen = False
    bench.run(1.5)
    bench.actors = [Actor("2", 6.1)]
    bench.until(State.WAIT)
    assert bench.reminders == [("2",)]
    bench.actors = []
    bench.run(1.5)
    bench.actors = [Actor("3", 6.2, status=WearStatus.CORRECT)]
    bench.run(120.0)
    assert bench.reminders == [("2",)]
    assert bench.thanks == [("3",)]


def test_nobody_is_reminded_twice_because_the_id_changed() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.WAIT)
    bench.actors = []
    bench.until(State.RESUME)
    bench.actors = [Actor("2", 6.5, 0.5)]
    bench.run(120.0)
    assert bench.reminders == [("1",)]


def test_after_a_while_the_place_is_free_again() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.WAIT)
    bench.actors = []
    bench.run(bench.patrol.settings.memory.place_seconds + 1.0)
    bench.actors = [Actor("2", bench.robot.x + 3.0, bench.robot.y)]
    bench.until(State.REMIND)
    bench.patrol.pause()
    assert bench.reminders == [("1",), ("2",)]


def test_a_new_id_at_the_place_is_left_be_no_longer_than_the_place() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT)
    said = bench.now
    bench.actors = []
    bench.until(State.RESUME)
    bench.outcome = None
    bench.actors = [Actor("2", 4.0)]
    bench.until(State.APPROACH, 300.0)
    place_seconds = bench.patrol.settings.memory.place_seconds
    assert place_seconds - 10.0 < bench.now - said < place_seconds + 1.0


def test_the_one_beside_who_was_there_all_along_is_reminded_too() -> None:
    # Too far from the first for one reminder, near enough for the place memory.
    one, other = Actor("1", 6.0, 0.0), Actor("2", 6.0, 1.8)
    bench = Bench(one, other, settings=ONE_REMINDER).until(State.WAIT)
    one.status = WearStatus.CORRECT
    bench.run(60.0)
    assert bench.reminders == [("1",), ("2",)]


def test_the_one_beside_is_reminded_though_the_id_changed_out_of_sight() -> None:
    one, other = Actor("1", 6.0, 0.0), Actor("2", 6.0, 1.8)
    bench = Bench(one, other, settings=ONE_REMINDER).until(State.REMIND)
    assert bench.reminders == [("1",)]
    bench.actors = [one]
    bench.until(State.WAIT)
    bench.actors = []
    bench.until(State.RESUME)
    bench.actors = [Actor("8", 6.0, 1.7), Actor("9", 6.0, 0.1)]
    bench.run(60.0)
    assert bench.reminders == [("1",), ("8",)]


def test_a_restarted_detector_gives_old_ids_to_others() -> None:
    bench = Bench(Actor("1", 6.0), settings=ONE_REMINDER).until(State.WAIT)
    bench.run(20.0)
    bench.actors = []
    bench.run(3.0)
    bench.patrol.forget()
    x, y = bench.robot.x, bench.robot.y
    bench.actors = [Actor("1", x + 3.0, y + 4.0), Actor("2", 6.0, 0.2)]
    bench.run(60.0)
    assert bench.reminders == [("1",), ("1",)]
    places = [speak.position for speak in bench.spoken]
    assert places[0] is not None
    assert places[1] is not None
    assert places[0].distance(places[1]) > 3.0, "somebody else, and the first one not again"


def test_zones() -> None:
    hall = Zone("hall", True, (Point(0, -9), Point(9, -9), Point(9, 9), Point(0, 9)))
    cafe = Zone("cafe", False, (Point(3, 1), Point(9, 1), Point(9, 9), Point(3, 9)))
    plan = replace(PLAN, zones=(hall, cafe))
    bench = Bench(
        Actor("eats", 4.0, 3.0), Actor("outside", -4.0), Actor("hall", 5.0, -1.0), plan=plan
    ).run(90.0)
    assert set(bench.reminders) == {("hall",)}


def test_quiet_hours() -> None:
    time = [datetime.time(23, 0)]
    quiet = QuietHours(datetime.time(22, 0), datetime.time(6, 0))
    plan = replace(PLAN, quiet_hours=(quiet,))
    bench = Bench(Actor("1", 4.0), plan=plan, time_of_day=lambda: time[0]).run(10.0)
    assert bench.spoken == []
    assert bench.goals, "patrols all the same"
    time[0] = datetime.time(6, 0)
    bench.actors[0].x, bench.actors[0].y = bench.robot.x + 3.0, bench.robot.y
    bench.until(State.WAIT)
    time[0] = datetime.time(22, 0)
    bench.actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME)
    assert bench.thanks == []
    assert bench.patrol.status.complied == 1


def test_badly_placed_or_far_people_are_not_approached() -> None:
    bench = Bench(Actor("1", 4.0, deviation=3.0), Actor("2", 4.0, placed=False), Actor("3", 30.0))
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


def test_standing_people_get_one_goal_and_one_stop() -> None:
    bench = Bench(Actor("1", 7.0), settings=ONE_REMINDER).until(State.GIVE_UP)
    assert [command for command in bench.commands if isinstance(command, Stop)] == [Stop()]
    to_person = [goal for goal in bench.goals if goal.pose not in [w.pose for w in PLAN.waypoints]]
    assert len(to_person) == 1


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


def test_the_navigation_s_own_words_are_in_the_reason() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.outcome = None
    bench.run(0.3)
    bench.patrol.navigated(bench.goals[-1].goal, Outcome.ABORTED, "no valid path found")
    bench.step()
    assert bench.patrol.status.reason == "the person cannot be reached (no valid path found)"


def test_a_renewed_violation_soon_after_thanks_is_left_be() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT)
    bench.actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME)
    bench.actors[0].status = WearStatus.NO_MASK
    bench.run(120.0)
    assert bench.reminders == [("1",)]


def test_outcomes_of_older_and_of_unknown_goals_are_ignored() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.outcome = None
    bench.run(0.3)
    for goal in (bench.goals[0].goal, 0, -3, 99):
        bench.patrol.navigated(goal, Outcome.ABORTED)
    bench.run(0.3)
    assert bench.state == State.APPROACH


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


def test_settings_apply_at_once() -> None:
    bench = Bench(Actor("1", 6.0))
    bench.patrol.settings = replace(
        PatrolSettings(), choice=replace(PatrolSettings().choice, max_range=2.0)
    )
    bench.run(0.5)
    bench.outcome = None
    bench.run(5.0)
    assert State.APPROACH not in [row.target for _, row in bench.taken]
    bench.patrol.settings = PatrolSettings()
    bench.run(0.3)
    assert bench.state == State.APPROACH


def test_a_plan_without_waypoints_is_refused() -> None:
    with pytest.raises(ValueError, match="waypoints"):
        Patrol(Plan(()), PatrolSettings(), lambda: 0.0)


def test_a_first_goal_is_set_without_anything_seen() -> None:
    bench = Bench()
    assert bench.step() == [GoTo(1, PLAN.waypoints[0].pose)]
    assert bench.patrol.status.state == State.PATROL
    assert Pose(0.0, 0.0).point == Point(0.0, 0.0)
