# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps of bags whose camera had a broken clock: the times of receipt take their place."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from mask_detector_ros.perception import frame_clock, stamps
from mask_detector_ros.sources.bag_stamps import BagStamps

EPOCH, PERIOD = 1_700_000_000.0, 0.1


def read(
    stamp: Callable[[int], float],
    frames: int = 60,
    received: Callable[[int], float] = lambda i: EPOCH + 3 + i * PERIOD,
) -> tuple[np.ndarray, str]:
    bag = BagStamps()
    times = []
    for i in range(frames):
        seconds = stamp(i)
        header = SimpleNamespace(sec=int(seconds // 1), nanosec=round(seconds % 1 * 1e9))
        times.append(bag.next(header, received(i)))
    return np.array(times), bag.problem


def test_good_stamps_are_used() -> None:
    times, problem = read(lambda i: EPOCH + i * PERIOD)
    assert times == pytest.approx([EPOCH + i * PERIOD for i in range(60)], abs=1e-6)
    assert problem == ""


def test_stamps_are_used_where_all_messages_have_the_same_time_of_receipt() -> None:
    times, problem = read(lambda i: EPOCH + i * PERIOD + 20 * (i > 30), received=lambda i: 0.0)
    assert np.diff(times) == pytest.approx([20.1 if i == 30 else 0.1 for i in range(59)], abs=1e-5)
    assert problem == ""


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (lambda i: EPOCH + i * PERIOD + 5 * (i % 15 in (10, 11, 12)), frame_clock.JUMPING),
        (lambda i: EPOCH, frame_clock.STANDING),
        (lambda i: 0.0, stamps.NO_STAMP),
        (lambda i: -5.0, stamps.NEGATIVE),
        (lambda i: i * PERIOD + 7 + EPOCH * (i % 2), frame_clock.JUMPING),
    ],
)
def test_receipt_is_used_where_stamps_contradict_it(
    stamp: Callable[[int], float], expected: str
) -> None:
    times, problem = read(stamp)
    assert problem == expected
    steps = np.diff(times)
    assert steps.min() >= 0.0 and steps.max() < 0.2
    assert times[-1] - times[0] == pytest.approx(59 * PERIOD, abs=0.4)
    assert steps[5:] == pytest.approx(PERIOD, abs=1e-4)


def test_stamps_of_a_camera_that_was_restarted_continue() -> None:
    times, problem = read(lambda i: 50 + i % 40 * PERIOD, frames=80)
    assert np.diff(times).min() >= 0.0
    assert times[-1] - times[0] == pytest.approx(79 * PERIOD, abs=0.2)
    assert problem == ""
