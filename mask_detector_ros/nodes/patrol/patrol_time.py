# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The clock of the patrol: monotonic, in system or simulated time."""

from __future__ import annotations

import datetime
import time

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node

from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.conversions import stamp_seconds

NO_CLOCK = "use_sim_time is set, but no time was received on /clock"


class PatrolTime:
    """Monotonic seconds for timeouts, age of images, and the time of day for quiet hours.

    Attributes:
        problem: what is wrong with the stamp of the latest image; empty when it is valid. Each
            kind of problem is logged once.
    """

    def __init__(self, node: Node) -> None:
        self.problem = ""
        self._warn_once = WarnOnce(node)
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
        """When an image was taken, in seconds of this clock; None if it has no stamp.

        Args:
            stamp: stamp of the image.
            max_age: maximum difference from now in seconds; a larger one is a ``problem``.
        """
        seconds = stamp_seconds(stamp)
        age = self._now() - seconds if seconds else 0.0
        self._check_age(age, max_age)
        return self() - age if seconds else None

    def _check_age(self, age: float, max_age: float) -> None:
        self.problem = ""
        if self._simulated() and self._now() == 0.0:
            self.problem = NO_CLOCK
        elif age > max_age:
            self.problem = (
                f"image stamps are {age:.1f} s behind this computer's clock (more than "
                "people.max_observation_age): the clocks differ, or the detector is too slow"
            )
        elif age < -max_age:
            self.problem = (
                f"image stamps are {-age:.1f} s ahead of this computer's clock: the clocks differ"
            )
        if self.problem:
            self._warn_once(self.problem)

    def of_day(self) -> datetime.time:
        """Local time of day; simulated time is interpreted as seconds since 1970."""
        return datetime.datetime.fromtimestamp(self._now()).time()

    def _now(self) -> float:
        return float(self._clock.now().nanoseconds * 1e-9)

    def _simulated(self) -> bool:
        return bool(self._node.get_parameter("use_sim_time").value)
