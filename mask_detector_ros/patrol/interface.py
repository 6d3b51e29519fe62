# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Inputs and outputs of the patrol behavior, for the node and the simulation that run it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from mask_detector_ros.perception.types import WearStatus


class State(IntEnum):
    """States of the patrol. The values are those of PatrolState messages; never renumber."""

    PATROL = 0
    APPROACH = 1
    REMIND = 2
    WAIT = 3
    THANK = 4
    GIVE_UP = 5
    RESUME = 6
    PAUSED = 7
    FAULT = 8


class ReminderKind(IntEnum):
    """Kinds of speech. The values are those of Reminder messages; never renumber."""

    REMIND = 0
    THANK = 1


class Outcome(IntEnum):
    """How a navigation goal ended."""

    REACHED = 0
    REJECTED = 1
    """The navigation did not accept the goal."""
    ABORTED = 2
    """The navigation failed on the way."""
    CANCELED = 3
    UNAVAILABLE = 4
    """There is no navigation server, or it stopped responding."""


@dataclass(frozen=True)
class Point:
    """A position on the floor: meters in the map frame (REP-105), x and y in the plane."""

    x: float
    y: float

    def distance(self, other: Point | Pose) -> float:
        """Distance in meters."""
        return math.hypot(other.x - self.x, other.y - self.y)


@dataclass(frozen=True)
class Pose:
    """A planar pose: meters and radians in the map frame (REP-103)."""

    x: float
    y: float
    yaw: float = 0.0

    @property
    def point(self) -> Point:
        """The position."""
        return Point(self.x, self.y)


@dataclass(frozen=True)
class Observation:
    """One tracked person in one image.

    Attributes:
        person_id: never empty.
        status: wear status, filtered over the track.
        confidence: of the status, in [0, 1].
        position: on the floor of the map; None when unknown.
        position_std: standard deviation of the position along its worst direction, meters.
    """

    person_id: str
    status: WearStatus
    confidence: float
    position: Point | None
    position_std: float = 0.0


@dataclass(frozen=True)
class GoTo:
    """Send a navigation goal.

    It replaces the goal before it. Its ``Outcome`` is reported with the same number.
    """

    goal: int
    pose: Pose


@dataclass(frozen=True)
class Stop:
    """Cancel the navigation goal, if any, and stand still."""


@dataclass(frozen=True)
class Speak:
    """Speak a reminder or thanks now.

    Attributes:
        kind: reminder or thanks.
        number: unique during a run.
        persons: ids of everyone addressed.
        status: violation at the last reminder; the worst of a group.
        attempt: number of this reminder for these people, from 1.
        position: of the first person addressed; None when unknown.
        distance: meters from the robot to that person; NaN when unknown.
    """

    kind: ReminderKind
    number: int
    persons: tuple[str, ...]
    status: WearStatus
    attempt: int
    position: Point | None
    distance: float


Command = GoTo | Stop | Speak
