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
from dataclasses import dataclass, field, replace

from mask_detector_ros.patrol.motion import Motion
from mask_detector_ros.patrol.settings import MemorySettings, PatrolSettings, PeopleSettings
from mask_detector_ros.patrol.types import Point, Pose, Sighting
from mask_detector_ros.perception.types import WearStatus

FARTHEST = 1e6
"""A coordinate beyond this many metres, or NaN, is no position."""

MOST_DOUBLINGS = 6
"""Bounds for how long somebody unreachable is left be, and so remembered."""


@dataclass(eq=False)
class Person:
    """One human being, as far as known. Times are the clock's seconds.

    Attributes:
        id: the detector's present, or last, id.
        appeared: first sighting under that id.
        seen: last sighting.
        status: at the last sighting.
        status_since: since when it has been CORRECT, or any violation, without a break.
        unmasked_since: since when no CORRECT was seen; None while it is, or before a violation.
        motion: None before the first position.
        deviation: of the last position, metres.
        placed: time of the last position.
        left_from: where the person began to walk away from the robot; None when not doing so.
        recalled: taken for the same person by the place, not by the id.
        given: reminders the person got, by the id it had.
        reminded_at: time of the last one.
        left_be_until: not approached before this, for other reasons than reminders.
        unreached: how many approaches in a row failed for want of a way.
    """

    id: str
    appeared: float
    seen: float
    status: WearStatus = WearStatus.UNKNOWN
    status_since: float = 0.0
    unmasked_since: float | None = None
    motion: Motion | None = None
    deviation: float = math.inf
    placed: float = -math.inf
    left_from: Point | None = None
    recalled: bool = False
    given: dict[str, int] = field(default_factory=dict)
    reminded_at: float = -math.inf
    left_be_until: float = -math.inf
    unreached: int = 0

    @property
    def reminders(self) -> int:
        """How many the person got."""
        return sum(self.given.values())

    @property
    def position(self) -> Point | None:
        """Smoothed, as of the last sighting with a position."""
        return None if self.motion is None else self.motion.position

    def observe(self, sighting: Sighting, at: float, settings: PeopleSettings) -> None:
        """Take in how the mask is worn."""
        status = sighting.status
        kept = status == self.status or (status.is_violation and self.status.is_violation)
        if not kept or at - self.seen > settings.fresh_seconds:
            self.status_since = at
        if status == WearStatus.CORRECT:
            self.unmasked_since = None
        elif status.is_violation and self.unmasked_since is None:
            self.unmasked_since = at
        self.id, self.seen, self.status = sighting.person, at, status

    def move(
        self, point: Point, deviation: float, at: float, robot: Pose | None, s: PeopleSettings
    ) -> None:
        """Take in where the person stands, and whether that leads away from the robot."""
        deviation = max(deviation, s.least_deviation)
        if self.motion is None or at - self.placed > s.fresh_seconds:
            # What the velocity was before a gap says nothing about now.
            self.motion, self.left_from = Motion(point, deviation, at), None
        else:
            self.motion.update(point, deviation, at, s.acceleration)
        self.deviation, self.placed = deviation, at
        away = 0.0 if robot is None else self._speed_away(robot)
        if away < s.leaving_speed:
            self.left_from = None
        elif self.left_from is None:
            self.left_from = self.motion.position

    def _speed_away(self, robot: Pose) -> float:
        assert self.motion is not None
        position, velocity = self.motion.position, self.motion.velocity
        distance = position.distance(robot)
        if distance == 0.0:
            return 0.0
        to_x, to_y = (position.x - robot.x) / distance, (position.y - robot.y) / distance
        return velocity[0] * to_x + velocity[1] * to_y

    def is_elsewhere(
        self, point: Point | None, deviation: float, at: float, s: MemorySettings
    ) -> bool:
        """Whether somebody seen at this point cannot be this person, in spite of the id."""
        if point is None or self.motion is None or at - self.placed <= s.reuse_seconds:
            return False
        return point.distance(self.motion.position) > s.place_radius + deviation

    def continue_as(self, new: Person, at: float, place_seconds: float) -> None:
        """Take in that the person is back under a new id."""
        if at - self.reminded_at > place_seconds:
            # After that long it may well be somebody else; counting starts anew.
            self.given.clear()
        if self.unmasked_since is None or new.unmasked_since is None:
            self.unmasked_since = new.unmasked_since
        self.recalled = True
        self.id, self.appeared, self.seen = new.id, new.appeared, new.seen
        self.status, self.status_since = new.status, new.status_since
        self.motion, self.deviation, self.placed = new.motion, new.deviation, new.placed
        self.left_from = new.left_from

    def somebody_else(self) -> Person:
        """Whoever has the present id, should that not be this person after all."""
        given = self.given.get(self.id, 0)
        return replace(
            self,
            recalled=False,
            given={self.id: given},
            reminded_at=self.reminded_at if given else -math.inf,
            left_be_until=-math.inf,
            unreached=0,
        )

    def leave_be(self, now: float, seconds: float, unreached: bool) -> None:
        """Not to be approached for so long; twice as long each time there was no way."""
        if unreached:
            seconds *= 2.0 ** min(self.unreached, MOST_DOUBLINGS)
            self.unreached += 1
        self.left_be_until = max(self.left_be_until, now + seconds)

    def reminded(self, now: float) -> None:
        """A reminder is being spoken to this person."""
        self.given[self.id] = self.given.get(self.id, 0) + 1
        self.reminded_at = now
        self.unreached = 0

    def leaving(self, settings: PeopleSettings) -> bool:
        """Whether the person walks away from the robot."""
        if self.left_from is None or self.motion is None:
            return False
        return self.motion.position.distance(self.left_from) >= settings.leaving_distance

    def fresh(self, now: float, settings: PeopleSettings) -> bool:
        """Whether the last sighting still says how things are."""
        return now - self.seen <= settings.fresh_seconds

    def violating(self, now: float, seconds: float) -> bool:
        """Whether the violation has been seen for so long without a break."""
        return self.status.is_violation and self.seen - self.status_since >= seconds

    def complied(self, seconds: float) -> bool:
        """Whether the mask has been seen worn correctly for so long without a break."""
        return self.status == WearStatus.CORRECT and self.seen - self.status_since >= seconds


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
        self._everyone = [
            p for p in self._everyone if at <= max(p.seen + s.memory.place_seconds, p.left_be_until)
        ]
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
            person.id, person.appeared, person.motion = id, at, None
            person.status, person.status_since = WearStatus.UNKNOWN, at
        if person is None or person.is_elsewhere(point, deviation, at, s):
            person = self._add(Person(id=id, appeared=at, seen=at, status_since=at))
        return person

    def _add(self, person: Person) -> Person:
        self._by_id[person.id] = person
        self._everyone.append(person)
        return person

    def _recall(self, newcomers: list[Person], at: float, s: MemorySettings) -> None:
        """Those just placed for the first time, where somebody was lost, are that somebody."""
        pairs = sorted(
            (
                (new.position.distance(lost.position), i, j)
                for i, new in enumerate(newcomers)
                for j, lost in enumerate(self._everyone)
                if new.position and lost.position
            ),
        )
        everyone = list(self._everyone)
        for distance, i, j in pairs:
            new, lost = newcomers[i], everyone[j]
            still_apart = new in self._everyone and lost.seen < new.appeared
            if distance <= s.place_radius and still_apart:
                lost.continue_as(new, at, s.place_seconds)
                self._everyone.remove(new)
                self._by_id[new.id] = lost


def _placed(sighting: Sighting) -> tuple[Point | None, float]:
    """Position and deviation, as far as they make sense."""
    point, deviation = sighting.position, abs(sighting.deviation)
    if point is None or not all(abs(v) <= FARTHEST for v in (point.x, point.y, deviation)):
        return None, math.inf
    return point, deviation
