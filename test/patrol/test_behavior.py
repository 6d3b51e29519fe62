# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reminders and thanks: who gets them, how often, and when."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from mask_detector_ros.patrol.behavior import Patrol
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Point, ReminderKind, State
from mask_detector_ros.patrol.plan import Plan, QuietHours, Zone
from mask_detector_ros.perception.types import WearStatus
from support.patrol_bench import PLAN, Actor, Bench

ONE_REMINDER = replace(
    PatrolSettings(), reminders=replace(PatrolSettings().reminders, max_per_person=1)
)


def test_one_reminder_thanks_and_back_to_the_patrol() -> None:
    bench = Bench(Actor("7", 6.0, status=WearStatus.NOSE_EXPOSED)).until(State.WAIT)
    speak = bench.spoken[0]
    assert (speak.kind, speak.persons, speak.attempt) == (ReminderKind.REMIND, ("7",), 1)
    assert speak.status == WearStatus.NOSE_EXPOSED
    assert speak.position is not None
    assert speak.position.distance(Point(6.0, 0.0)) < 0.1
    assert 1.4 <= speak.distance <= 1.5 + 0.25
    bench.actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME).run(60.0)
    assert bench.reminders == [("7",)]
    assert bench.thanks == [("7",)]
    assert bench.spoken[1].status == WearStatus.NOSE_EXPOSED, "the violation at the reminder"
    status = bench.patrol.status
    assert (status.reminders, status.complied, status.given_up) == (1, 1, 0)
    assert bench.goals[-1].pose in [waypoint.pose for waypoint in PLAN.waypoints]


def test_correct_and_unknown_statuses_get_no_reminder() -> None:
    bench = Bench(
        Actor("1", 1.8, status=WearStatus.CORRECT), Actor("2", 1.8, 1.0, WearStatus.UNKNOWN)
    ).run(30.0)
    assert bench.spoken == []
    assert State.APPROACH not in [row.target for _, row in bench.taken]


@pytest.mark.parametrize("status", [WearStatus.CORRECT, WearStatus.UNKNOWN])
def test_a_status_change_just_before_the_reminder_prevents_it(status: WearStatus) -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    while bench.robot.x < 3.9:
        bench.step()
    bench.actors[0].status = status
    bench.run(30.0)
    assert bench.spoken == []
    assert bench.state != State.APPROACH


def test_a_flickering_status_is_not_a_violation() -> None:
    bench = Bench(Actor("1", 4.0))
    for _ in range(20):
        for status in (WearStatus.NO_MASK, WearStatus.CORRECT):
            bench.actors[0].status = status
            bench.run(0.5)
    assert bench.spoken == []


def test_the_second_reminder_is_the_last() -> None:
    bench = Bench(Actor("1", 4.0)).run(300.0)
    assert bench.reminders == [("1",), ("1",)]
    assert [speak.attempt for speak in bench.spoken] == [1, 2]
    assert bench.patrol.status.given_up == 1


def test_max_per_person_limits_the_reminders() -> None:
    bench = Bench(Actor("1", 4.0), settings=ONE_REMINDER).run(900.0)
    assert bench.reminders == [("1",)]


def test_an_unknown_status_is_neither_compliance_nor_a_reason_to_repeat() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT)
    bench.actors[0].status = WearStatus.UNKNOWN
    bench.run(60.0)
    assert bench.reminders == [("1",)]
    assert bench.thanks == []
    assert bench.patrol.status.given_up == 1


def test_a_person_out_of_sight_for_a_moment_in_remind_is_not_lost() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.REMIND)
    bench.actors[0].visible = False
    bench.run(9.0)
    assert bench.state == State.WAIT
    bench.actors[0].visible, bench.actors[0].status = True, WearStatus.CORRECT
    bench.run(2.0)
    assert bench.thanks == [("1",)]


