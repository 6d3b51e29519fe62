# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Timers on the steady clock, which simulated time neither stops nor moves."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def steady_timer(node: Node, period_s: float, callback: Callable[[], None]) -> Timer:
    """A timer that keeps its period when simulated time stops or jumps."""
    return node.create_timer(period_s, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))


class IdleTime:
    """Time since the last message, counted in polls of a timer with the period ``PERIOD_S``.

    A late poll counts as one period, however much time has passed: while the process itself was
    suspended, messages may have arrived that it has not read yet.
    """

    PERIOD_S = 0.05

    def __init__(self) -> None:
        self._idle_polls: int | None = None

    def reset(self) -> None:
        """A message arrived."""
        self._idle_polls = 0

    def poll(self) -> float:
        """Count one period; returns the idle time in seconds, 0 before the first message."""
        if self._idle_polls is None:
            return 0.0
        self._idle_polls += 1
        return self._idle_polls * self.PERIOD_S
