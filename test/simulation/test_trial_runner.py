# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind, Speak, State
from mask_detector_ros.perception.types import NO_ID, WearStatus
from mask_detector_ros.simulation.camera_view import Figure, View
from mask_detector_ros.simulation.scenario import Fault, Scenario, Trouble, varied
from mask_detector_ros.simulation.scenario_suite import scenarios
from mask_detector_ros.simulation.simulated_perception import PerfectEyes, sightings
from mask_detector_ros.simulation.timeline import Moment, Speech, Timeline
from mask_detector_ros.simulation.trial_runner import Run
from mask_detector_ros.simulation.trial_score import score, total

BY_NAME = {scenario.name: scenario for scenario in scenarios()}
ADA = Figure(0, 3.0, 0.5, math.pi, WearStatus.NO_MASK)
BEN = Figure(1, 2.0, -0.4, math.pi, WearStatus.CORRECT)


def watch(eyes: PerfectEyes, view: View, since: float, until: float) -> None:
    for tick in range(round(since * 10), round(until * 10)):
        eyes.look(view, tick / 10)


def test_perfect_eyes_tell_after_as_long_as_the_real_ones_need() -> None:
    eyes, view = PerfectEyes(), View(Pose(0, 0, 0), (ADA,))
    first = eyes.look(view, 0.0)
    assert (first.ids[0], first.status[0]) == (NO_ID, WearStatus.UNKNOWN)
    watch(eyes, view, 0.1, 0.6)
    later = eyes.look(view, 0.6)
    assert (later.ids[0], later.status[0]) == (1, WearStatus.NO_MASK)


def test_ids_survive_a_short_occlusion_and_change_after_a_long_one() -> None:
    eyes, seen, unseen = PerfectEyes(), View(Pose(0, 0, 0), (ADA,)), View(Pose(0, 0, 0))
    watch(eyes, seen, 0.0, 2.0)
    watch(eyes, unseen, 2.0, 2.8)
    assert eyes.look(seen, 2.8).ids[0] == 1
    watch(eyes, unseen, 2.9, 4.5)
    watch(eyes, seen, 4.5, 5.0)
    assert eyes.look(seen, 5.0).ids[0] == 2


def test_a_restarted_detector_counts_from_one_again() -> None:
    eyes, view = PerfectEyes(), View(Pose(0, 0, 0), (ADA, BEN))
    watch(eyes, view, 0.0, 1.0)
    assert sorted(eyes.look(view, 1.0).ids) == [1, 2]
    eyes.restart()
    watch(eyes, view, 1.1, 2.0)
    assert sorted(eyes.look(view, 2.0).ids) == [1, 2]


def test_nothing_is_told_in_the_dark() -> None:
    eyes, view = PerfectEyes(), View(Pose(0, 0, 0), (ADA,))
    watch(eyes, view, 0.0, 1.0)
    dark = replace(view, light=0.05)
    watch(eyes, dark, 1.0, 2.0)
    assert all(status == WearStatus.UNKNOWN for status in eyes.look(dark, 2.0).status)


@pytest.mark.parametrize("robot", [Pose(0, 0, 0), Pose(1.0, -1.0, 0.5), Pose(1.5, 2.0, -0.8)])
def test_sightings_lie_where_people_stand(robot: Pose) -> None:
    eyes, view = PerfectEyes(), View(robot, (ADA,))
    watch(eyes, view, 0.0, 1.0)
    (sighting,) = sightings(eyes.look(view, 1.0), robot)
    assert sighting.position is not None
    assert sighting.position.distance(Point(ADA.x, ADA.y)) < 0.25
    assert sighting.person == "1"
    assert 0.0 < sighting.deviation < 1.5


def test_without_the_robots_pose_people_have_no_place() -> None:
    eyes, view = PerfectEyes(), View(Pose(0, 0, 0), (ADA,))
    watch(eyes, view, 0.0, 1.0)
    (sighting,) = sightings(eyes.look(view, 1.0), None)
    assert sighting.position is None


def test_a_run_is_the_same_every_time() -> None:
    scenario = replace(BY_NAME["crossing"], duration=15.0)
    records = [Run(scenario, PerfectEyes()).to_the_end().record() for _ in range(2)]
    assert records[0] == records[1]
    assert records[0]["speeches"]


