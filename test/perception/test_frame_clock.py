# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which time the tracker uses: good stamps unchanged, arrivals where stamps contradict them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_detector_ros.perception import frame_clock
from mask_detector_ros.perception.frame_clock import FrameClock, stamps_problem
from mask_detector_ros.perception.stamps import NEGATIVE, NO_STAMP

PERIOD = 1 / 12
EPOCH = 1_700_000_000.0
Stamps = Callable[[int, float], "float | None"]


@dataclass
class Run:
    """The frames of one run."""

    clock: FrameClock
    times: np.ndarray
    back: list[int]
    """Frames at which time started again."""

    @property
    def steps(self) -> np.ndarray:
        return np.diff(self.times)


def run(stamps: Stamps, frames: int = 60, arrivals: Callable[[int], float] | None = None) -> Run:
    """Stamps as a function of the frame's number and of the true time; arrivals with jitter."""
    clock, random = FrameClock(), np.random.default_rng(0)
    times, back = [], []
    for i in range(frames):
        at = 500.0 + (i * PERIOD + random.uniform(0, 0.01) if arrivals is None else arrivals(i))
        found = clock.update(stamps(i, EPOCH + i * PERIOD), at)
        times.append(found.seconds)
        if found.jumped_back:
            back.append(i)
    return Run(clock, np.array(times), back)


WILD = np.random.default_rng(1).uniform(-1, 1, 1000)

CONTRADICTING: dict[str, tuple[Stamps, str]] = {
    "three of fifteen 5 s ahead": (
        lambda i, t: t + (5 if i % 15 in (10, 11, 12) else 0),
        frame_clock.JUMPING,
    ),
    "three of fifteen 5 s behind": (
        lambda i, t: t - (5 if i % 15 in (10, 11, 12) else 0),
        frame_clock.JUMPING,
    ),
    "three of fifteen 0.3 s ahead": (
        lambda i, t: t + (0.3 if i % 15 in (10, 11, 12) else 0),
        frame_clock.JUMPING,
    ),
    "every fourth 1 s behind": (lambda i, t: t - (i % 4 == 3), frame_clock.JUMPING),
    "every seventh an hour behind": (lambda i, t: t - 3600 * (i % 7 == 6), frame_clock.JUMPING),
    "boot clock and system time": (lambda i, t: t - EPOCH * (i % 2), frame_clock.JUMPING),
    "system time and boot clock": (lambda i, t: t - EPOCH * (1 - i % 2), frame_clock.JUMPING),
    "far in the future now and then": (lambda i, t: t + 1e9 * (i % 10 == 9), frame_clock.JUMPING),
    "random within 5 s": (lambda i, t: t + 5 * WILD[i], frame_clock.JUMPING),
    "frozen": (lambda i, t: EPOCH, frame_clock.STANDING),
    "frozen after a while": (lambda i, t: min(t, EPOCH + 1), frame_clock.STANDING),
    "hovering": (lambda i, t: EPOCH + 0.03 * WILD[i], frame_clock.STANDING),
    "hardly advancing": (lambda i, t: EPOCH + 1e-3 * i, frame_clock.STANDING),
    "running backward": (lambda i, t: 2 * EPOCH - t, frame_clock.STANDING),
    "whole seconds": (lambda i, t: float(int(t)), frame_clock.STANDING),
    "microseconds for seconds": (lambda i, t: 1e6 * (t - EPOCH), frame_clock.JUMPING),
    "none": (lambda i, t: None, NO_STAMP),
    "every other one": (lambda i, t: t if i % 2 else None, NO_STAMP),
}


@pytest.mark.parametrize("name", CONTRADICTING)
def test_stamps_that_contradict_steady_arrivals_are_not_followed(name: str) -> None:
    stamps, problem = CONTRADICTING[name]
    found = run(stamps)
    assert found.clock.problem == problem
    assert not found.back
    assert found.steps.min() >= 0.0
    assert found.steps.max() < 0.5
    # Half a second passes before stamps that stand still are noticed.
    passed = found.times[-1] - found.times[0]
    assert passed == pytest.approx(59 * PERIOD, abs=0.55)
    assert found.steps[20:].min() > 0.0