def test_a_group_gets_one_reminder_and_one_thanks() -> None:
    group = [
        Actor("1", 6.0, 0.0, WearStatus.NOSE_EXPOSED),
        Actor("2", 6.0, 1.0, WearStatus.NO_MASK),
        Actor("3", 6.0, -1.0, WearStatus.CORRECT),
    ]
    bench = Bench(*group).until(State.WAIT)
    assert [set(persons) for persons in bench.reminders] == [{"1", "2"}]
    assert bench.spoken[0].status == WearStatus.NO_MASK, "the worst of the group"
    group[0].status = group[1].status = WearStatus.CORRECT
    bench.run(120.0)
    assert len(bench.reminders) == 1
    assert [set(persons) for persons in bench.thanks] == [{"1", "2"}]
    assert bench.patrol.status.complied == 2


def test_in_a_group_only_those_who_do_not_comply_are_reminded_again() -> None:
    bench = Bench(Actor("1", 6.0), Actor("2", 6.0, 1.0)).until(State.WAIT)
    bench.actors[1].status = WearStatus.CORRECT
    bench.run(60.0)
    assert [set(persons) for persons in bench.reminders] == [{"1", "2"}, {"1"}]
    assert bench.thanks == [("2",)]
    status = bench.patrol.status
    assert (status.complied, status.given_up) == (1, 1)


@pytest.mark.parametrize("missing", ["camera", "localized"])
@pytest.mark.parametrize("id", ["1", "7"], ids=["same id", "new id"])
def test_people_who_complied_during_a_fault_are_thanked(missing: str, id: str) -> None:
    bench = Bench(Actor("1", 4.0), Actor("2", 4.0, 0.8)).until(State.WAIT).run(1.0)
    setattr(bench, missing, False)
    bench.until(State.FAULT).run(2.0)
    for actor in bench.actors:
        actor.status = WearStatus.CORRECT
    bench.actors[0].id = id
    setattr(bench, missing, True)
    bench.until(State.THANK).run(20.0)
    assert len(bench.reminders) == 1
    assert [set(thanked) for thanked in bench.thanks] == [{id, "2"}]
    status = bench.patrol.status
    assert (status.complied, status.given_up) == (2, 0)


def test_after_a_long_fault_the_group_is_given_up() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT).run(1.0)
    bench.camera = False
    bench.run(60.0)
    bench.actors[0].visible, bench.camera = False, True
    bench.until(State.RESUME)
    assert bench.patrol.status.given_up == 1


def test_the_stand_off_avoids_a_bystander() -> None:
    bystander = Actor("2", 4.6, status=WearStatus.CORRECT)
    bench = Bench(Actor("1", 6.0), bystander).until(State.REMIND)
    assert bench.robot.point.distance(Point(bystander.x, bystander.y)) > 0.8
    assert bench.run(1.0).reminders == [("1",)]


def test_new_ids_do_not_raise_the_number_of_reminders() -> None:
    bench = Bench(Actor("1", 4.0))
    for number in range(2, 32):
        bench.run(58.5)
        bench.actors[0].visible = False
        bench.run(1.5)
        bench.actors[0].visible, bench.actors[0].id = True, str(number)
    assert len(bench.reminders) == PatrolSettings().reminders.max_per_person


def test_an_id_change_before_the_reminder_does_not_shorten_the_cooldown() -> None:
    bench = Bench(Actor("1", 4.0)).run(0.5)
    bench.actors[0].visible = False
    bench.run(1.5)
    bench.actors[0].visible, bench.actors[0].id = True, "2"
    bench.until(State.WAIT)
    asked, bench.actors[0].status = bench.now, WearStatus.CORRECT
    bench.until(State.THANK).run(10.0)
    bench.actors[0].status = WearStatus.NO_MASK
    while len(bench.reminders) < 2 and bench.now < asked + 900.0:
        bench.step()
    assert bench.now - asked >= PatrolSettings().memory.reminded_cooldown


def test_two_people_apart_are_reminded_one_after_the_other() -> None:
    bench = Bench(Actor("near", 4.0), Actor("far", 4.0, 5.0), settings=ONE_REMINDER).run(90.0)
    assert bench.reminders == [("near",), ("far",)]


def test_a_new_id_after_an_occlusion_is_the_same_person() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.APPROACH)
    bench.actors[0].visible = False
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


def test_an_id_change_does_not_cause_a_second_reminder() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.WAIT)
    bench.actors = []
    bench.until(State.RESUME)
    bench.actors = [Actor("2", 6.5, 0.5)]
    bench.run(120.0)
    assert bench.reminders == [("1",)]


