# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol's clock: it only runs forward, at the machine's own pace or at simulated time's."""

from __future__ import annotations

import datetime
import time

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node
from rclpy.time import Time

OLDEST_IMAGE = 60.0
"""Seconds of age beyond which a stamp is by another clock than ours."""


class PatrolTime:
    """Seconds for timeouts, ages of images, and the time of day for quiet hours."""

    def __init__(self, node: Node) -> None:
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

    def of_image(self, stamp: TimeMessage) -> float | None:
        """When an image was taken, in these seconds; None when its stamp cannot tell."""
        age = self._now() - Time.from_msg(stamp).nanoseconds * 1e-9
        return self() - max(age, 0.0) if -1.0 < age < OLDEST_IMAGE else None

    def of_day(self) -> datetime.time:
        """By the clock on the wall here; simulated time counts as seconds since 1970, too."""
        return datetime.datetime.fromtimestamp(self._now()).time()

    def _now(self) -> float:
        return float(self._clock.now().nanoseconds * 1e-9)

    def _simulated(self) -> bool:
        return bool(self._node.get_parameter("use_sim_time").value)
