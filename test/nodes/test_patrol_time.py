# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol's clock in simulated and in system time."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator

import pytest
import rclpy
from builtin_interfaces.msg import Time as TimeMessage
from rclpy.clock import ClockType, ROSClock
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.time import Time

from mask_detector_ros.nodes.patrol.patrol_time import PatrolTime
from support.waiting import TIMEOUT_S

pytestmark = pytest.mark.ros


@pytest.fixture
def context() -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


def node_in(context: Context, simulated: bool) -> Node:
    overrides = [Parameter("use_sim_time", value=simulated)]
    return rclpy.create_node("clock_test", context=context, parameter_overrides=overrides)


def set_time(node: Node, seconds: float) -> None:
    """Set simulated time, as a message on /clock does."""
    clock = node.get_clock()
    assert isinstance(clock, ROSClock)
    clock.set_ros_time_override(Time(nanoseconds=int(seconds * 1e9), clock_type=ClockType.ROS_TIME))


def test_simulated_time_is_followed_and_never_runs_backward(context: Context) -> None:
    node = node_in(context, simulated=True)
    clock = PatrolTime(node)
    start = clock()
    set_time(node, 1_700_000_000.0)
    assert clock() == start, "the first message sets the clock, no time passes"
    set_time(node, 1_700_000_002.5)
    assert clock() == pytest.approx(start + 2.5)
    set_time(node, 1_600_000_000.0)
    assert clock() == pytest.approx(start + 2.5), "a bag that starts again"
    set_time(node, 1_600_000_001.0)
    assert clock() == pytest.approx(start + 3.5)
    node.destroy_node()


def test_the_age_of_an_image_is_that_of_its_stamp(context: Context) -> None:
    node = node_in(context, simulated=True)
    clock = PatrolTime(node)
    set_time(node, 1000.0)
    now = clock()
    half_before = TimeMessage(sec=999, nanosec=500_000_000)
    assert clock.of_image(half_before, 1.0) == pytest.approx(now - 0.5)
    assert clock.problem == ""
    assert clock.of_image(TimeMessage(), 1.0) is None, "no stamp"
    assert clock.problem == ""
    node.destroy_node()


@pytest.mark.parametrize(
    ("sec", "words"),
    [
        (998, "2.0 s behind"),
        (1, "999.0 s behind"),
        (1002, "2.0 s ahead"),
        (1_700_000_000, "s ahead"),
    ],
)
def test_stamps_of_another_clock_are_a_problem_until_they_are_valid(
    context: Context, sec: int, words: str
) -> None:
    node = node_in(context, simulated=True)
    clock = PatrolTime(node)
    set_time(node, 1000.0)
    at = clock.of_image(TimeMessage(sec=sec), 1.0)
    assert at is not None
    assert at - clock() == pytest.approx(sec - 1000.0)
    assert words in clock.problem
    clock.of_image(TimeMessage(sec=1000), 1.0)
    assert clock.problem == ""
    node.destroy_node()


def test_missing_simulated_time_is_named(context: Context) -> None:
    node = node_in(context, simulated=True)
    clock = PatrolTime(node)
    clock.of_image(TimeMessage(sec=5), 1.0)
    assert "/clock" in clock.problem
    node.destroy_node()


def test_system_time_passes(context: Context) -> None:
    node = node_in(context, simulated=False)
    clock = PatrolTime(node)
    start = clock()
    time.sleep(0.05)
    assert 0.05 <= clock() - start < TIMEOUT_S
    now = datetime.datetime.now()
    of_day = datetime.datetime.combine(now.date(), clock.of_day())
    difference = abs((of_day - now).total_seconds())
    assert min(difference, 86400.0 - difference) < TIMEOUT_S, "midnight may lie between the two"
    node.destroy_node()


def test_a_stamp_that_cannot_be_used_is_a_problem_and_refused(context: Context) -> None:
    node = node_in(context, simulated=False)
    clock = PatrolTime(node)
    now = int(time.time())
    for stamp, words in (
        (TimeMessage(sec=-3), "negative"),
        (TimeMessage(sec=now, nanosec=2_000_000_000), "nanoseconds"),
    ):
        with pytest.raises(ValueError, match=words):
            clock.of_image(stamp, 1.0)
        assert words in clock.problem and "ignored" in clock.problem
    clock.of_image(TimeMessage(sec=now), TIMEOUT_S)
    assert clock.problem == ""
    node.destroy_node()


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (-1_700_000_000, "start of a camera"),
        (-3 * 86_400, "use_sim_time"),
        (9 * 3600, "local time"),
        (37, "TAI"),
    ],
)
def test_the_clock_of_stamps_far_off_is_named(context: Context, offset: int, words: str) -> None:
    node = node_in(context, simulated=False)
    clock = PatrolTime(node)
    before = clock()
    now = time.time() + offset
    after = clock()
    stamp = TimeMessage(sec=int(now), nanosec=int(now % 1 * 1e9))
    at = clock.of_image(stamp, 1.0)
    assert at is not None and before - 0.1 <= at - offset <= after + 0.1
    assert words in clock.problem
    node.destroy_node()


def test_stamps_that_stand_still_are_named(context: Context) -> None:
    node = node_in(context, simulated=True)
    clock = PatrolTime(node)
    for i in range(30):
        set_time(node, 1000.0 + i / 10)
        clock.of_image(TimeMessage(sec=1000), 1.0)
    assert "stand still" in clock.problem and "ignored" in clock.problem
    node.destroy_node()