def test_trouble_begins_after_its_state_and_ends() -> None:
    run = Run(BY_NAME["camera_silent"], PerfectEyes())
    timeline = run.to_the_end()
    begun = next(t for t, text in timeline.events if text == "trouble: no images come")
    over = next(t for t, text in timeline.events if text == "over: no images come")
    approach = next(m.time for m in timeline.moments if m.state == State.APPROACH)
    assert begun == pytest.approx(approach + 1.0, abs=0.25)
    assert over == pytest.approx(begun + 5.0, abs=0.15)


def test_darkness_reaches_the_view() -> None:
    fault = Fault(Trouble.LIGHTS_OUT, 1.0, 2.0)
    scenario = replace(BY_NAME["correct_wearers"], faults=(fault,), duration=5.0)
    lights = [m.light for m in Run(scenario, PerfectEyes()).to_the_end().moments]
    assert 19 <= sum(light < 0.1 for light in lights) <= 21
    assert lights[0] == lights[-1] == 1.0


def test_variations_differ_from_the_design_and_repeat() -> None:
    scenario = BY_NAME["group"]
    assert varied(scenario, 0) == scenario
    assert varied(scenario, 1) == varied(scenario, 1) != scenario
    assert varied(scenario, 1) != varied(scenario, 2)


def timeline_of(
    scenario: Scenario, *reminders: tuple[float, tuple[str, ...]], reached: float = 50.0
) -> Timeline:
    """Made by hand: what was said to whom, with everyone as in the cast."""
    names = tuple(person.name for person in scenario.cast)
    people = tuple(
        (p.start.x, p.start.y, p.start.yaw, p.wear[0][1]) for p in scenario.cast
    )  # fmt: skip
    timeline = Timeline(names, waypoints_reached=[reached])
    for tick in range(600):
        state = State.REMIND if 100 <= tick < 300 else State.PATROL
        timeline.moments.append(
            Moment(tick / 10, Pose(2, 2), state, None, people, frozenset(names), 1.0)
        )
    for time, meant in reminders:
        speak = Speak(ReminderKind.REMIND, 1, ("1",), WearStatus.NO_MASK, 1, Point(0, 0), 1.5)
        timeline.speeches.append(Speech(time, speak, Pose(2, 2), meant, meant, 1.5))
    return timeline


def test_one_reminder_is_right_and_none_or_two_are_not() -> None:
    scenario = replace(BY_NAME["no_mask"], thanks=())
    none, once, twice = (
        score(scenario, timeline_of(scenario, *((10.0 + k, ("Ada",)) for k in range(count))))
        for count in range(3)
    )
    assert once.perfect and once.seconds == pytest.approx((10.0,))
    assert (none.right, none.too_often, none.perfect) == (0, 0, False)
    assert (twice.right, twice.too_often, twice.perfect) == (0, 1, False)


def test_a_reminder_for_nobody_is_false() -> None:
    scenario = replace(BY_NAME["no_mask"], thanks=())
    wrong = score(scenario, timeline_of(scenario, (10.0, ("Ada",)), (20.0, ())))
    assert (wrong.right, wrong.false, wrong.perfect) == (1, 1, False)


def test_a_reminder_for_a_correct_wearer_or_in_a_free_zone_is_false() -> None:
    for name in ("bystander", "no_mask_zone"):
        scenario = replace(BY_NAME[name], thanks=())
        assert score(scenario, timeline_of(scenario, (10.0, ("Ada",)))).false == 1


def test_a_correct_wearer_meant_along_with_a_violator_makes_a_reminder_false() -> None:
    scenario = replace(BY_NAME["bystander"], thanks=())
    guilty = next(name for name, (least, _) in scenario.reminders.items() if least)
    innocent = next(w.name for w in scenario.cast if w.name not in scenario.reminders)
    alone, both = (
        score(scenario, timeline_of(scenario, (10.0, meant)))
        for meant in ((guilty,), (guilty, innocent))
    )
    assert (alone.false, both.false) == (0, 1)


def test_a_patrol_that_does_not_go_on_is_not_right() -> None:
    scenario = replace(BY_NAME["no_mask"], thanks=())
    stuck = score(scenario, timeline_of(scenario, (10.0, ("Ada",)), reached=25.0))
    assert stuck.resumed is False and not stuck.perfect


def test_the_target_for_real_detections_allows_one_in_twenty() -> None:
    scenario = replace(BY_NAME["no_mask"], thanks=())
    good = score(scenario, timeline_of(scenario, (10.0, ("Ada",))))
    missed = score(scenario, timeline_of(scenario))
    assert total([good] * 19 + [missed]).met(perfect_detections=False)
    assert not total([good] * 19 + [missed]).met(perfect_detections=True)
    assert not total([good] * 9 + [missed]).met(perfect_detections=False)
