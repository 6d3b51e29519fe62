# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants: limits of reminders, and states in which the robot must not move."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mask_detector_ros.patrol.behavior import Patrol
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import (
    Command,
    GoTo,
    Observation,
    Outcome,
    Point,
    Pose,
    ReminderKind,
    Speak,
    State,
    Stop,
)
from mask_detector_ros.perception.types import WearStatus
from support.patrol_bench import PLAN, START, Actor, Bench

SETTINGS = PatrolSettings()
DRIVING = {State.PATROL, State.RESUME, State.APPROACH}
TURNING = {State.REMIND, State.WAIT}
"""Goals are rotations in place; the first is sent some time after the robot has stopped."""
STANDING = set(State) - DRIVING - TURNING


class Checker:
    """Checks the commands of every tick."""

    def __init__(self) -> None:
        self.driving = False
        self.numbers = [0]
        self.goals = [0]
        self.reminders: Counter[str] = Counter()
        self.counts = (0, 0, 0)
        self.last_seen: dict[str, tuple[float, WearStatus]] = {}

    def record(self, observations: list[Observation], now: float) -> None:
        self.last_seen |= {s.person_id: (now, s.status) for s in observations}

    def check(self, commands: list[Command], patrol: Patrol, now: float, robot: Pose) -> None:
        for command in commands:
            if isinstance(command, GoTo):
                assert command.goal > self.goals[-1]
                self.goals.append(command.goal)
                self.driving = True
                assert all(map(math.isfinite, (command.pose.x, command.pose.y, command.pose.yaw)))
            elif isinstance(command, Stop):
                self.driving = False
            else:
                self.check_speech(command, now)
        status = patrol.status
        goals = [command for command in commands if isinstance(command, GoTo)]
        if status.state in TURNING:
            assert all(goal.pose.point == robot.point for goal in goals), status
            # A rotation begun in REMIND may continue in WAIT.
            if status.state == State.REMIND:
                assert not (self.driving and status.time_in_state < 1.0), status
        if status.state in STANDING:
            assert not self.driving, status
            assert not goals, status
        assert 0 <= status.waypoint < status.waypoints
        counts = (status.reminders, status.complied, status.given_up)
        assert all(a <= b for a, b in zip(self.counts, counts, strict=True))
        self.counts = counts

    def check_speech(self, speak: Speak, now: float) -> None:
        assert speak.number > self.numbers[-1]
        self.numbers.append(speak.number)
        assert speak.persons
        assert len(set(speak.persons)) == len(speak.persons)
        assert speak.status.is_violation
        for person in speak.persons:
            at, status = self.last_seen[person]
            if speak.kind == ReminderKind.REMIND:
                assert status.is_violation
                assert now - at <= SETTINGS.people.max_observation_age + 1e-6
                self.reminders[person] += 1
                assert self.reminders[person] <= SETTINGS.reminders.max_per_person
            else:
                assert status == WearStatus.CORRECT


STATUSES = st.sampled_from([*WearStatus, WearStatus.NO_MASK, WearStatus.NO_MASK])
ACTIONS = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 80)),
    st.tuples(st.just("run"), st.integers(1, 80)),
    st.tuples(st.just("status"), st.integers(0, 3), STATUSES),
    st.tuples(st.just("visible"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("has_position"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("new id"), st.integers(0, 3)),
    st.tuples(st.just("old id"), st.integers(0, 3)),
    st.tuples(st.just("outcome"), st.sampled_from([*Outcome, Outcome.REACHED, None])),
    st.tuples(st.just("camera"), st.booleans()),
    st.tuples(st.just("pose"), st.booleans()),
    st.tuples(st.sampled_from(["pause", "resume", "skip", "resume", "forget"])),
)


@given(
    spots=st.lists(
        st.tuples(st.floats(0.5, 9.0), st.floats(-4.0, 4.0), STATUSES), min_size=1, max_size=4
    ),
    actions=st.lists(ACTIONS, min_size=4, max_size=25),
)
@example(
    spots=[(1.0, 1.0, WearStatus.NO_MASK)],
    actions=[("run", 1), ("run", 39), ("outcome", None), ("run", 21)],
)
@settings(max_examples=60)
def test_invariants_hold_for_any_course_of_events(
    spots: list[tuple[float, float, WearStatus]],
    actions: list[tuple],
) -> None:
    bench = Bench(*(Actor(f"{i}", x, y, status) for i, (x, y, status) in enumerate(spots)))
    checker, fresh_ids, known = Checker(), iter(range(100, 1000)), START
    for name, *values in actions:
        actor = bench.actors[values[0] % len(bench.actors)] if len(values) == 2 else None
        if name == "run":
            for _ in range(values[0]):
                commands = bench.step()
                known = bench.robot if bench.localized else known
                if bench.camera:
                    checker.record([a.observation() for a in bench.actors if a.visible], bench.now)
                # A goal has ended.
                checker.driving = checker.driving and bench.driving
                checker.check(commands, bench.patrol, bench.now, known)
        elif actor is not None:
            setattr(actor, name, values[1])
        elif name == "new id":
            bench.actors[values[0] % len(bench.actors)].id = str(next(fresh_ids))
        elif name == "old id":
            index = values[0] % len(bench.actors)
            bench.actors[index].id = str(index)
        elif name == "outcome":
            bench.outcome = values[0]
        elif name == "camera":
            bench.camera = values[0]
        elif name == "pose":
            bench.localized = values[0]
        else:
            getattr(bench.patrol, name)()


NUMBERS = st.one_of(st.floats(-20, 20), st.floats())
OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        person_id=st.sampled_from("abc"),
        status=STATUSES,
        confidence=NUMBERS,
        position=st.one_of(st.none(), st.builds(Point, NUMBERS, NUMBERS)),
        position_std=NUMBERS,
    ),
    max_size=4,
)
EVENTS = st.one_of(
    st.tuples(st.just("observe"), OBSERVATIONS, st.one_of(st.none(), NUMBERS)),
    st.tuples(st.just("tick"), st.one_of(st.none(), st.builds(Pose, NUMBERS, NUMBERS, NUMBERS))),
    st.tuples(st.just("navigated"), st.integers(-1, 6), st.sampled_from(Outcome), st.text()),
    st.tuples(st.sampled_from(["pause", "resume", "skip", "forget"])),
    st.tuples(st.just("wait"), st.floats(0, 30)),
)


@given(st.lists(EVENTS, max_size=40))
def test_arbitrary_inputs_raise_nothing(events: list[tuple]) -> None:
    now = [0.0]
    patrol = Patrol(PLAN, SETTINGS, lambda: now[0])
    for name, *values in events:
        if name == "wait":
            now[0] += values[0]
        elif name == "tick":
            for command in patrol.tick(*values):
                assert isinstance(command, GoTo | Stop | Speak)
                standing = patrol.status.state in STANDING
                assert not (standing and isinstance(command, GoTo))
        else:
            getattr(patrol, name)(*values)


def test_the_checker_detects_a_wrong_reminder() -> None:
    """The checks above can fail."""
    bench, checker = Bench(Actor("1", 4.0)), Checker()
    bench.until(State.REMIND)
    (speak,) = bench.spoken
    checker.last_seen["1"] = (bench.now, WearStatus.UNKNOWN)
    with pytest.raises(AssertionError):
        checker.check_speech(speak, bench.now)
