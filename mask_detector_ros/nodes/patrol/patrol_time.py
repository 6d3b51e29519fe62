# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The clock of the patrol: monotonic, in system or simulated time."""

from __future__ import annotations

import datetime
import time

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node

from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.perception.frame_clock import FrameClock
from mask_detector_ros.perception.stamps import NO_CLOCK, NO_STAMP, clock_problem, read_stamp

IGNORED = (
    "the age of detections is not known, and they are ignored; check the clock of the camera driver"
)


class PatrolTime:
    """Monotonic seconds for timeouts, age of images, and the time of day for quiet hours.

    Attributes:
        problem: what is wrong with the stamp of the latest image; empty when it is valid. Each
            kind of problem is logged once.
    """

    def __init__(self, node: Node) -> None:
        self.problem = ""
        self._warn_once = WarnOnce(node)
        self._stamps = FrameClock()
        self._clock = node.get_clock()
        self._node = node
        self._last = 0.0
        self._passed = 0.0

    def __call__(self) -> float:
        """Seconds; when simulated time jumps back, this time stands still."""
        # The ROS clock can be adjusted by NTP or by hand, so it is used in simulation only.
        now = self._now() if self._simulated() else time.monotonic()
        if self._last:  # simulated time is zero until its first message
            self._passed += max(now - self._last, 0.0)
        self._last = now
        return self._passed

    def of_image(self, stamp: TimeMessage, max_age: float) -> float | None:
        """When an image was taken, in seconds of this clock.

        Args:
            stamp: stamp of the image.
            max_age: maximum difference from now in seconds; a larger one is a ``problem``.

        Returns:
            None if the image has no stamp.

        Raises:
            ValueError: the stamp is negative or has too many nanoseconds.
        """
        seconds, reason = read_stamp(stamp.sec, stamp.nanosec)
        own, now = self(), self._now()
        self._stamps.update(seconds, own, reason)
        if seconds is not None:
            self._report(self._problem_of(seconds, now, max_age))
            return own - (now - seconds)
        no_clock = self._simulated() and now == 0.0
        if reason == NO_STAMP:
            self._report(NO_CLOCK if no_clock else "")
            return None
        self.problem = f"{reason}: {IGNORED}"
        raise ValueError(self.problem)

    def _problem_of(self, stamp: float, now: float, max_age: float) -> str:
        age, simulated = now - stamp, self._simulated()
        if simulated and now == 0.0:
            return NO_CLOCK
        if abs(age) <= max_age:
            return ""
        if self._stamps.problem:
            return f"{self._stamps.problem}: {IGNORED}"
        return clock_problem(stamp, now, simulated) or (
            f"image stamps are {abs(age):.1f} s {'behind' if age > 0 else 'ahead of'} this "
            "computer's clock (more than people.max_observation_age): the clocks differ, or the "
            "detector is too slow"
        )

    def _report(self, problem: str) -> None:
        self.problem = problem
        if problem:
            self._warn_once(problem)

    def of_day(self) -> datetime.time:
        """Local time of day; simulated time is interpreted as seconds since 1970."""
        return datetime.datetime.fromtimestamp(self._now()).time()

    def _now(self) -> float:
        return float(self._clock.now().nanoseconds * 1e-9)

    def _simulated(self) -> bool:
        return bool(self._node.get_parameter("use_sim_time").value)
