# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every row of the state table from each of its sources, and the generated page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import Outcome, Point, State
from mask_detector_ros.patrol.plan import Zone
from mask_detector_ros.patrol.transitions import TRANSITIONS, WORKING
from mask_detector_ros.patrol.transitions_page import PAGE, as_markdown
from mask_detector_ros.perception.types import WearStatus
from support.patrol_bench import PLAN, Actor, Bench

ROOT = Path(__file__).resolve().parents[2]


def target(**changes: Any) -> Actor:
    return replace(Actor("1", 6.0), **changes)


def bench_in(state: State, **bench: Any) -> Bench:
    """A bench that has just entered the state; the only person is ``actors[0]``."""
    b = Bench(target(), **bench)
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
    b = bench_in(state)
    b.patrol.pause()
    return b


def camera_silent_in(state: State) -> Bench:
    # States of one tick end before the timeout, unless it has passed already.
    b = bench_in(state, settings=with_health(camera_timeout=0.5))
    b.camera = False
    b.now += 1.0
    return b


def pose_missing_in(state: State) -> Bench:
    b = bench_in(state, settings=with_health(pose_timeout=0.5))
    b.localized = False
    b.now += 1.0
    return b


def with_health(**health: Any) -> PatrolSettings:
    settings = PatrolSettings()
    return replace(settings, health=replace(settings.health, **health))


def with_reminders(**reminders: Any) -> PatrolSettings:
    settings = PatrolSettings()
    return replace(settings, reminders=replace(settings.reminders, **reminders))


def goal_ends(state: State, outcome: Outcome | None, **settings: Any) -> Bench:
    b = bench_in(state, settings=with_health(**settings))
    if state != State.APPROACH:
        b.actors.clear()
    b.outcome = outcome
    return b


def skipped_in(state: State) -> Bench:
    b = bench_in(state)
    b.patrol.skip()
    return b


def patrol_with_candidate(state: State) -> Bench:
    b = bench_in(state)
    b.actors = [Actor("2", b.robot.x + 5.0, b.robot.y)]
    return b


def approach(**changes: Any) -> Bench:
    """The target changes during an approach."""
    b = bench_in(State.APPROACH)
    b.actors[0] = replace(b.actors[0], **changes)
    return b


def approach_into_cafe() -> Bench:
    corners = (Point(6.5, -5.0), Point(12.0, -5.0), Point(12.0, 5.0), Point(6.5, 5.0))
    b = bench_in(State.APPROACH, plan=replace(PLAN, zones=(Zone("cafe", False, corners),)))
    b.actors[0].velocity = (0.35, 0.5)
    return b


def approach_passes_another() -> Bench:
    b = bench_in(State.APPROACH)
    b.actors.append(Actor("2", b.robot.x + 1.5, 0.5))
    b.outcome = None
    return b


def arrive_without_violation() -> Bench:
    b = bench_in(State.APPROACH)
    b.actors[0].status = WearStatus.UNKNOWN
    return b


def approach_without_arrival() -> Bench:
    b = bench_in(State.APPROACH)
    b.outcome = None
    return b


def waiting(**changes: Any) -> Bench:
    """The reminded person changes in WAIT."""
    b = bench_in(State.WAIT)
    b.actors[0] = replace(b.actors[0], **changes)
    return b


def complied_without_thanks() -> Bench:
    b = bench_in(State.WAIT, settings=with_reminders(thanks=False))
    b.actors[0].status = WearStatus.CORRECT
    return b


def some_comply() -> Bench:
    b = Bench(Actor("1", 6.0), Actor("2", 6.0, 1.0), settings=with_reminders(max_per_person=1))
    b.until(State.WAIT)
    b.actors[1].status = WearStatus.CORRECT
    return b


def nobody_complies() -> Bench:
    return bench_in(State.WAIT, settings=with_reminders(max_per_person=1))


def without_images(state: State) -> Bench:
    b = Bench()
    b.camera = False
    if state == State.RESUME:
        b.patrol.pause()
        b.step()
        b.patrol.resume()
    return b


def resumed() -> Bench:
    b = bench_in(State.PAUSED)
    b.patrol.resume()
    return b


def recovers() -> Bench:
    b = bench_in(State.FAULT)
    b.camera = True
    return b


def recovers_after_reminder() -> Bench:
    b = bench_in(State.WAIT)
    b.camera = False
    b.until(State.FAULT)
    b.camera = True
    return b


def alone(state: State) -> Bench:
    b = bench_in(state)
    b.actors.clear()
    return b


