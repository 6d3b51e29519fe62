# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the patrol says about itself."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.patrol.interface import Point, Pose, State


@dataclass(frozen=True)
class Status:
    """What the patrol is doing and why, for people and messages.

    Attributes:
        since: when this state was entered, in the clock's seconds.
        seconds: how long it has lasted.
        reason: why it was entered, in plain words.
        target: id of the person it is about; None for nobody.
        target_position: where that person stands, as far as known.
        stand_off: where the robot is to stop before that person.
        waypoint: index of the waypoint driven to, from 0.
        waypoints: how many there are.
        reminders: spoken so far.
        complied: reminded people who complied.
        given_up: people left be.
    """

    state: State
    previous: State
    since: float
    seconds: float
    reason: str
    target: str | None
    target_position: Point | None
    stand_off: Pose | None
    waypoint: int
    waypoints: int
    reminders: int
    complied: int
    given_up: int
