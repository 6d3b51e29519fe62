# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The record of one person: wear status, position, reminders and cooldown over time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from mask_detector_ros.patrol.behavior_settings import MemorySettings, PeopleSettings
from mask_detector_ros.patrol.interface import Observation, Point, Pose
from mask_detector_ros.patrol.person_motion import PersonMotion
from mask_detector_ros.perception.types import WearStatus

MAX_DOUBLINGS = 6
"""Limits the cooldown of unreachable people, and thereby how long they are kept."""

SIDESTEP_M, START_ACCELERATION_MPS2 = 0.5, 1.0
"""Position error of a standing person, and acceleration of a person who starts to walk."""


@dataclass(eq=False)
class Person:
    """One person. Times are in seconds of the patrol's clock.

    Attributes:
        id: present, or last, person id of the detector.
        id_since: first observation under this id.
        last_seen: last observation.
        status: wear status of the last observation.
        correct_since: since when the status is CORRECT without a break; None while it is not.
        violation_since: since when violations of any kind are observed, with gaps up to
            ``people.max_observation_age`` and no CORRECT; None before the first.
        violation_at: last observation of a violation.
        unmasked_since: first violation since the last CORRECT; None without one.
        motion: filtered position and velocity; None before the first position.
        position_std: standard deviation of the last measured position, meters.
        position_at: time of the last position.
        leaving_from: where the person began to walk away from the robot; None when not leaving.
        reassociated_from: position before the person was re-associated under a new id by place;
            None otherwise.
        ambiguous: the re-association came after so long out of sight that this may be another
            person.
        reminders_by_id: number of reminders given under each id.
        reminded_at: time of the last reminder.
        cooldown_until: no approach before this time, for other reasons than a reminder.
        unreachable_count: doubled cooldowns in a row.
    """

    id: str
    id_since: float
    last_seen: float
    status: WearStatus = WearStatus.UNKNOWN
    correct_since: float | None = None
    violation_since: float | None = None
    violation_at: float = -math.inf
    unmasked_since: float | None = None
    motion: PersonMotion | None = None
    position_std: float = math.inf
    position_at: float = -math.inf
    leaving_from: Point | None = None
    reassociated_from: Point | None = None
    ambiguous: bool = False
    reminders_by_id: dict[str, int] = field(default_factory=dict)
    reminded_at: float = -math.inf
    cooldown_until: float = -math.inf
    unreachable_count: int = 0

    @property
    def reminders(self) -> int:
        """Number of reminders given."""
        return sum(self.reminders_by_id.values())

    @property
    def position(self) -> Point | None:
        """Filtered position at the last observation that had one."""
        return None if self.motion is None else self.motion.position

    @property
    def speed(self) -> float:
        """Filtered speed in m/s at the last observation with a position."""
        return 0.0 if self.motion is None else math.hypot(*self.motion.velocity)

    def update_status(self, observation: Observation, at: float, settings: PeopleSettings) -> None:
        """Update id and wear status with an observation made at the time ``at``."""
        status, max_gap = observation.status, settings.max_observation_age
        if status != WearStatus.CORRECT:
            self.correct_since = None
        elif self.correct_since is None or at - self.last_seen > max_gap:
            self.correct_since = at
        if status == WearStatus.CORRECT:
            self.violation_since = self.unmasked_since = None
        elif status.is_violation:
            if self.violation_since is None or at - self.violation_at > max_gap:
                self.violation_since = at
            self.violation_at = at
            self.unmasked_since = at if self.unmasked_since is None else self.unmasked_since
        self.id, self.last_seen, self.status = observation.person_id, at, status

    def update_position(
        self, point: Point, std: float, at: float, robot: Pose | None, s: PeopleSettings
    ) -> None:
        """Update the filtered position, and whether the person walks away from the robot.

        Args:
            point: measured position.
            std: its standard deviation, meters.
            at: time of the measurement.
            robot: pose of the robot; None when unknown.
            s: the settings.
        """
        std = max(std, s.min_position_std)
        if self.motion is None or at - self.position_at > s.max_observation_age:
            # After a gap the old velocity is meaningless.
            self.motion, self.leaving_from = PersonMotion(point, std, at), None
        else:
            self.motion.update(point, std, at, s.acceleration_noise)
        self.position_std, self.position_at = std, at
        away = 0.0 if robot is None else self._speed_away(robot)
        if away < s.leaving_speed:
            self.leaving_from = None
        elif self.leaving_from is None:
            self.leaving_from = self.motion.position

    def _speed_away(self, robot: Pose) -> float:
        assert self.motion is not None
        position, velocity = self.motion.position, self.motion.velocity
        distance = position.distance(robot)
        if distance == 0.0:
            return 0.0
        to_x, to_y = (position.x - robot.x) / distance, (position.y - robot.y) / distance
        return velocity[0] * to_x + velocity[1] * to_y

    def contradicts(self, point: Point | None, std: float, at: float, s: MemorySettings) -> bool:
        """Whether an observation under this id is too far away to be this person."""
        if point is None or self.motion is None or at - self.last_seen <= s.id_reuse_seconds:
            return False
        return point.distance(self.motion.position) > s.place_radius + std

    def could_be(self, new: Person, place_radius: float) -> bool:
        """Whether a person with a new id may be this person, out of sight since earlier.

        The distance must be one that this person can have walked meanwhile, and at most
        ``place_radius`` meters.
        """
        if self.motion is None or new.position is None or self.last_seen >= new.id_since:
            return False
        unseen = new.id_since - self.last_seen
        walked = self.speed * unseen + START_ACCELERATION_MPS2 * unseen**2 / 2
        reach = SIDESTEP_M + self.position_std + new.position_std + walked
        return new.position.distance(self.motion.position) <= min(reach, place_radius)

    def reassociate(self, new: Person, at: float, s: MemorySettings) -> None:
        """Continue this record with the observations of ``new``: the same person, new id."""
        self.ambiguous |= new.id_since - self.last_seen > s.unambiguous_seconds
        if self.ambiguous and at - self.reminded_at > s.place_cooldown:
            # After so long it may be another person: the count of reminders restarts at 0.
            self.reminders_by_id.clear()
        if self.unmasked_since is None or new.unmasked_since is None:
            self.unmasked_since = new.unmasked_since
        self.reassociated_from = self.position
        self.id, self.id_since, self.last_seen = new.id, new.id_since, new.last_seen
        self.status, self.correct_since = new.status, new.correct_since
        if new.violation_since is not None or new.status == WearStatus.CORRECT:
            self.violation_since, self.violation_at = new.violation_since, new.violation_at
        self.motion, self.position_std = new.motion, new.position_std
        self.position_at, self.leaving_from = new.position_at, new.leaving_from

    def return_under(self, id: str, at: float) -> None:
        """Continue under an earlier id that is observed again; status and motion are reset."""
        self.id, self.id_since, self.status, self.motion = id, at, WearStatus.UNKNOWN, None
        self.correct_since = self.violation_since = None

    def split(self) -> Person:
        """A separate record for the person with the present id, after a wrong association.

        It keeps the observations and the reminders given under the present id.
        """
        given = self.reminders_by_id.get(self.id, 0)
        return replace(
            self,
            reassociated_from=None,
            ambiguous=False,
            reminders_by_id={self.id: given},
            reminded_at=self.reminded_at if given else -math.inf,
            cooldown_until=-math.inf,
            unreachable_count=0,
        )

    def start_cooldown(self, now: float, seconds: float, doubles: bool = False) -> None:
        """Prevent approaches for a time.

        Args:
            now: present time.
            seconds: length of the cooldown.
            doubles: the cooldown doubles each time in a row, until the next reminder.
        """
        if doubles:
            seconds *= 2.0 ** min(self.unreachable_count, MAX_DOUBLINGS)
            self.unreachable_count += 1
        self.cooldown_until = max(self.cooldown_until, now + seconds)

    def reminded(self, now: float) -> None:
        """Count a reminder to this person."""
        self.reminders_by_id[self.id] = self.reminders_by_id.get(self.id, 0) + 1
        self.reminded_at = now
        # From now on the record is that of the person who was reminded.
        self.reassociated_from, self.ambiguous = None, False
        self.unreachable_count = 0

    def is_leaving(self, settings: PeopleSettings) -> bool:
        """Whether the person is walking away from the robot."""
        if self.leaving_from is None or self.motion is None:
            return False
        return self.motion.position.distance(self.leaving_from) >= settings.leaving_distance

    def in_sight(self, now: float, settings: PeopleSettings) -> bool:
        """Whether the last observation is at most ``people.max_observation_age`` old."""
        return now - self.last_seen <= settings.max_observation_age

    def in_violation(self, seconds: float) -> bool:
        """Whether a violation is observed, and has been for this many seconds."""
        since = self.violation_since
        return self.status.is_violation and since is not None and self.last_seen - since >= seconds

    def complied(self, seconds: float) -> bool:
        """Whether CORRECT has been observed for this many seconds without a break."""
        return self.correct_since is not None and self.last_seen - self.correct_since >= seconds
