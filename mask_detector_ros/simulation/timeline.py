# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happened in a trial, tick by tick, for the score, the pictures and the record."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind, Speak, State
from mask_detector_ros.perception.types import WearStatus


@dataclass(frozen=True)
class Moment:
    """The world at the end of one tick.

    Attributes:
        time: seconds from the beginning.
        robot: where it really is.
        state: of the patrol.
        target: where the patrol believes the person it deals with.
        people: (x, y, facing, how the mask is worn) in the order of the cast.
        seen: names of the people whose faces can be seen, whatever the detector finds.
        light: 0 to 1.
    """

    time: float
    robot: Pose
    state: State
    target: Point | None
    people: tuple[tuple[float, float, float, WearStatus], ...]
    seen: frozenset[str]
    light: float


@dataclass(frozen=True)
class Speech:
    """Something that was said.

    Attributes:
        time: seconds from the beginning.
        speak: the patrol's command.
        robot: where the robot stood.
        meant: names of whom it was for, by where it pointed.
        guilty: those of them whose mask was not worn right.
        distance: meters from the robot to the nearest of ``meant``; NaN when nobody is.
    """

    time: float
    speak: Speak
    robot: Pose
    meant: tuple[str, ...]
    guilty: tuple[str, ...]
    distance: float


@dataclass
class Timeline:
    """The record of one trial."""

    names: tuple[str, ...]
    posters: frozenset[str] = frozenset()
    moments: list[Moment] = field(default_factory=list)
    speeches: list[Speech] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    waypoints_reached: list[float] = field(default_factory=list)
    """When the robot came to a waypoint."""

    def note(self, time: float, text: str) -> None:
        """Write down that something happened."""
        self.events.append((time, text))

    def reminders(self) -> list[Speech]:
        """The reminders without the thanks."""
        return [s for s in self.speeches if s.speak.kind == ReminderKind.REMIND]

    def record(self) -> dict[str, Any]:
        """Everything as plain JSON; times in seconds, places in meters, four a second."""
        step = 1
        if len(self.moments) > 1:
            step = max(1, round(0.25 / (self.moments[1].time - self.moments[0].time)))
        return {
            "events": [{"time": round(t, 2), "text": text} for t, text in self.events],
            "speeches": [_speech(speech) for speech in self.speeches],
            "waypoints_reached": [round(t, 2) for t in self.waypoints_reached],
            "moments": [self._moment(moment) for moment in self.moments[::step]],
        }

    def _moment(self, moment: Moment) -> dict[str, Any]:
        robot = moment.robot
        return {
            "time": round(moment.time, 2),
            "state": moment.state.name,
            "robot": [round(v, 3) for v in (robot.x, robot.y, robot.yaw)],
            "target": moment.target and [round(moment.target.x, 2), round(moment.target.y, 2)],
            "light": moment.light,
            "people": {
                name: {
                    "pose": [round(v, 3) for v in (x, y, facing)],
                    "wear": wear.label,
                    "seen": name in moment.seen,
                }
                for name, (x, y, facing, wear) in zip(self.names, moment.people, strict=True)
            },
        }


def _speech(speech: Speech) -> dict[str, Any]:
    position = speech.speak.position
    return {
        "time": round(speech.time, 2),
        "kind": speech.speak.kind.name,
        "number": speech.speak.number,
        "persons": list(speech.speak.persons),
        "status": speech.speak.status.label,
        "count": speech.speak.count,
        "position": position and [round(position.x, 2), round(position.y, 2)],
        "meant": list(speech.meant),
        "in_violation": list(speech.guilty),
        "distance": None if math.isnan(speech.distance) else round(speech.distance, 2),
    }