def test_after_the_place_cooldown_a_new_person_is_reminded_at_the_place() -> None:
    bench = Bench(Actor("1", 6.0)).until(State.WAIT)
    bench.actors = []
    bench.run(bench.patrol.settings.memory.place_cooldown + 1.0)
    bench.actors = [Actor("2", bench.robot.x + 3.0, bench.robot.y)]
    bench.until(State.REMIND)
    bench.patrol.pause()
    assert bench.reminders == [("1",), ("2",)]


def test_a_new_id_at_the_place_is_in_cooldown_for_the_place_cooldown() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT)
    reminded_at = bench.now
    bench.actors = []
    bench.until(State.RESUME)
    bench.outcome = None
    bench.actors = [Actor("2", 4.0)]
    bench.until(State.APPROACH, 300.0)
    place_cooldown = bench.patrol.settings.memory.place_cooldown
    assert place_cooldown - 10.0 < bench.now - reminded_at < place_cooldown + 1.0


def test_a_person_beside_a_reminded_one_is_reminded_too() -> None:
    # Outside the group radius, within the place radius.
    one, other = Actor("1", 6.0, 0.0), Actor("2", 6.0, 1.8)
    bench = Bench(one, other, settings=ONE_REMINDER).until(State.WAIT)
    one.status = WearStatus.CORRECT
    bench.run(60.0)
    assert bench.reminders == [("1",), ("2",)]


def test_a_person_beside_is_reminded_after_an_id_change_out_of_sight() -> None:
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


def test_ids_reused_by_a_restarted_detector_are_new_people() -> None:
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
    assert places[0].distance(places[1]) > 3.0, "the first one is not reminded again"


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
    assert bench.goals, "the robot patrols in quiet hours"
    time[0] = datetime.time(6, 0)
    bench.actors[0].x, bench.actors[0].y = bench.robot.x + 3.0, bench.robot.y
    bench.until(State.WAIT)
    time[0] = datetime.time(22, 0)
    bench.actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME)
    assert bench.thanks == []
    assert bench.patrol.status.complied == 1


def test_a_new_violation_after_thanks_is_in_cooldown() -> None:
    bench = Bench(Actor("1", 4.0)).until(State.WAIT)
    bench.actors[0].status = WearStatus.CORRECT
    bench.until(State.RESUME)
    bench.actors[0].status = WearStatus.NO_MASK
    bench.run(120.0)
    assert bench.reminders == [("1",)]


def test_settings_apply_at_once() -> None:
    bench = Bench(Actor("1", 6.0))
    bench.patrol.settings = replace(
        PatrolSettings(), selection=replace(PatrolSettings().selection, max_range=2.0)
    )
    bench.run(0.5)
    bench.outcome = None
    bench.run(5.0)
    assert State.APPROACH not in [row.target for _, row in bench.taken]
    bench.patrol.settings = PatrolSettings()
    bench.run(0.3)
    assert bench.state == State.APPROACH


def test_contradictory_settings_are_refused() -> None:
    bench = Bench()
    approach = replace(PatrolSettings().approach, lost_timeout=100.0)
    with pytest.raises(ValueError, match=r"approach\.lost_timeout at most approach\.timeout"):
        bench.patrol.settings = replace(PatrolSettings(), approach=approach)
    assert bench.patrol.settings == PatrolSettings()
    with pytest.raises(ValueError, match="lost_timeout"):
        Bench(settings=replace(PatrolSettings(), approach=approach))


def test_a_plan_without_waypoints_is_refused() -> None:
    with pytest.raises(ValueError, match="waypoints"):
        Patrol(Plan(()), PatrolSettings(), lambda: 0.0)


def test_a_person_who_comes_into_view_as_the_robot_rotates_is_reminded() -> None:
    one = Actor("1", 4.0)
    bench = Bench(one, settings=ONE_REMINDER).until(State.WAIT)
    one.status = WearStatus.CORRECT
    bench.until(State.RESUME)
    one.visible = False
    bench.run(0.4)
    bench.actors.append(Actor("2", 4.0, -1.8))
    bench.run(20.0)
    assert bench.reminders == [("1",), ("2",)]
