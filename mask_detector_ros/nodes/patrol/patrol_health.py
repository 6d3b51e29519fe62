# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the patrol."""

from __future__ import annotations

import time
from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticStatus

from mask_detector_ros.nodes.common.diagnostics import diagnostic_status
from mask_detector_ros.nodes.patrol.navigation import Navigation
from mask_detector_ros.nodes.patrol.patrol_time import PatrolTime
from mask_detector_ros.nodes.patrol.transforms import Frames
from mask_detector_ros.patrol.interface import Observation, State
from mask_detector_ros.patrol.status import Status


class PatrolHealth:
    """Monitors the detections and summarizes the state of the node."""

    def __init__(self) -> None:
        self._received_at: float | None = None
        self._people = 0
        self._localized = 0

    def update(self, observations: Sequence[Observation]) -> None:
        """Record that detections arrived."""
        self._received_at = time.monotonic()
        self._people = len(observations)
        self._localized = sum(observation.position is not None for observation in observations)

    def status(
        self, patrol: Status, navigation: Navigation, frames: Frames, clock: PatrolTime
    ) -> DiagnosticStatus:
        """The present status, without its name.

        ERROR in FAULT; WARN while clock, navigation or transforms have a problem.
        """
        silence = (
            "never" if self._received_at is None else f"{time.monotonic() - self._received_at:.2f}"
        )
        values = {
            "state": patrol.state.name,
            "reason": patrol.reason,
            "time in state (s)": f"{patrol.time_in_state:.1f}",
            "navigation": navigation.description,
            "navigation problem": navigation.problem,
            "frames": frames.description,
            "frames problem": frames.problem,
            "time since last detections (s)": silence,
            "clock problem": clock.problem,
            "people tracked / localized": f"{self._people} / {self._localized}",
            "waypoint": f"{patrol.waypoint + 1} of {patrol.waypoints}",
            "reminders": str(patrol.reminders),
            "complied": str(patrol.complied),
            "given up": str(patrol.given_up),
        }
        level, message = DiagnosticStatus.OK, patrol.state.name.lower().replace("_", " ")
        if patrol.state == State.FAULT:
            level, message = DiagnosticStatus.ERROR, patrol.reason
        else:
            problem = clock.problem or navigation.problem or frames.problem
            if problem:
                level, message = DiagnosticStatus.WARN, problem
        return diagnostic_status(level, message, values)
