# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small message fields: person ids, durations and stamps."""

from __future__ import annotations

from builtin_interfaces.msg import Duration
from builtin_interfaces.msg import Time as TimeMessage
from rclpy.clock import Clock
from rclpy.time import Time

from mask_detector_ros.perception.types import NO_ID


def person_id(number: int) -> str:
    """Person id as a string; empty for a face without a confirmed track."""
    return "" if number == NO_ID else str(number)


def duration_message(seconds: float) -> Duration:
    """Seconds as builtin_interfaces/Duration, rounded to nanoseconds; negative becomes 0."""
    nanoseconds = max(0, round(seconds * 1e9))
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def stamp_seconds(stamp: TimeMessage) -> float:
    """A stamp in seconds.

    Raises:
        ValueError: the stamp is negative.
    """
    return float(Time.from_msg(stamp).nanoseconds * 1e-9)


def stamp_age(stamp: TimeMessage, clock: Clock) -> float:
    """Seconds from a stamp to now by ``clock``; negative for a stamp in the future.

    Raises:
        ValueError: the stamp is negative.
    """
    taken = Time.from_msg(stamp, clock_type=clock.clock_type)
    return float((clock.now() - taken).nanoseconds * 1e-9)
