# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Record of a trial, step by step: input of the score, the images and the JSON file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind, Speak, State
from mask_detector_ros.perception.types import WearStatus

RECORD_PERIOD_S = 0.25
"""Time between two snapshots in the JSON record."""


@dataclass(frozen=True)
class PersonState:
    """One person at one moment: pose in the map frame (meters, radians) and wear status."""

    x: float
    y: float
    facing: float
    wear_status: WearStatus

    @property
    def point(self) -> Point:
        """Position, meters in the map frame."""
        return Point(self.x, self.y)


@dataclass(frozen=True)
class Snapshot:
    """State of the simulation at the end of one step.

    Attributes:
        time: seconds from the start of the trial.
        robot: true pose of the robot.
        state: of the patrol.
        target: estimated position of the patrol's target.
        people: in the order of the scenario.
        visible: names of the people whose faces are visible, detected or not.
        light: brightness, 0 to 1.
    """

    time: float
    robot: Pose
    state: State
    target: Point | None
    people: tuple[PersonState, ...]
    visible: frozenset[str]
    light: float


@dataclass(frozen=True)
class Utterance:
    """One spoken reminder or thanks.

    Attributes:
        time: seconds from the start of the trial.
        command: the patrol's command.
        robot: pose of the robot.
        addressees: names of the people it was for, by its position.
        in_violation: names of the addressees whose mask was not worn correctly.
        distance: meters from the robot to the nearest addressee; NaN without addressees.
    """

    time: float
    command: Speak
    robot: Pose
    addressees: tuple[str, ...]
    in_violation: tuple[str, ...]
    distance: float


@dataclass
class Timeline:
    """Record of one trial.

    Attributes:
        names: of the people, in the order of the scenario.
        posters: names of those that are posters.
        snapshots: one per step.
        utterances: spoken reminders and thanks.
        events: (seconds, text).
        waypoints_reached: times, seconds.
    """

    names: tuple[str, ...]
    posters: frozenset[str] = frozenset()
    snapshots: list[Snapshot] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    waypoints_reached: list[float] = field(default_factory=list)

    def reminders(self) -> list[Utterance]:
        """The utterances without the thanks."""
        return [u for u in self.utterances if u.command.kind == ReminderKind.REMIND]

    def record(self) -> dict[str, Any]:
        """All of it for a JSON file: seconds, meters, radians; four snapshots per second."""
        step = 1
        if len(self.snapshots) > 1:
            period = self.snapshots[1].time - self.snapshots[0].time
            step = max(1, round(RECORD_PERIOD_S / period))
        return {
            "events": [{"time": round(t, 2), "text": text} for t, text in self.events],
            "utterances": [_utterance(utterance) for utterance in self.utterances],
            "waypoints_reached": [round(t, 2) for t in self.waypoints_reached],
            "snapshots": [self._snapshot(snapshot) for snapshot in self.snapshots[::step]],
        }

    def _snapshot(self, snapshot: Snapshot) -> dict[str, Any]:
        robot, target = snapshot.robot, snapshot.target
        return {
            "time": round(snapshot.time, 2),
            "state": snapshot.state.name,
            "robot": [round(v, 3) for v in (robot.x, robot.y, robot.yaw)],
            "target": target and [round(target.x, 2), round(target.y, 2)],
            "light": snapshot.light,
            "people": {
                name: {
                    "pose": [round(v, 3) for v in (person.x, person.y, person.facing)],
                    "wear_status": person.wear_status.label,
                    "visible": name in snapshot.visible,
                }
                for name, person in zip(self.names, snapshot.people, strict=True)
            },
        }


def _utterance(utterance: Utterance) -> dict[str, Any]:
    command, position = utterance.command, utterance.command.position
    return {
        "time": round(utterance.time, 2),
        "kind": command.kind.name,
        "number": command.number,
        "persons": list(command.persons),
        "status": command.status.label,
        "attempt": command.attempt,
        "position": position and [round(position.x, 2), round(position.y, 2)],
        "addressees": list(utterance.addressees),
        "in_violation": list(utterance.in_violation),
        "distance": None if math.isnan(utterance.distance) else round(utterance.distance, 2),
    }
