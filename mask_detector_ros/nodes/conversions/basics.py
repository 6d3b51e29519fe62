# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Person ids and durations as messages carry them."""

from __future__ import annotations

from builtin_interfaces.msg import Duration

from mask_detector_ros.perception.types import NO_ID


def person_id(number: int) -> str:
    """Person id as a string; empty for a face without a confirmed track."""
    return "" if number == NO_ID else str(number)


def duration_message(seconds: float) -> Duration:
    """Seconds as builtin_interfaces/Duration, rounded to nanoseconds; negative becomes 0."""
    nanoseconds = max(0, round(seconds * 1e9))
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
