# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The present navigation goal and how it ended."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose, Stop

FAILURES = (Outcome.REJECTED, Outcome.ABORTED, Outcome.CANCELED)


class Driving:
    """Numbers the goals; outcomes of earlier goals are ignored. Times are in seconds.

    Attributes:
        goal: pose of the goal, reached or not; None without one.
        sent: when it was sent.
        outcome: how it ended; None before.
        ended: when it ended; None before.
        arrived: when the robot arrived; None before.
        under_way: whether the robot may be moving to the newest goal, even to a cleared one.
        detail: error text of the navigation.
    """

    def __init__(self) -> None:
        self._number = 0
        self.under_way = False
        self.clear()

    def clear(self) -> None:
        """Drop the goal without canceling it: it is about to be replaced."""
        self.goal: Pose | None = None
        self.sent = -math.inf
        self.outcome: Outcome | None = None
        self.ended: float | None = None
        self.arrived: float | None = None
        self.detail = ""

    @property
    def moving(self) -> bool:
        """Whether the robot is driving to the goal."""
        return self.goal is not None and self.outcome is None and self.arrived is None

    @property
    def failed(self) -> bool:
        """Whether the goal was rejected, aborted or canceled."""
        return self.outcome in FAILURES

    @property
    def unavailable(self) -> bool:
        """Whether there was no navigation server."""
        return self.outcome == Outcome.UNAVAILABLE

    def go(self, pose: Pose, now: float) -> GoTo:
        """Send a new goal, which replaces the present one."""
        self.clear()
        self._number += 1
        self.goal, self.sent, self.under_way = pose, now, True
        return GoTo(self._number, pose)

    def stop(self) -> Stop:
        """Cancel and drop the goal."""
        self.clear()
        self.under_way = False
        return Stop()

    def stop_here(self, now: float) -> Stop:
        """Cancel the goal and count it as reached: the robot is near enough."""
        self.arrived, self.under_way = now, False
        return Stop()

    def take_outcome(self, goal: int, outcome: Outcome, detail: str, now: float) -> None:
        """Record how a goal ended."""
        if goal != self._number:
            return
        self.under_way = False
        if not self.moving:
            return
        self.outcome, self.ended, self.detail = outcome, now, detail
        if outcome == Outcome.REACHED:
            self.arrived = now
