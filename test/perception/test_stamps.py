# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps that cannot be used, and the names of clocks that stamps are of."""

from __future__ import annotations

import pytest

from mask_detector_ros.perception import stamps
from mask_detector_ros.perception.stamps import clock_problem, read_stamp

NOW = 1_790_000_000.0


def test_a_stamp_is_read_in_seconds() -> None:
    assert read_stamp(12, 500_000_000) == (12.5, "")
    assert read_stamp(0, 1) == (1e-9, "")


@pytest.mark.parametrize(
    ("seconds", "nanoseconds", "reason"),
    [
        (0, 0, stamps.NO_STAMP),
        (-1, 0, stamps.NEGATIVE),
        (-(2**31), 999_999_999, stamps.NEGATIVE),
        (12, 1_000_000_000, stamps.NANOSECONDS),
        (12, 2**32 - 1, stamps.NANOSECONDS),
    ],
)
def test_a_stamp_that_cannot_be_used_has_a_reason(
    seconds: int, nanoseconds: int, reason: str
) -> None:
    assert read_stamp(seconds, nanoseconds) == (None, reason)


@pytest.mark.parametrize("age", [-0.4, 0.0, 0.05, 3.0, 9.9])
def test_stamps_of_this_computers_clock_are_fine_even_if_late(age: float) -> None:
    assert clock_problem(NOW - age, NOW) == ""
    assert clock_problem(100.0 - age, 100.0, simulated=True) == ""


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        (NOW - 15, ["15.0 s behind this computer's clock", "chrony"]),
        (NOW + 3, ["3.0 s ahead of this computer's clock", "chrony"]),
        (NOW - 1000, ["1000.0 s behind", "bag", "use_sim_time"]),
        (NOW - 400 * 86_400, ["400 days behind", "bag", "use_sim_time"]),
        (NOW + 9 * 3600 + 2, ["9 hours ahead", "local time"]),
        (NOW - 5.5 * 3600, ["6 hours behind", "local time"]),
        (NOW + 37.1, ["37.1 s ahead", "TAI", "PTP"]),
        (NOW + 18.0, ["18.0 s ahead", "GPS"]),
        (512.0, ["57 years behind", "512 s", "start of a camera", "system time", "use_sim_time"]),
        (4e9, ["70 years ahead"]),
    ],
)
def test_stamps_of_another_clock_are_named(stamp: float, words: list[str]) -> None:
    problem = clock_problem(stamp, NOW)
    for word in words:
        assert word in problem


def test_simulated_and_system_time_that_are_mixed_up_are_named() -> None:
    problem = clock_problem(NOW, 42.0, simulated=True)
    assert "ahead of simulated time" in problem and "unset use_sim_time" in problem
    assert "2026-09-21" in problem
    assert "/clock" in clock_problem(NOW, 0.0, simulated=True)
    assert "set this computer's clock" in clock_problem(NOW, 42.0)
    assert "simulated time" in clock_problem(10.0, 200.0, simulated=True)