GOOD: dict[str, tuple[Stamps, Callable[[int], float] | None]] = {
    "system time": (lambda i, t: t, None),
    "since boot": (lambda i, t: t - EPOCH + 12.3, None),
    "bag at half speed": (lambda i, t: EPOCH + i * PERIOD / 2, None),
    "bag at a tenth": (lambda i, t: EPOCH + i * PERIOD / 10, None),
    "bag at double speed": (lambda i, t: EPOCH + i * PERIOD * 2, None),
    "bag at ten times the speed": (lambda i, t: EPOCH + i * PERIOD * 10, None),
    "bag paused for a minute": (
        lambda i, t: t,
        lambda i: i * PERIOD + 60.0 * (i >= 30),
    ),
    "one image per second": (lambda i, t: EPOCH + i, float),
    "frames lost": (lambda i, t: t + PERIOD * (i // 10 * 7), lambda i: (i + i // 10 * 7) * PERIOD),
    "a stall of 1.5 s, then all at once": (
        lambda i, t: t,
        lambda i: i * PERIOD if not 20 <= i < 38 else 38 * PERIOD + i * 1e-3,
    ),
    "a stall of 1.5 s, then the newest": (
        lambda i, t: t + 1.4 * (i > 20),
        lambda i: i * PERIOD if i < 20 else i * PERIOD + 1.4 + 0.08 * (i == 20),
    ),
    "faster than real time": (lambda i, t: t, lambda i: i * 2e-3),
    "coarse stamps": (lambda i, t: int(t * 5) / 5, None),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_stamps_are_used_unchanged(name: str) -> None:
    stamps, arrivals = GOOD[name]
    found = run(stamps, arrivals=arrivals)
    assert found.clock.problem == ""
    assert found.clock.uses_stamp
    assert found.times.tolist() == [stamps(i, EPOCH + i * PERIOD) for i in range(60)]


@given(
    st.lists(st.floats(0.011, 0.9), min_size=2, max_size=80),
    st.lists(st.floats(0.0, 0.1), min_size=80, max_size=80),
    st.floats(0.2, 2.0),
    st.sampled_from([0.0, 5.0, EPOCH]),
)
def test_stamps_that_agree_with_arrivals_are_used_unchanged(
    periods: list[float], delays: list[float], rate: float, epoch: float
) -> None:
    clock = FrameClock()
    taken = list(itertools.accumulate(periods))
    arrived = 0.0
    for at, delay in zip(taken, delays, strict=False):
        arrived = max(arrived, at + delay)
        stamp = epoch + rate * at
        assert clock.update(stamp, arrived).seconds == stamp
    assert clock.problem == ""


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.none(), st.floats(-10, 10), st.floats(0, 4e9), st.sampled_from([0.0, EPOCH])
            ),
            st.one_of(st.floats(0.0, 0.5), st.floats(0.0, 100.0)),
        ),
        max_size=60,
    )
)
@settings(max_examples=300)
def test_time_goes_back_only_where_it_says_so(frames: list[tuple[float | None, float]]) -> None:
    clock, last, arrival = FrameClock(), None, 0.0
    for stamp, elapsed in frames:
        arrival += elapsed
        found = clock.update(stamp, arrival)
        if last is not None:
            assert found.jumped_back or found.seconds >= last
            if found.jumped_back:
                assert found.seconds <= last - frame_clock.MIN_STEP_BACK_S + 1e-6
            if clock.problem:
                assert found.seconds - last <= elapsed + 1e-3 or not found.seconds
        last = found.seconds


@pytest.mark.parametrize("length", [36, 48, 120])
def test_a_bag_in_a_loop_starts_time_again(length: int) -> None:
    found = run(lambda i, t: EPOCH + i % length * PERIOD, frames=3 * length)
    assert found.clock.problem == ""
    if length == 36:  # too short to be plain at once
        assert length <= found.back[0] <= length + 13
    else:
        assert found.back == [length, 2 * length]
        assert found.times[-1] == EPOCH + (length - 1) * PERIOD


def test_a_bag_that_was_joined_in_its_middle_starts_time_again() -> None:
    found = run(lambda i, t: EPOCH + (i + 60) % 120 * PERIOD, frames=100)
    assert found.back == [60]
    assert found.clock.problem == ""


def test_a_camera_that_is_restarted_starts_time_again() -> None:
    found = run(lambda i, t: i % 10 * PERIOD, 20, lambda i: i * PERIOD + 5 * (i >= 10))
    assert found.back == [10]


def test_stamps_that_jump_back_once_start_time_again_after_a_second() -> None:
    found = run(lambda i, t: t - 7 * (i >= 20))
    assert len(found.back) == 1 and 20 < found.back[0] <= 34
    assert found.clock.problem == ""
    assert found.times[-1] == EPOCH + 59 * PERIOD - 7


def test_stamps_that_jump_ahead_once_are_used_after_a_second() -> None:
    found = run(lambda i, t: t + 3600 * (i >= 30))
    assert found.back == []
    assert found.clock.problem == ""
    assert found.steps[29:40].max() < 0.2
    assert found.times[-1] == EPOCH + 59 * PERIOD + 3600


