# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who is around: one record per human being, as far as ids and places can tell.

The detector's ids change when somebody is hidden for a while, and start from 1 again with a
restarted detector. So a new id that turns up where somebody was lost from sight is taken to be
that person, and a known id that turns up far from where it was is taken to be somebody else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mask_detector_ros.patrol.behavior_settings import MemorySettings, PatrolSettings
from mask_detector_ros.patrol.interface import Point, Pose, Sighting
from mask_detector_ros.patrol.person import STEP_ASIDE, Person

FARTHEST = 1e6
"""A coordinate beyond this many meters, or NaN, is no position."""

COMING_INTO_VIEW = 3.0
"""Seconds in which a robot that turns sees all who stand together."""


class People:
    """Everyone seen lately."""

    def __init__(self) -> None:
        self._by_id: dict[str, Person] = {}
        """Two ids may lead to one person: the one lost and the one taken for the same."""
        self._everyone: list[Person] = []

    def __iter__(self) -> Iterator[Person]:
        return iter(self._everyone)

    def forget_ids(self) -> None:
        """From now on the same id may be somebody else (a new run of the detector)."""
        self._by_id.clear()

    def see(
        self, sightings: Sequence[Sighting], at: float, robot: Pose | None, s: PatrolSettings
    ) -> None:
        """Take in one frame; those in it are all there were.

        Args:
            at: its time in seconds, not before that of the last one.
            robot: where the robot was; None when unknown.
        """
        newcomers: list[Person] = []
        for sighting in sightings:
            point, deviation = _placed(sighting)
            person = self._of(sighting.person, point, deviation, at, s.memory)
            person.observe(sighting, at, s.people)
            if point is not None:
                if person.placed == -math.inf:
                    newcomers.append(person)
                person.move(point, deviation, at, robot, s.people)
        self._recall(newcomers, at, s.memory)
        kept = max(s.memory.place_seconds, s.choice.remember_seconds)
        self._everyone = [p for p in self._everyone if at <= max(p.seen + kept, p.left_be_until)]
        known = set(self._everyone)
        self._by_id = {id: p for id, p in self._by_id.items() if p in known}

    def _of(
        self, id: str, point: Point | None, deviation: float, at: float, s: MemorySettings
    ) -> Person:
        """The record behind an id in a frame."""
        person = self._by_id.get(id)
        if person is not None and person.id != id:
            # The lost id is back: whoever has been taken for this person is another.
            self._add(person.somebody_else())
            person.return_as(id, at)
        if person is None or person.is_elsewhere(point, deviation, at, s):
            person = self._add(Person(id=id, appeared=at, seen=at))
        return person

    def _add(self, person: Person) -> Person:
        self._by_id[person.id] = person
        self._everyone.append(person)
        return person

    def _recall(self, newcomers: list[Person], at: float, s: MemorySettings) -> None:
        """Those just placed for the first time, where somebody was lost, are that somebody."""
        everyone = list(self._everyone)
        pairs = sorted(
            (new.position.distance(lost.position), i, j)
            for i, new in enumerate(newcomers)
            for j, lost in enumerate(everyone)
            if new.position and lost.position and lost.may_be(new, s.place_radius)
        )
        taken: set[Person] = set()
        for _, i, j in pairs:
            new, lost = newcomers[i], everyone[j]
            if not {new, lost} & taken:
                self._continue(lost, new, at, s)
                taken |= {new, lost}
        for new in newcomers:
            wrongly = next((p for p in everyone if _stands_in_for(p, new, at)), None)
            if wrongly is not None and new not in taken:
                place = wrongly.recalled_from
                self._add(wrongly.somebody_else())
                self._continue(wrongly, new, at, s)
                wrongly.recalled_from = place

    def _continue(self, lost: Person, new: Person, at: float, s: MemorySettings) -> None:
        """From now on the two are one."""
        # Who sits there all day goes through thousands of ids; only the last one may come back.
        self._by_id = {id: p for id, p in self._by_id.items() if p is not lost or id == lost.id}
        lost.continue_as(new, at, s)
        self._everyone.remove(new)
        self._by_id[new.id] = lost


def _stands_in_for(person: Person, new: Person, at: float) -> bool:
    """Whether one recalled by the place was taken for somebody lost who only now comes into view.

    It was the nearer one of two who stand together, and the other came into view a moment sooner;
    or it stands aside, and whoever now appears stands right where the lost one stood.
    """
    place, position = person.recalled_from, person.position
    if place is None or position is None or new.position is None or person is new:
        return False
    off, aside = new.position.distance(place), position.distance(place)
    soon = at - person.appeared <= COMING_INTO_VIEW
    return off < aside and (soon or off <= STEP_ASIDE + new.deviation < aside)


def _placed(sighting: Sighting) -> tuple[Point | None, float]:
    """Position and deviation, as far as they make sense."""
    point, deviation = sighting.position, abs(sighting.deviation)
    if point is None or not all(abs(v) <= FARTHEST for v in (point.x, point.y, deviation)):
        return None, math.inf
    return point, deviation
