# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The words between the patrol behavior and whatever carries it: a node, or a simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from mask_detector_ros.perception.types import WearStatus


class State(IntEnum):
    """What the patrol is doing. The values go into PatrolState messages; never renumber."""

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
    """What is said. The values go into Reminder messages; never renumber."""

    REMIND = 0
    THANK = 1


class Outcome(IntEnum):
    """How a navigation goal ended."""

    REACHED = 0
    REJECTED = 1
    """The navigation did not take the goal."""
    ABORTED = 2
    """It gave up on the way."""
    CANCELED = 3
    UNAVAILABLE = 4
    """There is no navigation to ask, or it went away."""


@dataclass(frozen=True)
class Point:
    """A place on the floor, meters in the map frame (REP-105: x, y in the plane)."""

    x: float
    y: float

    def distance(self, other: Point | Pose) -> float:
        """Meters between the two."""
        return math.hypot(other.x - self.x, other.y - self.y)


@dataclass(frozen=True)
class Pose:
    """Where a robot stands and looks: meters and radians in the map frame (REP-103)."""

    x: float
    y: float
    yaw: float = 0.0

    @property
    def point(self) -> Point:
        """Without the direction."""
        return Point(self.x, self.y)


@dataclass(frozen=True)
class Sighting:
    """One followed person in one frame.

    Attributes:
        person: id of the person, never empty.
        status: steadied over the time the person has been followed.
        confidence: of the status, in [0, 1].
        position: on the floor; None when it could not be placed.
        deviation: standard deviation of the position along its worst direction, meters.
    """

    person: str
    status: WearStatus
    confidence: float
    position: Point | None
    deviation: float = 0.0


@dataclass(frozen=True)
class GoTo:
    """Drive there; ends with one ``Outcome`` reported under the same number.

    A new goal replaces the one before it, whose outcome is of no interest any more.
    """

    goal: int
    pose: Pose


@dataclass(frozen=True)
class Stop:
    """Cancel whatever goal there is and stand still."""


@dataclass(frozen=True)
class Speak:
    """Say it now.

    Attributes:
        kind: a reminder or thanks.
        number: never used twice in a run.
        persons: ids of everyone it is for.
        status: what is wrong, or was; the worst in a group.
        count: the how-manieth reminder for these people, from 1.
        position: where they stand; None when unknown.
        distance: meters from the robot; NaN when unknown.
    """

    kind: ReminderKind
    number: int
    persons: tuple[str, ...]
    status: WearStatus
    count: int
    position: Point | None
    distance: float


Command = GoTo | Stop | Speak
