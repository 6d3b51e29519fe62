# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every row of the table, from every state it starts in, and the page drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Outcome, Point, State
from mask_detector_ros.patrol.plan import Zone
from mask_detector_ros.patrol.transitions import TRANSITIONS, WORKING
from mask_detector_ros.patrol.transitions_page import PAGE, as_markdown
from mask_detector_ros.perception.types import WearStatus
from support.patrol_bench import PLAN, Actor, Bench

ROOT = Path(__file__).resolve().parents[2]


def somebody(**changes: object) -> Actor:
    return replace(Actor("1", 6.0), **changes)


def time_in_state(state: State, **bench: object) -> Bench:
    """A bench that has just entered the state; the only person in sight is ``actors[0]``."""
    b = Bench(somebody(), **bench)
    if state == State.PATROL:
        b.actors[0].status = WearStatus.CORRECT
        return b.run(0.5)
    if state == State.RESUME:
        b.patrol.pause()
        b.step()
        b.patrol.resume()
    elif state == State.PAUSED:
        b.patrol.pause()
    elif state == State.FAULT:
        b.camera = False
    elif state == State.GIVE_UP:
        b.until(State.APPROACH).patrol.skip()
    elif state == State.THANK:
        b.until(State.WAIT).actors[0].status = WearStatus.CORRECT
    return b.until(state)


def paused_in(state: State) -> Bench:
    b = time_in_state(state)
    b.patrol.pause()
    return b


def blind_in(state: State) -> Bench:
    # States that end at once do so before the camera is missed, unless it is missed already.
    b = time_in_state(state, settings=patient(camera_timeout=0.5))
    b.camera = False
    b.now += 1.0
    return b


def lost_in(state: State) -> Bench:
    b = time_in_state(state, settings=patient(pose_timeout=0.5))
    b.localized = False
    b.now += 1.0
    return b


def patient(**health: float) -> PatrolSettings:
    settings = PatrolSettings()
    return replace(settings, health=replace(settings.health, **health))


def reminded_by(**reminders: object) -> PatrolSettings:
    settings = PatrolSettings()
    return replace(settings, reminders=replace(settings.reminders, **reminders))


def goal_ends(state: State, outcome: Outcome | None, **settings: float) -> Bench:
    b = time_in_state(state, settings=patient(**settings))
    if state != State.APPROACH:
        b.actors.clear()
    b.outcome = outcome
    return b


def skipped_in(state: State) -> Bench:
    b = time_in_state(state)
    b.patrol.skip()
    return b


def patrol_meets_somebody(state: State) -> Bench:
    b = time_in_state(state)
    b.actors = [Actor("2", b.robot.x + 5.0, b.robot.y)]
    return b


def approach(**changes: object) -> Bench:
    """Somebody changes while approached."""
    b = time_in_state(State.APPROACH)
    b.actors[0] = replace(b.actors[0], **changes)
    return b


def approach_into_cafe() -> Bench:
    corners = (Point(6.5, -5.0), Point(12.0, -5.0), Point(12.0, 5.0), Point(6.5, 5.0))
    b = time_in_state(State.APPROACH, plan=replace(PLAN, zones=(Zone("cafe", False, corners),)))
    b.actors[0].velocity = (0.35, 0.5)
    return b


def approach_passes_another() -> Bench:
    b = time_in_state(State.APPROACH)
    b.actors.append(Actor("2", b.robot.x + 1.5, 0.5))
    b.outcome = None
    return b


def arrive_in_doubt() -> Bench:
    b = time_in_state(State.APPROACH)
    b.actors[0].status = WearStatus.UNKNOWN
    return b


def approach_takes_forever() -> Bench:
    b = time_in_state(State.APPROACH)
    b.outcome = None
    return b


def waiting(**changes: object) -> Bench:
    """Somebody changes while waited for."""
    b = time_in_state(State.WAIT)
    b.actors[0] = replace(b.actors[0], **changes)
    return b


def complied_without_thanks() -> Bench:
    b = time_in_state(State.WAIT, settings=reminded_by(thanks=False))
    b.actors[0].status = WearStatus.CORRECT
    return b


def some_comply() -> Bench:
    b = Bench(Actor("1", 6.0), Actor("2", 6.0, 1.0), settings=reminded_by(max_per_person=1))
    b.until(State.WAIT)
    b.actors[1].status = WearStatus.CORRECT
    return b


def nobody_complies() -> Bench:
    return time_in_state(State.WAIT, settings=reminded_by(max_per_person=1))


