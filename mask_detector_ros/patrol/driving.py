# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one navigation goal there is at a time, and how it ended."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose, Stop

FAILURES = (Outcome.REJECTED, Outcome.ABORTED, Outcome.CANCELED)


class Driving:
    """Numbers the goals; what is reported about any but the newest is ignored.

    Attributes:
        goal: the pose driven to, or stood at; None when there is none.
        sent: when it was set.
        outcome: how it ended; None while driving.
        ended: when; None while driving.
        arrived: since when the robot has been standing where it was to go; None before.
        under_way: whether the robot may be moving to the newest goal, even one that is of no
            interest any more.
        detail: what the navigation said about the outcome.
    """

    def __init__(self) -> None:
        self._number = 0
        self.under_way = False
        self.clear()

    def clear(self) -> None:
        """Have no goal here; the robot may still be on its way to the newest one."""
        self.goal: Pose | None = None
        self.sent = -math.inf
        self.outcome: Outcome | None = None
        self.ended: float | None = None
        self.arrived: float | None = None
        self.detail = ""

    @property
    def moving(self) -> bool:
        """Whether the robot is under way to a goal."""
        return self.goal is not None and self.outcome is None and self.arrived is None

    @property
    def failed(self) -> bool:
        """Whether the navigation could not, or was not allowed to, bring the robot there."""
        return self.outcome in FAILURES

    @property
    def unavailable(self) -> bool:
        """Whether there was no navigation to ask."""
        return self.outcome == Outcome.UNAVAILABLE

    def go(self, pose: Pose, now: float) -> GoTo:
        """A new goal in place of whatever there was."""
        self.clear()
        self._number += 1
        self.goal, self.sent, self.under_way = pose, now, True
        return GoTo(self._number, pose)

    def stop(self) -> Stop:
        """No goal any more."""
        self.clear()
        self.under_way = False
        return Stop()

    def stop_here(self, now: float) -> Stop:
        """Near enough: the robot has arrived where it is."""
        self.arrived, self.under_way = now, False
        return Stop()

    def take_outcome(self, goal: int, outcome: Outcome, detail: str, now: float) -> None:
        """Take in how a goal ended."""
        if goal != self._number:
            return
        self.under_way = False
        if not self.moving:
            return
        self.outcome, self.ended, self.detail = outcome, now, detail
        if outcome == Outcome.REACHED:
            self.arrived = now