Case = Callable[[], Bench]
CASES: dict[tuple[State, str], Case] = {
    (State.PAUSED, "resume_requested"): resumed,
    (State.FAULT, "recovered_after_reminder"): recovers_after_reminder,
    (State.FAULT, "recovered"): recovers,
    (State.FAULT, "pause_requested"): lambda: paused_in(State.FAULT),
    (State.RESUME, "waypoint_reached"): lambda: alone(State.RESUME),
    (State.PATROL, "waypoint_wait_over"): lambda: alone(State.PATROL),
    (State.APPROACH, "target_complied"): lambda: approach(status=WearStatus.CORRECT),
    (State.APPROACH, "reminders_not_allowed"): approach_into_cafe,
    (State.APPROACH, "target_leaving"): lambda: approach(velocity=(1.2, 0.0)),
    (State.APPROACH, "target_lost"): lambda: approach(visible=False),
    (State.APPROACH, "within_reach"): approach,
    (State.APPROACH, "other_within_reach"): approach_passes_another,
    (State.APPROACH, "navigation_unavailable"): lambda: goal_ends(
        State.APPROACH, Outcome.UNAVAILABLE
    ),
    (State.APPROACH, "approach_failed"): lambda: goal_ends(State.APPROACH, Outcome.ABORTED),
    (State.APPROACH, "may_retry"): lambda: goal_ends(State.APPROACH, Outcome.ABORTED),
    (State.APPROACH, "violation_unconfirmed"): arrive_without_violation,
    (State.APPROACH, "approach_timeout"): approach_without_arrival,
    (State.REMIND, "speech_over"): lambda: bench_in(State.REMIND),
    (State.WAIT, "all_complied"): lambda: waiting(status=WearStatus.CORRECT),
    (State.WAIT, "complied_unthanked"): complied_without_thanks,
    (State.WAIT, "group_left"): lambda: waiting(velocity=(1.2, 0.0)),
    (State.WAIT, "group_lost"): lambda: waiting(visible=False),
    (State.WAIT, "may_remind_again"): waiting,
    (State.WAIT, "some_complied"): some_comply,
    (State.WAIT, "compliance_timeout"): nobody_complies,
    (State.THANK, "speech_over"): lambda: bench_in(State.THANK),
    (State.GIVE_UP, "always"): lambda: bench_in(State.GIVE_UP),
}
for one in WORKING:
    CASES[one, "pause_requested"] = partial(paused_in, one)
    CASES[one, "camera_silent"] = partial(camera_silent_in, one)
    CASES[one, "pose_missing"] = partial(pose_missing_in, one)
for one in (State.PATROL, State.RESUME, State.APPROACH, State.REMIND, State.WAIT):
    CASES[one, "skip_requested"] = partial(skipped_in, one)
for one in (State.PATROL, State.RESUME):
    CASES.update(
        {
            (one, "no_image_yet"): partial(without_images, one),
            (one, "navigation_unavailable"): partial(goal_ends, one, Outcome.UNAVAILABLE),
            (one, "waypoints_failing"): partial(
                goal_ends, one, Outcome.ABORTED, waypoint_failures=1
            ),
            (one, "waypoint_failed"): partial(goal_ends, one, Outcome.REJECTED),
            (one, "waypoint_timeout"): partial(goal_ends, one, None, waypoint_timeout=5.0),
            (one, "candidate_available"): partial(patrol_with_candidate, one),
        }
    )


@pytest.mark.parametrize(
    ("source", "guard"), CASES, ids=[f"{state.name}-{guard}" for state, guard in CASES]
)
def test_every_row_leads_to_its_target_state(source: State, guard: str) -> None:
    bench = CASES[source, guard]()
    bench.until_taken(source, guard)
    left, row = bench.taken[-1]
    assert (left, row.guard.__name__) == (source, guard)
    status = bench.patrol.status
    assert (status.state, status.previous) == (row.target, source)
    assert status.reason.startswith(row.reason)
    assert status.since == bench.now
    if row.cooldown:
        until = bench.now + getattr(bench.patrol.settings.memory, row.cooldown)
        (person,) = bench.patrol._s.people
        assert person.cooldown_until == pytest.approx(until)


def test_the_cases_are_the_table() -> None:
    table = {(source, row.guard.__name__) for row in TRANSITIONS for source in row.sources}
    assert set(CASES) == table


def test_every_row_describes_its_condition_action_and_reason() -> None:
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


def test_the_page_is_generated_from_the_table() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert text == as_markdown(), "run: python -m mask_detector_ros.patrol.transitions_page"
