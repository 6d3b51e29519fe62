# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of one human being."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from mask_detector_ros.patrol.behavior_settings import MemorySettings, PeopleSettings
from mask_detector_ros.patrol.interface import Point, Pose, Sighting
from mask_detector_ros.patrol.person_motion import Motion
from mask_detector_ros.perception.types import WearStatus

MOST_DOUBLINGS = 6
"""Bounds for how long somebody unreachable is left be, and so remembered."""

STEP_ASIDE, SPEEDING_UP = 0.5, 1.0
"""Meters that people sway and are misplaced by, and m/s² in which they begin to walk."""


@dataclass(eq=False)
class Person:
    """One human being, as far as known. Times are the clock's seconds.

    Attributes:
        id: the detector's present, or last, id.
        appeared: first sighting under that id.
        seen: last sighting.
        status: at the last sighting.
        correct_since: since when it has been CORRECT without a break; None while it is not.
        violated_since: since when a violation has been seen, one or another, with breaks no
            longer than ``fresh_seconds`` and no CORRECT; None before the first.
        violated_at: when it was seen last.
        unmasked_since: since when no CORRECT was seen; None while it is, or before a violation.
        motion: None before the first position.
        deviation: of the last position, meters.
        placed: time of the last position.
        left_from: where the person began to walk away from the robot; None when not doing so.
        recalled_from: where the person was before, when taken for the same one by the place and
            not by the id; None otherwise.
        doubtful: whether that was after so long out of sight that it may well be another.
        given: reminders the person got, by the id it had.
        reminded_at: time of the last one.
        left_be_until: not approached before this, for other reasons than reminders.
        unreached: how many approaches in a row failed for want of a way.
    """

    id: str
    appeared: float
    seen: float
    status: WearStatus = WearStatus.UNKNOWN
    correct_since: float | None = None
    violated_since: float | None = None
    violated_at: float = -math.inf
    unmasked_since: float | None = None
    motion: Motion | None = None
    deviation: float = math.inf
    placed: float = -math.inf
    left_from: Point | None = None
    recalled_from: Point | None = None
    doubtful: bool = False
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

    @property
    def speed(self) -> float:
        """Meters per second at the last sighting with a position."""
        return 0.0 if self.motion is None else math.hypot(*self.motion.velocity)

    def observe(self, sighting: Sighting, at: float, settings: PeopleSettings) -> None:
        """Take in how the mask is worn."""
        status, pause = sighting.status, settings.fresh_seconds
        if status != WearStatus.CORRECT:
            self.correct_since = None
        elif self.correct_since is None or at - self.seen > pause:
            self.correct_since = at
        if status == WearStatus.CORRECT:
            self.violated_since = self.unmasked_since = None
        elif status.is_violation:
            if self.violated_since is None or at - self.violated_at > pause:
                self.violated_since = at
            self.violated_at = at
            self.unmasked_since = at if self.unmasked_since is None else self.unmasked_since
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
        if point is None or self.motion is None or at - self.seen <= s.reuse_seconds:
            return False
        return point.distance(self.motion.position) > s.place_radius + deviation

    def may_be(self, new: Person, place_radius: float) -> bool:
        """Whether somebody new may be this person, who was lost from sight before.

        Who stood still a moment ago cannot be two meters away by now.
        """
        if self.motion is None or new.position is None or self.seen >= new.appeared:
            return False
        unseen = new.appeared - self.seen
        walked = self.speed * unseen + SPEEDING_UP * unseen**2 / 2
        reach = STEP_ASIDE + self.deviation + new.deviation + walked
        return new.position.distance(self.motion.position) <= min(reach, place_radius)

    def continue_as(self, new: Person, at: float, s: MemorySettings) -> None:
        """Take in that the person is back under a new id."""
        self.doubtful |= new.appeared - self.seen > s.sure_seconds
        if self.doubtful and at - self.reminded_at > s.place_seconds:
            # After that long it may well be somebody else; counting starts anew.
            self.given.clear()
        if self.unmasked_since is None or new.unmasked_since is None:
            self.unmasked_since = new.unmasked_since
        self.recalled_from = self.position
        self.id, self.appeared, self.seen = new.id, new.appeared, new.seen
        self.status, self.correct_since = new.status, new.correct_since
        if new.violated_since is not None or new.status == WearStatus.CORRECT:
            self.violated_since, self.violated_at = new.violated_since, new.violated_at
        self.motion, self.deviation, self.placed = new.motion, new.deviation, new.placed
        self.left_from = new.left_from

    def return_as(self, id: str, at: float) -> None:
        """Take in that the person is back under the id it had before; all else is unknown."""
        self.id, self.appeared, self.status, self.motion = id, at, WearStatus.UNKNOWN, None
        self.correct_since = self.violated_since = None

    def somebody_else(self) -> Person:
        """Whoever has the present id, should that not be this person after all."""
        given = self.given.get(self.id, 0)
        return replace(
            self,
            recalled_from=None,
            doubtful=False,
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
        # Whoever it was before, it is this one that was spoken to.
        self.recalled_from, self.doubtful = None, False
        self.unreached = 0

    def leaving(self, settings: PeopleSettings) -> bool:
        """Whether the person walks away from the robot."""
        if self.left_from is None or self.motion is None:
            return False
        return self.motion.position.distance(self.left_from) >= settings.leaving_distance

    def fresh(self, now: float, settings: PeopleSettings) -> bool:
        """Whether the last sighting still says how things are."""
        return now - self.seen <= settings.fresh_seconds

    def violating(self, seconds: float) -> bool:
        """Whether the violation is seen, and has been for so long."""
        since = self.violated_since
        return self.status.is_violation and since is not None and self.seen - since >= seconds

    def complied(self, seconds: float) -> bool:
        """Whether the mask has been seen worn correctly for so long without a break."""
        return self.correct_since is not None and self.seen - self.correct_since >= seconds
