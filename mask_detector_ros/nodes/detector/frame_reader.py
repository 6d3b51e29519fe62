# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads image messages: their pixels, and the time at which they were taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rclpy.clock import Clock
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.arrays import Image
from mask_detector_ros.nodes.conversions import compressed_to_bgr, image_to_bgr, stamp_seconds
from mask_detector_ros.perception.camera_condition import CameraCondition


@dataclass(frozen=True)
class Arrival:
    """An image message and the time of its arrival (``time.perf_counter()``)."""

    message: ImageMessage | CompressedImage
    at: float


class FrameReader:
    """Reads the pixels and the time of each frame, in the worker thread."""

    def __init__(self, clock: Clock, warn: Callable[[str], None]) -> None:
        """Start without a frame.

        Args:
            clock: the node's clock.
            warn: called whenever a frame's time cannot be used.
        """
        self._clock = clock
        self._warn = warn
        self._condition = CameraCondition()

    def pixels(self, arrival: Arrival) -> Image:
        """The image as (H, W, 3) uint8 BGR.

        Raises:
            ImageError: the message is not usable.
        """
        message = arrival.message
        if isinstance(message, CompressedImage):
            image = compressed_to_bgr(message)
        else:
            image = image_to_bgr(message)
        self._condition.update(image, arrival.at)
        return image

    def time(self, header: Header) -> float:
        """The time in seconds that the tracker uses for a frame: its stamp, if it has one."""
        stamp = stamp_seconds(header.stamp)
        if stamp == 0.0:
            self._warn("images have no stamp; the time of processing is used")
            return self.now()
        return stamp

    def now(self) -> float:
        """The time by the node's clock in seconds."""
        return float(self._clock.now().nanoseconds * 1e-9)

    def warnings(self) -> list[str]:
        """What the diagnostics warn of."""
        return [self._condition.problem] if self._condition.problem else []

    def diagnostics(self) -> dict[str, str]:
        """Key-value pairs for the diagnostics."""
        return {}
