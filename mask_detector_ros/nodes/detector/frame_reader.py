# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads image messages: their pixels, and the time at which they were taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.clock import Clock, ROSClock
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.arrays import Image
from mask_detector_ros.images import BitDepth, decode_message
from mask_detector_ros.perception.camera_condition import CameraCondition
from mask_detector_ros.perception.frame_clock import FrameClock
from mask_detector_ros.perception.mounting import MountingCheck
from mask_detector_ros.perception.pipeline import FrameResult, MaskPipeline
from mask_detector_ros.perception.stamps import clock_problem, read_stamp

STEADY_FRAMES = 20
"""Frames in a row with usable stamps before their clock is judged."""


@dataclass(frozen=True)
class Arrival:
    """An image message and the time of its arrival.

    Attributes:
        message: the message.
        at: ``time.perf_counter()``.
        clock: the node's clock in seconds.
    """

    message: ImageMessage | CompressedImage
    at: float
    clock: float


class FrameReader:
    """Reads the pixels and the time of each frame, in the worker thread."""

    def __init__(self, clock: Clock, warn: Callable[[str], None]) -> None:
        """Start without a frame.

        Args:
            clock: the node's clock.
            warn: called for every frame whose stamp is not usable or of another clock.
        """
        self._clock = clock
        self._warn = warn
        self._condition = CameraCondition()
        self._bit_depth = BitDepth()
        self._mounting = MountingCheck()
        self._frames = FrameClock()
        self._steady = 0
        self._stamps_problem = ""

    def arrival(self, message: ImageMessage | CompressedImage) -> Arrival:
        """An image message that arrives now; called in the subscription's callback."""
        return Arrival(message, time.perf_counter(), self._now())

    def pixels(self, arrival: Arrival, bit_depth: int = 0) -> Image:
        """The image as (H, W, 3) uint8 BGR.

        Args:
            arrival: the image message.
            bit_depth: of 16-bit images; 0 takes what the data show.

        Raises:
            ImageError: the message is not usable.
        """
        if bit_depth != self._bit_depth.given:
            self._bit_depth = BitDepth(bit_depth)
        image = decode_message(arrival.message, self._bit_depth, self._warn)
        self._condition.update(image, arrival.at)
        return image

    def time(self, arrival: Arrival) -> float:
        """The time in seconds that the tracker uses for a frame; called once per frame.

        It is the image's stamp, unless stamps contradict the arrivals (see ``FrameClock``).
        """
        stamp, reason = self._stamp(arrival)
        simulated = isinstance(self._clock, ROSClock) and self._clock.ros_time_is_active
        # Simulated time, too, may be paused, and start again.
        at = arrival.clock if simulated and arrival.clock else arrival.at
        found = self._frames.update(stamp, at, reason)
        self._steady = self._steady + 1 if self._frames.uses_stamp else 0
        if self._frames.problem:
            self._stamps_problem = (
                f"{self._frames.problem}, though images arrive: people are tracked by the time of "
                "arrival; check the clock of the camera driver"
            )
        elif self._steady >= STEADY_FRAMES and stamp is not None:
            self._stamps_problem = clock_problem(stamp, arrival.clock, simulated)
        if self._stamps_problem:
            self._warn(self._stamps_problem)
        return found.seconds

    def check_mounting(
        self, arrival: Arrival, image: Image, result: FrameResult, pipeline: MaskPipeline
    ) -> None:
        """Suspect a wrong mounting; costs one more detection in one frame of two seconds."""
        self._mounting.update(image, result, pipeline.face_score, arrival.at)
        if self._mounting.problem:
            self._warn(self._mounting.problem)

    def to_match(self, arrival: Arrival) -> float | None:
        """The arrival by which other images are matched to this one; None to match stamps."""
        return arrival.at if self._frames.problem else None

    def age(self, arrival: Arrival) -> float:
        """Seconds since a frame was taken, or since it arrived if its stamp does not tell."""
        stamp, _ = self._stamp(arrival)
        if stamp is None or not self._frames.uses_stamp or clock_problem(stamp, arrival.clock):
            return time.perf_counter() - arrival.at
        return self._now() - stamp

    def _stamp(self, arrival: Arrival) -> tuple[float | None, str]:
        stamp = arrival.message.header.stamp
        return read_stamp(stamp.sec, stamp.nanosec)

    def _now(self) -> float:
        return float(self._clock.now().nanoseconds * 1e-9)

    def warnings(self) -> list[str]:
        """What the diagnostics warn of."""
        problems = (self._stamps_problem, self._condition.problem, self._mounting.problem)
        return [text for text in problems if text]

    def diagnostics(self) -> dict[str, str]:
        """Key-value pairs for the diagnostics."""
        values = {"stamps": self._stamps_problem or "used"}
        if self._bit_depth.used:
            source = "parameter bit_depth" if self._bit_depth.given else "from the images"
            values["bit depth"] = f"{self._bit_depth.bits} ({source})"
        return values
