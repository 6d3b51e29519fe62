# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Score of a trial, and the target for the whole suite.

A reminder counts for every addressee (see ``Simulator.addressees``) who is in violation; one
reminder for a group counts once for each of them. A reminder is *false* if no addressee is in
violation, or if an addressee should never be reminded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mask_detector_ros.patrol.interface import ReminderKind, State
from mask_detector_ros.simulation.scenario import NEVER, Scenario
from mask_detector_ros.simulation.timeline import Timeline

COMPLIED_GRACE_S = 1.0
"""A reminder up to this long after the mask was corrected is late, but not false: it was
decided on an earlier image."""
MIN_STAND_OFF_M = 1.2
"""Least distance to the nearest addressee: the default stand-off minus a tolerance."""
MIN_REMINDED_FRACTION = 0.95
MAX_FALSE_REMINDERS = 1
"""Target for the real detector over the whole suite."""

BUSY_STATES = (State.APPROACH, State.REMIND, State.WAIT, State.THANK, State.GIVE_UP)


@dataclass(frozen=True)
class Score:
    """Score of one trial.

    Attributes:
        scenario: name of the scenario.
        violators: people who should be reminded.
        reminded: violators who were reminded as often as they should be.
        reminders: spoken reminders.
        false_reminders: reminders without a violator, or that include people never to be
            reminded.
        reminded_too_often: people who were reminded more often than they should be.
        delays: per reminded violator, seconds from being visible in violation to the reminder.
        stand_offs: per correct reminder, meters to the nearest addressee.
        nearest: least distance to anyone during the trial, meters; inf without people.
        thanked, to_thank: people who were thanked, and who should be.
        resumed: whether the patrol reached another waypoint afterwards; None: not required.
    """

    scenario: str
    violators: int
    reminded: int
    reminders: int
    false_reminders: int
    reminded_too_often: int
    delays: tuple[float, ...]
    stand_offs: tuple[float, ...]
    nearest: float
    thanked: int
    to_thank: int
    resumed: bool | None

    @property
    def reminders_correct(self) -> bool:
        """Whether everyone was reminded as often as they should be, and no one else."""
        all_reminded = self.reminded == self.violators
        return all_reminded and not self.false_reminders and not self.reminded_too_often

    @property
    def passed(self) -> bool:
        """Whether reminders, stand-off and thanks are correct and the patrol went on."""
        kept_distance = all(distance >= MIN_STAND_OFF_M for distance in self.stand_offs)
        polite = kept_distance and self.thanked == self.to_thank
        return self.reminders_correct and polite and self.resumed is not False


@dataclass(frozen=True)
class Totals:
    """Sums over the suite. See ``Score``."""

    scenarios: int
    passed: int
    violators: int
    reminded: int
    false_reminders: int
    reminded_too_often: int

    def target_met(self, ground_truth: bool) -> bool:
        """Whether the target for ground truth, or else for the real detector, is met."""
        if ground_truth:
            return self.passed == self.scenarios
        enough = self.reminded >= MIN_REMINDED_FRACTION * self.violators
        return enough and self.false_reminders <= MAX_FALSE_REMINDERS


def score(scenario: Scenario, timeline: Timeline) -> Score:
    """Score a trial."""
    counts = dict.fromkeys(timeline.names, 0)
    first_reminder: dict[str, float] = {}
    false_reminders = 0
    stand_offs = []
    for reminder in timeline.reminders():
        due = _due_reminders(scenario, timeline, reminder.time, reminder.addressees)
        for name in due:
            counts[name] += 1
            first_reminder.setdefault(name, reminder.time)
        if due:
            stand_offs.append(reminder.distance)
        not_due = [n for n in reminder.addressees if scenario.reminders.get(n, NEVER) == NEVER]
        if not_due or not due:
            false_reminders += 1
    expected = {name: scenario.reminders.get(name, NEVER) for name in timeline.names}
    violators = [name for name, (least, _) in expected.items() if least > 0]
    return Score(
        scenario=scenario.name,
        violators=len(violators),
        reminded=sum(expected[name][0] <= counts[name] <= expected[name][1] for name in violators),
        reminders=len(timeline.reminders()),
        false_reminders=false_reminders,
        reminded_too_often=sum(counts[name] > most for name, (_, most) in expected.items()),
        delays=tuple(
            first_reminder[name]
            - min(_first_visible_violation(timeline, name), first_reminder[name])
            for name in violators
            if name in first_reminder
        ),
        stand_offs=tuple(stand_offs),
        nearest=_nearest_distance(timeline),
        thanked=len(_thanked(timeline) & set(scenario.thanks)),
        to_thank=len(scenario.thanks),
        resumed=_resumed(timeline) if scenario.resumes else None,
    )


def total(scores: Sequence[Score]) -> Totals:
    """Sum the scores of the suite."""
    return Totals(
        scenarios=len(scores),
        passed=sum(s.passed for s in scores),
        violators=sum(s.violators for s in scores),
        reminded=sum(s.reminded for s in scores),
        false_reminders=sum(s.false_reminders for s in scores),
        reminded_too_often=sum(s.reminded_too_often for s in scores),
    )


def _due_reminders(
    scenario: Scenario, timeline: Timeline, time: float, addressees: Sequence[str]
) -> list[str]:
    """Addressees who may be reminded and were in violation at this time or just before."""
    due = []
    for name in addressees:
        k = timeline.names.index(name)
        recent = [s for s in timeline.snapshots if time - COMPLIED_GRACE_S <= s.time <= time]
        in_violation = any(s.people[k].wear_status.is_violation for s in recent)
        if in_violation and scenario.reminders.get(name, NEVER) != NEVER:
            due.append(name)
    return due


def _first_visible_violation(timeline: Timeline, name: str) -> float:
    """When the person was first visible in violation, seconds; inf if never."""
    k = timeline.names.index(name)
    for snapshot in timeline.snapshots:
        if name in snapshot.visible and snapshot.people[k].wear_status.is_violation:
            return snapshot.time
    return math.inf


def _nearest_distance(timeline: Timeline) -> float:
    people = [k for k, name in enumerate(timeline.names) if name not in timeline.posters]
    return min(
        (
            math.hypot(s.people[k].x - s.robot.x, s.people[k].y - s.robot.y)
            for s in timeline.snapshots
            for k in people
        ),
        default=math.inf,
    )


def _thanked(timeline: Timeline) -> set[str]:
    thanks = [u for u in timeline.utterances if u.command.kind == ReminderKind.THANK]
    return {name for utterance in thanks for name in utterance.addressees}


def _resumed(timeline: Timeline) -> bool:
    """Whether a waypoint was reached after the last encounter with a person."""
    busy = [s.time for s in timeline.snapshots if s.state in BUSY_STATES]
    last = max(busy, default=0.0)
    return any(time > last for time in timeline.waypoints_reached)
