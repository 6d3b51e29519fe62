# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol's clock: it only runs forward, at the machine's own pace or at simulated time's."""

from __future__ import annotations

import datetime
import time

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node

from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.conversions import stamp_seconds

NO_CLOCK = "use_sim_time is set, but no time has come on /clock yet"


class PatrolTime:
    """Seconds for timeouts, ages of images, and the time of day for quiet hours.

    Attributes:
        problem: what is wrong with the stamp of the latest image, in plain words; empty when
            nothing is. Every kind is logged once.
    """

    def __init__(self, node: Node) -> None:
        self.problem = ""
        self._warn_once = WarnOnce(node)
        self._clock = node.get_clock()
        self._node = node
        self._last = 0.0
        self._passed = 0.0

    def __call__(self) -> float:
        """Seconds; where simulated time jumps back, this stands still in that moment."""
        # The ROS clock is set by NTP and by hand, so it is taken in simulation only.
        now = self._now() if self._simulated() else time.monotonic()
        if self._last:  # simulated time is zero until its first message
            self._passed += max(now - self._last, 0.0)
        self._last = now
        return self._passed

    def of_image(self, stamp: TimeMessage, allowed: float) -> float | None:
        """When an image was taken, in these seconds; None when it carries no stamp.

        Args:
            stamp: of the image.
            allowed: seconds it may lie before or after now without being a ``problem``.
        """
        seconds = stamp_seconds(stamp)
        age = self._now() - seconds if seconds else 0.0
        self._judge(age, allowed)
        return self() - age if seconds else None

    def _judge(self, age: float, allowed: float) -> None:
        self.problem = ""
        if self._simulated() and self._now() == 0.0:
            self.problem = NO_CLOCK
        elif age > allowed:
            self.problem = (
                f"the images' stamps are {age:.1f} s behind this machine's clock (more than "
                f"people.max_observation_age): the clocks disagree, or the detector is that slow"
            )
        elif age < -allowed:
            self.problem = (
                f"the images' stamps are {-age:.1f} s ahead of this machine's clock: the clocks "
                "disagree"
            )
        if self.problem:
            self._warn_once(self.problem)

    def of_day(self) -> datetime.time:
        """By the clock on the wall here; simulated time counts as seconds since 1970, too."""
        return datetime.datetime.fromtimestamp(self._now()).time()

    def _now(self) -> float:
        return float(self._clock.now().nanoseconds * 1e-9)

    def _simulated(self) -> bool:
        return bool(self._node.get_parameter("use_sim_time").value)
