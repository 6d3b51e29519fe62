# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps of the images in a bag, which never decrease."""

from __future__ import annotations

from typing import Any

from mask_detector_ros.perception.frame_clock import FrameClock
from mask_detector_ros.perception.stamps import read_stamp


class BagStamps:
    """The stamps of messages, or the times of receipt where stamps contradict them.

    Attributes:
        problem: how stamps have contradicted the times of receipt; empty if they have not.
    """

    def __init__(self) -> None:
        self.problem = ""
        self._clock = FrameClock()
        self._arrival = self._offset = 0.0
        self._last: tuple[float, float | None, float] | None = None
        """Time, stamp and receipt of the last message, seconds."""

    def next(self, header: Any, received: float) -> float:
        """Time in seconds of a message.

        Args:
            header: its header's stamp.
            received: when the message was recorded, in seconds; of no use in some converted bags,
                where all messages have the same.
        """
        stamp, unusable = read_stamp(header.sec, header.nanosec)
        elapsed = 0.0
        if self._last is not None:
            _, last_stamp, last_received = self._last
            elapsed = received - last_received
            if elapsed <= 0.0 and stamp is not None and last_stamp is not None:
                elapsed = stamp - last_stamp
            elapsed = max(elapsed, 0.0)
        self._arrival += elapsed
        found = self._clock.update(stamp, self._arrival, unusable)
        self.problem = self._clock.problem or self.problem
        if self._last is None and stamp is None:
            self._offset = received
        if self._last is not None and found.jumped_back:
            self._offset = self._last[0] + elapsed - found.seconds
        time = found.seconds + self._offset
        self._last = (time, stamp, received)
        return time
