# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good a trial was, and whether the whole suite is good enough.

A person is *reminded* by every reminder that points to where the person stands (see
``Stage.addressed``) while the person's mask is not worn right; one reminder for a group counts
once for each in it. A reminder is *false* when nobody it points to is in violation, or when
one of them was never to be reminded at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mask_detector_ros.patrol.interface import ReminderKind, State
from mask_detector_ros.simulation.scenario import NEVER, Scenario
from mask_detector_ros.simulation.timeline import Timeline

COMPLIED_JUST_NOW = 1.0
"""Seconds after a mask was put right in which a reminder is late, but not false: the
sentence had been decided on a picture of before."""
LEAST_STAND_OFF = 1.2
"""Meters to the nearest person meant at a reminder: the default stand-off, less some error."""
SHARE_REMINDED = 0.95
FALSE_REMINDERS = 1
"""What is asked of the real detector over the whole suite."""

BUSY = (State.APPROACH, State.REMIND, State.WAIT, State.THANK, State.GIVE_UP)


@dataclass(frozen=True)
class Score:
    """What one trial came to.

    Attributes:
        scenario: its name.
        violators: people who ought to be reminded.
        right: those of them who were reminded as often as they ought to be.
        reminders: reminders spoken.
        false: those that were for nobody.
        too_often: people who were reminded more often than is right.
        seconds: per reminded violator, from being in sight in violation to the reminder.
        stand_offs: meters to the nearest person meant, at each right reminder.
        nearest: meters the robot came near to anyone while moving; inf with nobody there.
        thanked, to_thank: people.
        resumed: whether it went on to another waypoint afterwards; None: not asked.
    """

    scenario: str
    violators: int
    right: int
    reminders: int
    false: int
    too_often: int
    seconds: tuple[float, ...]
    stand_offs: tuple[float, ...]
    nearest: float
    thanked: int
    to_thank: int
    resumed: bool | None

    @property
    def reminded_well(self) -> bool:
        """Everyone who ought to be was reminded as they ought to be, and nobody else."""
        return self.right == self.violators and not self.false and not self.too_often

    @property
    def perfect(self) -> bool:
        """As ``reminded_well``, and all are thanked, and the patrol went on."""
        kept = all(distance >= LEAST_STAND_OFF for distance in self.stand_offs)
        polite = kept and self.thanked == self.to_thank
        return self.reminded_well and polite and self.resumed is not False


@dataclass(frozen=True)
class Totals:
    """What the suite came to; the fields as in ``Score``."""

    scenarios: int
    perfect: int
    violators: int
    right: int
    false: int
    too_often: int

    def met(self, perfect_detections: bool) -> bool:
        """Whether that is what was asked for."""
        if perfect_detections:
            return self.perfect == self.scenarios
        enough = self.right >= SHARE_REMINDED * self.violators
        return enough and self.false <= FALSE_REMINDERS


def score(scenario: Scenario, timeline: Timeline) -> Score:
    """Judge a trial."""
    counts = dict.fromkeys(timeline.names, 0)
    first: dict[str, float] = {}
    false = 0
    stand_offs = []
    for speech in timeline.reminders():
        accused = _accused(scenario, timeline, speech.time, speech.meant)
        for name in accused:
            counts[name] += 1
            first.setdefault(name, speech.time)
        if accused:
            stand_offs.append(speech.distance)
        spared = [n for n in speech.meant if scenario.reminders.get(n, NEVER) == NEVER]
        if spared or not accused:
            false += 1
    wanted = {name: scenario.reminders.get(name, NEVER) for name in timeline.names}
    violators = [name for name, (least, _) in wanted.items() if least > 0]
    return Score(
        scenario=scenario.name,
        violators=len(violators),
        right=sum(wanted[name][0] <= counts[name] <= wanted[name][1] for name in violators),
        reminders=len(timeline.reminders()),
        false=false,
        too_often=sum(counts[name] > most for name, (_, most) in wanted.items()),
        seconds=tuple(
            first[name] - min(_first_in_sight(timeline, name), first[name])
            for name in violators
            if name in first
        ),
        stand_offs=tuple(stand_offs),
        nearest=_nearest(timeline),
        thanked=len(_thanked(timeline) & set(scenario.thanks)),
        to_thank=len(scenario.thanks),
        resumed=_resumed(timeline) if scenario.resumes else None,
    )


def total(scores: Sequence[Score]) -> Totals:
    """Sum up."""
    return Totals(
        scenarios=len(scores),
        perfect=sum(s.perfect for s in scores),
        violators=sum(s.violators for s in scores),
        right=sum(s.right for s in scores),
        false=sum(s.false for s in scores),
        too_often=sum(s.too_often for s in scores),
    )


def _accused(
    scenario: Scenario, timeline: Timeline, time: float, meant: Sequence[str]
) -> list[str]:
    """Those who were meant and in violation then, or until just before, where there is a rule."""
    accused = []
    for name in meant:
        k = timeline.names.index(name)
        lately = [m for m in timeline.moments if time - COMPLIED_JUST_NOW <= m.time <= time]
        guilty = any(m.people[k][3].is_violation for m in lately)
        if guilty and scenario.reminders.get(name, NEVER) != NEVER:
            accused.append(name)
    return accused


def _first_in_sight(timeline: Timeline, name: str) -> float:
    """When the person could first be seen in violation; inf if never."""
    k = timeline.names.index(name)
    for moment in timeline.moments:
        if name in moment.seen and moment.people[k][3].is_violation:
            return moment.time
    return math.inf


def _nearest(timeline: Timeline) -> float:
    people = [k for k, name in enumerate(timeline.names) if name not in timeline.posters]
    return min(
        (
            math.hypot(m.people[k][0] - m.robot.x, m.people[k][1] - m.robot.y)
            for m in timeline.moments
            for k in people
        ),
        default=math.inf,
    )


def _thanked(timeline: Timeline) -> set[str]:
    thanks = [s for s in timeline.speeches if s.speak.kind == ReminderKind.THANK]
    return {name for speech in thanks for name in speech.meant}


def _resumed(timeline: Timeline) -> bool:
    """Whether a waypoint was reached after the last time it dealt with someone."""
    busy = [m.time for m in timeline.moments if m.state in BUSY]
    last = max(busy, default=0.0)
    return any(time > last for time in timeline.waypoints_reached)
