# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Timers and waiting by the machine's own clock."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def steady_timer(node: Node, seconds: float, callback: Callable[[], None]) -> Timer:
    """A timer that runs on when simulated time stands still or jumps."""
    return node.create_timer(seconds, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))


class Idleness:
    """How long nothing has come since something did, for a timer that looks every ``PERIOD``.

    Where the process itself is held up, messages wait that it has not read: a look that comes
    late counts as one period and not as the time that has passed.
    """

    PERIOD = 0.05
    """Seconds."""

    def __init__(self) -> None:
        self._idle_looks: int | None = None

    def interrupt(self) -> None:
        """Something came."""
        self._idle_looks = 0

    def look(self) -> float:
        """Seconds without anything; 0 before the first interruption."""
        if self._idle_looks is None:
            return 0.0
        self._idle_looks += 1
        return self._idle_looks * self.PERIOD
