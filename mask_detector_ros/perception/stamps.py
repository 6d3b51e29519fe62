# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads stamps of images, and names the clock of those that are not on this computer's clock."""

from __future__ import annotations

import datetime

NO_STAMP = "images have no stamp (zero)"
NEGATIVE = "image stamps are negative"
NANOSECONDS = "image stamps have more than 999999999 nanoseconds"
NO_CLOCK = "use_sim_time is set, but no time was received on /clock"

MAX_BEHIND_S, MAX_AHEAD_S = 10.0, 0.5
"""Stamps behind or ahead of the clock by more are on another clock; less behind, they are late."""
SYSTEM_TIME_S = 1e9
"""Time in seconds since 1970, in 2001: clocks that have been set are past it, those that count from
the start of a device or of a simulation are before it."""
LEAP_S = {37: "TAI", 18: "GPS time"}
"""Seconds ahead of UTC since 2017 -> the time scale."""
LEAP_TOLERANCE_S, ZONE_TOLERANCE_S = 0.4, 60.0
MAX_ZONE_S, ZONE_STEP_S = 14 * 3600.0, 1800.0
"""Largest difference between a local time and UTC, and the step of time zones."""


def read_stamp(seconds: int, nanoseconds: int) -> tuple[float | None, str]:
    """A stamp in seconds.

    Args:
        seconds, nanoseconds: as in builtin_interfaces/Time.

    Returns:
        The seconds, and an empty text; or None, and why the stamp cannot be used.
    """
    if seconds == 0 and nanoseconds == 0:
        return None, NO_STAMP
    if seconds < 0 or nanoseconds < 0:
        return None, NEGATIVE
    if nanoseconds >= 1_000_000_000:
        return None, NANOSECONDS
    return seconds + 1e-9 * nanoseconds, ""


def clock_problem(stamp: float, now: float, simulated: bool = False) -> str:
    """What is wrong with the clock of a stamp, in words; empty if nothing is.

    Args:
        stamp: in seconds.
        now: this computer's clock, or simulated time, when the image arrived.
        simulated: whether ``now`` is simulated time (use_sim_time).
    """
    if simulated and now == 0.0:
        return NO_CLOCK
    ahead = stamp - now
    if -MAX_BEHIND_S <= ahead <= MAX_AHEAD_S:
        return ""
    ours = "simulated time (/clock)" if simulated else "this computer's clock"
    offset = f"image stamps are {_span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} {ours}"
    if stamp < SYSTEM_TIME_S <= now:
        cause = (
            f"they are {stamp:.0f} s, as counted from the start of a camera, computer or "
            "simulation; have the driver stamp by system time, or set use_sim_time"
        )
    elif now < SYSTEM_TIME_S <= stamp:
        cause = f"they are of {_date(stamp)}, but {ours} is {now:.0f} s; " + (
            "unset use_sim_time" if simulated else "set this computer's clock"
        )
    else:
        cause = _cause(ahead, simulated)
    return f"{offset}: {cause}"


def _cause(ahead: float, simulated: bool) -> str:
    for seconds, scale in LEAP_S.items():
        if abs(ahead - seconds) <= LEAP_TOLERANCE_S:
            return f"they are in {scale}, not UTC; set the offset of PTP (ptp4l, phc2sys)"
    zone = round(ahead / ZONE_STEP_S) * ZONE_STEP_S
    if zone and abs(zone) <= MAX_ZONE_S and abs(ahead - zone) <= ZONE_TOLERANCE_S:
        return "one of the two clocks is set to local time, not UTC"
    if ahead < 0 and not simulated:
        return (
            "the clocks differ (use chrony), or a bag is played without use_sim_time (play it "
            "with --clock)"
        )
    return "the clocks differ (use chrony)"


def _span(seconds: float) -> str:
    """A duration in words, such as ``5.2 s`` or ``3 days``."""
    for unit, length in (("years", 31_556_952), ("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s"


def _date(stamp: float) -> str:
    return f"{datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"
