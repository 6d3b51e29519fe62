# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Status of the patrol, for messages, diagnostics and logs."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.patrol.interface import Point, Pose, State


@dataclass(frozen=True)
class Status:
    """Snapshot of the patrol.

    Attributes:
        state: present state.
        previous: state before it.
        since: when the state was entered, seconds of the clock.
        time_in_state: seconds in the state.
        reason: why the state was entered, for people.
        target: person id of the target; None without one.
        target_position: last position of the target in the map; None when unknown.
        stand_off: goal pose of the approach; None without one.
        waypoint: index of the present waypoint, from 0.
        waypoints: number of waypoints.
        reminders: reminders spoken so far.
        complied: reminded people who complied so far.
        given_up: people given up on so far.
    """

    state: State
    previous: State
    since: float
    time_in_state: float
    reason: str
    target: str | None
    target_position: Point | None
    stand_off: Pose | None
    waypoint: int
    waypoints: int
    reminders: int
    complied: int
    given_up: int