Case = Callable[[], Bench]
CASES: dict[tuple[State, str], Case] = {
    (State.PAUSED, "resume_requested"): lambda: unpaused(),
    (State.FAULT, "recovered_after_reminder"): lambda: sees_again_after_asking(),
    (State.FAULT, "recovered"): lambda: sees_again(),
    (State.FAULT, "pause_requested"): lambda: paused_in(State.FAULT),
    (State.RESUME, "waypoint_reached"): lambda: alone(State.RESUME),
    (State.PATROL, "waypoint_wait_over"): lambda: alone(State.PATROL),
    (State.APPROACH, "target_complied"): lambda: approach(status=WearStatus.CORRECT),
    (State.APPROACH, "reminders_not_allowed"): approach_into_cafe,
    (State.APPROACH, "target_leaving"): lambda: approach(velocity=(1.2, 0.0)),
    (State.APPROACH, "target_lost"): lambda: approach(seen=False),
    (State.APPROACH, "within_reach"): lambda: approach(),
    (State.APPROACH, "other_within_reach"): approach_passes_another,
    (State.APPROACH, "navigation_unavailable"): lambda: goal_ends(
        State.APPROACH, Outcome.UNAVAILABLE
    ),
    (State.APPROACH, "approach_failed"): lambda: goal_ends(State.APPROACH, Outcome.ABORTED),
    (State.APPROACH, "may_retry"): lambda: goal_ends(State.APPROACH, Outcome.ABORTED),
    (State.APPROACH, "violation_unconfirmed"): arrive_in_doubt,
    (State.APPROACH, "approach_timeout"): approach_takes_forever,
    (State.REMIND, "speech_over"): lambda: time_in_state(State.REMIND),
    (State.WAIT, "all_complied"): lambda: waiting(status=WearStatus.CORRECT),
    (State.WAIT, "complied_unthanked"): complied_without_thanks,
    (State.WAIT, "group_left"): lambda: waiting(velocity=(1.2, 0.0)),
    (State.WAIT, "group_lost"): lambda: waiting(seen=False),
    (State.WAIT, "may_remind_again"): lambda: waiting(),
    (State.WAIT, "some_complied"): some_comply,
    (State.WAIT, "compliance_timeout"): nobody_complies,
    (State.THANK, "speech_over"): lambda: time_in_state(State.THANK),
    (State.GIVE_UP, "always"): lambda: time_in_state(State.GIVE_UP),
}
for one in WORKING:
    CASES[one, "pause_requested"] = lambda one=one: paused_in(one)
    CASES[one, "camera_silent"] = lambda one=one: blind_in(one)
    CASES[one, "pose_missing"] = lambda one=one: lost_in(one)
for one in (State.PATROL, State.RESUME, State.APPROACH, State.REMIND, State.WAIT):
    CASES[one, "skip_requested"] = lambda one=one: skipped_in(one)
for one in (State.PATROL, State.RESUME):
    CASES.update(
        {
            (one, "no_image_yet"): lambda one=one: never_filmed(one),
            (one, "navigation_unavailable"): lambda one=one: goal_ends(one, Outcome.UNAVAILABLE),
            (one, "waypoints_failing"): lambda one=one: goal_ends(
                one, Outcome.ABORTED, waypoint_failures=1
            ),
            (one, "waypoint_failed"): lambda one=one: goal_ends(one, Outcome.REJECTED),
            (one, "waypoint_timeout"): lambda one=one: goal_ends(one, None, waypoint_timeout=5.0),
            (one, "candidate_available"): lambda one=one: patrol_meets_somebody(one),
        }
    )


def never_filmed(state: State) -> Bench:
    b = Bench()
    b.camera = False
    if state == State.RESUME:
        b.patrol.pause()
        b.step()
        b.patrol.resume()
    return b


def unpaused() -> Bench:
    b = time_in_state(State.PAUSED)
    b.patrol.resume()
    return b


def sees_again() -> Bench:
    b = time_in_state(State.FAULT)
    b.camera = True
    return b


def sees_again_after_asking() -> Bench:
    b = time_in_state(State.WAIT)
    b.camera = False
    b.until(State.FAULT)
    b.camera = True
    return b


def alone(state: State) -> Bench:
    b = time_in_state(state)
    b.actors.clear()
    return b


@pytest.mark.parametrize(
    ("source", "guard"), CASES, ids=[f"{state.name}-{guard}" for state, guard in CASES]
)
def test_every_row_leads_where_it_says(source: State, guard: str) -> None:
    bench = CASES[source, guard]()
    bench.until_taken(source, guard)
    left, row = bench.taken[-1]
    assert (left, row.guard.__name__) == (source, guard)
    status = bench.patrol.status
    assert (status.state, status.previous) == (row.target, source)
    assert status.reason.startswith(row.reason)
    assert status.since == bench.now


def test_the_cases_are_the_table() -> None:
    table = {(source, row.guard.__name__) for row in TRANSITIONS for source in row.sources}
    assert set(CASES) == table


def test_every_row_has_its_condition_action_and_reason_in_words() -> None:
    assert TRANSITIONS
    for row in TRANSITIONS:
        assert row.condition.endswith("."), row
        assert row.effect.endswith("."), row
        assert row.reason, row


def test_cooldowns_are_settings_of_the_memory() -> None:
    cooldowns = {row.cooldown for row in TRANSITIONS if row.cooldown}
    assert cooldowns == {
        "reminded_cooldown",
        "lost_cooldown",
        "leaving_cooldown",
        "unreachable_cooldown",
    }
    assert all(getattr(PatrolSettings().memory, name) > 0.0 for name in cooldowns)
    doubling = {row.cooldown for row in TRANSITIONS if row.cooldown_doubles}
    assert doubling == {"unreachable_cooldown"}


def test_the_page_is_drawn_from_the_table() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert text == as_markdown(), "run: python -m mask_detector_ros.patrol.transitions_page"
