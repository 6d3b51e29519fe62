# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One record per person, kept over changes of the detector's person ids.

Ids change when a person is occluded for a while, and start from 1 again when the detector is
restarted. Therefore a new id observed where a person was lost from sight is re-associated with that
person, and a known id observed far from its last position is a new person. docs/patrol.md draws the
life of a record.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mask_detector_ros.patrol.behavior_settings import MemorySettings, PatrolSettings
from mask_detector_ros.patrol.interface import Observation, Point, Pose
from mask_detector_ros.patrol.person import SIDESTEP_M, Person

MAX_COORDINATE_M = 1e6
"""Larger coordinates, and NaN, are not positions."""

COMING_INTO_VIEW_S = 3.0
"""Time in which a turning robot gets everyone of a group into view."""


class PersonRegistry:
    """Everyone observed lately; iterates over their records."""

    def __init__(self) -> None:
        self._by_id: dict[str, Person] = {}
        """Two ids may lead to one record: the lost one and the re-associated one."""
        self._everyone: list[Person] = []

    def __iter__(self) -> Iterator[Person]:
        return iter(self._everyone)

    def forget_ids(self) -> None:
        """Forget which id belongs to which record; for a restarted detector."""
        self._by_id.clear()

    def update(
        self, observations: Sequence[Observation], at: float, robot: Pose | None, s: PatrolSettings
    ) -> None:
        """Update with the observations of one image.

        Args:
            observations: all tracked people in the image.
            at: time of the image in seconds, not before that of the last one.
            robot: pose of the robot at that time; None when unknown.
            s: the settings.
        """
        newcomers: list[Person] = []
        for observation in observations:
            point, std = _valid_position(observation)
            person = self._record_of(observation.person_id, point, std, at, s.memory)
            person.update_status(observation, at, s.people)
            if point is not None:
                if person.position_at == -math.inf:
                    newcomers.append(person)
                person.update_position(point, std, at, robot, s.people)
        self._reassociate(newcomers, at, s.memory)
        kept = max(s.memory.place_cooldown, s.selection.memory_seconds)
        self._everyone = [
            p for p in self._everyone if at <= max(p.last_seen + kept, p.cooldown_until)
        ]
        known = set(self._everyone)
        self._by_id = {id: p for id, p in self._by_id.items() if p in known}

    def _record_of(
        self, id: str, point: Point | None, std: float, at: float, s: MemorySettings
    ) -> Person:
        """The record that an id in an image belongs to, a new one if needed."""
        person = self._by_id.get(id)
        if person is not None and person.id != id:
            # The lost id is observed again: the person re-associated with it is another one.
            self._add(person.split())
            person.return_under(id, at)
        if person is None or person.contradicts(point, std, at, s):
            person = self._add(Person(id=id, id_since=at, last_seen=at))
        return person

    def _add(self, person: Person) -> Person:
        self._by_id[person.id] = person
        self._everyone.append(person)
        return person

    def _reassociate(self, newcomers: list[Person], at: float, s: MemorySettings) -> None:
        """Associate people just located for the first time with people lost from sight there.

        Pairs are taken greedily, nearest first.
        """
        everyone = list(self._everyone)
        pairs = sorted(
            (new.position.distance(lost.position), i, j)
            for i, new in enumerate(newcomers)
            for j, lost in enumerate(everyone)
            if new.position and lost.position and lost.could_be(new, s.place_radius)
        )
        taken: set[Person] = set()
        for _, i, j in pairs:
            new, lost = newcomers[i], everyone[j]
            if not {new, lost} & taken:
                self._continue(lost, new, at, s)
                taken |= {new, lost}
        for new in newcomers:
            wrong = next((p for p in everyone if _belongs_to(p, new, at)), None)
            if wrong is not None and new not in taken:
                place = wrong.reassociated_from
                self._add(wrong.split())
                self._continue(wrong, new, at, s)
                wrong.reassociated_from = place

    def _continue(self, lost: Person, new: Person, at: float, s: MemorySettings) -> None:
        """Merge the record of a new id into that of a lost person."""
        # Of all earlier ids only the last one may return; otherwise they would pile up.
        self._by_id = {id: p for id, p in self._by_id.items() if p is not lost or id == lost.id}
        lost.reassociate(new, at, s)
        self._everyone.remove(new)
        self._by_id[new.id] = lost


def _belongs_to(person: Person, new: Person, at: float) -> bool:
    """Whether a re-associated record belongs to ``new`` rather than to its present id.

    ``new`` must be nearer to the place where the record was lost. Either the present id appeared at
    most ``COMING_INTO_VIEW_S`` ago, being the first of two to come into view; or ``new`` is right
    at that place and the present id is beside it.
    """
    place, position = person.reassociated_from, person.position
    if place is None or position is None or new.position is None or person is new:
        return False
    off, aside = new.position.distance(place), position.distance(place)
    recent = at - person.id_since <= COMING_INTO_VIEW_S
    return off < aside and (recent or off <= SIDESTEP_M + new.position_std < aside)


def _valid_position(observation: Observation) -> tuple[Point | None, float]:
    """Position and standard deviation; None if they are not finite."""
    point, std = observation.position, abs(observation.position_std)
    if point is None or not all(abs(v) <= MAX_COORDINATE_M for v in (point.x, point.y, std)):
        return None, math.inf
    return point, std