def test_stamps_that_reset_all_the_time_are_not_followed() -> None:
    found = run(lambda i, t: i % 20 * PERIOD, frames=120)
    assert found.clock.problem == frame_clock.JUMPING
    assert len(found.back) <= 1


@pytest.mark.parametrize("clock_first", [True, False])
@pytest.mark.parametrize("restart", [10, 60])
def test_simulated_time_that_starts_again(restart: int, clock_first: bool) -> None:
    """The time of arrival is simulated, too; an image may come before the new time, or after it."""
    clock, back = FrameClock(), []
    for i in range(2 * restart):
        stamp = i % restart * PERIOD + 1.0
        late = 0 if clock_first else 1
        arrival = (i - late) % restart * PERIOD + 1.0
        found = clock.update(stamp, arrival)
        if found.jumped_back:
            back.append(i - restart)
    assert len(back) == 1 and 0 <= back[0] <= 1
    assert clock.problem == ""
    assert found.seconds == pytest.approx((restart - 1) * PERIOD + 1.0, abs=1.1)


@pytest.mark.parametrize("clock_first", [True, False])
@pytest.mark.parametrize("rate", [1.0, 5.0])
@pytest.mark.parametrize("length", [4.0, 10.0, 30.0])
def test_a_bag_in_a_loop_with_simulated_time_starts_again_every_time(
    length: float, rate: float, clock_first: bool
) -> None:
    """As of ``ros2 bag play --clock --loop``: the time of arrival is the same in each loop."""
    clock, random, loops = FrameClock(), np.random.default_rng(0), 6
    late, back = 0.01 if clock_first else -0.01, []
    for i in range(round(loops * length / rate / PERIOD)):
        passed = i * PERIOD * rate
        arrival = 100.0 + max(passed + late * random.uniform(), 0.0) % length
        if clock.update(100.0 + passed % length, arrival).jumped_back:
            back.append(i)
    assert clock.problem == ""
    assert len(back) == loops - 1
    assert np.diff(back) * PERIOD * rate == pytest.approx(length, abs=2 * PERIOD * rate)


def test_paused_simulated_time_stands_still_with_its_stamps() -> None:
    clock = FrameClock()
    for i in range(100):
        at = min(i, 20) * PERIOD + 3.0
        assert clock.update(at, at).seconds == at
    assert clock.problem == ""


def test_the_first_image_of_a_simulation_may_have_stamp_zero() -> None:
    found = run(lambda i, t: None if i == 0 else i * PERIOD)
    assert found.clock.problem == ""
    assert found.times[5:].tolist() == [i * PERIOD for i in range(5, 60)]


def test_steady_stamps_are_used_again_without_a_jump_of_time() -> None:
    found = run(lambda i, t: EPOCH if i < 30 else t, frames=30 + 12 * 9)
    assert found.clock.problem == frame_clock.STANDING, "steady for less than ten seconds"
    found = run(lambda i, t: EPOCH if i < 30 else t, frames=30 + 12 * 11)
    assert found.clock.problem == "" and found.clock.uses_stamp
    assert found.back == []
    assert found.steps[5:].max() < 0.15 and found.steps[5:].min() > 0.05
    assert found.steps[-1] == pytest.approx(PERIOD, abs=1e-6)


def test_the_problem_of_a_sample() -> None:
    def sample(stamps: Stamps) -> list[tuple[float | None, float]]:
        return [(stamps(i, EPOCH + i * PERIOD), 5.0 + i * PERIOD) for i in range(24)]

    assert stamps_problem(sample(lambda i, t: t)) == ""
    assert stamps_problem(sample(lambda i, t: EPOCH)) == frame_clock.STANDING
    ahead = CONTRADICTING["three of fifteen 5 s ahead"][0]
    assert stamps_problem(sample(ahead)) == frame_clock.JUMPING
    assert stamps_problem(sample(lambda i, t: None), NEGATIVE) == NEGATIVE
    assert stamps_problem([]) == ""


@pytest.mark.parametrize("offset", [7.0, -7.0, 3600.0, EPOCH])
@pytest.mark.parametrize("length", [15, 20, 30])
def test_two_clocks_that_take_turns_are_noticed_at_the_first_return(
    length: int, offset: float
) -> None:
    found = run(lambda i, t: t - offset * (i // length % 2), frames=150)
    assert found.clock.problem == frame_clock.JUMPING
    assert len(found.back) <= 1
    assert found.steps[2 * length + 1 :].max() < 0.2
