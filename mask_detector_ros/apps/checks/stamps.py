# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the images' stamps and frame, from the report of the probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.finding import Finding, error, ok, warning

MAX_AGE_S = 0.5
"""Older images show where people have been."""
MAX_AHEAD_S = 0.1
"""Stamps further in the future spoil the transforms of positions."""


def check_stamps(stamps: dict[str, Any], frame_id: str) -> Iterator[Finding]:
    """Findings from the part ``stamps`` of a report, and from the images' frame."""
    yield _check_clock(stamps)
    if not frame_id:
        yield warning("stamps", "the images' frame_id is empty: positions cannot be transformed",
                      "set frame_id in the camera driver")  # fmt: skip
    elif frame_id.startswith("/"):
        yield ok(
            "stamps",
            f"the images' frame_id is {frame_id!r}; the slash is removed, since tf2 rejects it",
        )


def _check_clock(stamps: dict[str, Any]) -> Finding:
    age = stamps["age"]
    if stamps["problem"]:
        return error(
            "stamps",
            f"{stamps['problem']}: people are tracked by the time of arrival, and their positions "
            "in the map are those of the wrong time",
            "have the camera driver stamp each image by the system's clock when it is taken",
        )
    if stamps["simulated"]:
        return _check_simulated(stamps)
    if stamps["clock"]:
        text, _, advice = stamps["clock"].partition("; ")
        return error("stamps", text, advice or "have the camera driver stamp by the system's clock")
    if age > MAX_AGE_S:
        return warning(
            "stamps",
            f"images are {age:.2f} s old when they arrive",
            "either the clocks of the two machines differ (use chrony), or images wait in a queue",
        )
    if age < -MAX_AHEAD_S:
        return warning("stamps", f"stamps are {-age:.2f} s in the future",
                       "the clocks of the two machines differ: use chrony")  # fmt: skip
    return ok("stamps", f"images are {1000 * age:.0f} ms old when they arrive")


def _check_simulated(stamps: dict[str, Any]) -> Finding:
    if not stamps["simulated_clock"]:
        return warning("stamps", "/clock is published: stamps are in simulated time",
                       "start nodes with use_sim_time:=true")  # fmt: skip
    if not stamps["clock"]:
        return warning(
            "stamps",
            "/clock is published, but stamps are by the system's clock",
            "start nodes without use_sim_time, or stop what publishes /clock",
        )
    text, _, advice = stamps["simulated_clock"].partition("; ")
    return error("stamps", f"/clock is published, and {text}",
                 advice or "stamp images by the time on /clock")  # fmt: skip
