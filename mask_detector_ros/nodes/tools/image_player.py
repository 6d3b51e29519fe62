# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image_player node: images, a video, a webcam, a stream or a bag as a camera."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.task import Future
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.background_threads import end_process
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.image_topics import camera_info_beside
from mask_detector_ros.nodes.common.node_runner import StartError, run
from mask_detector_ros.nodes.common.parameters import ParameterError, Parameters
from mask_detector_ros.nodes.common.steady_time import steady_timer
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools.source_reader import SourceReader
from mask_detector_ros.nodes.tools.tool_settings import ImagePlayerSettings
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import Frame, Source, SourceError, open_source
from mask_detector_ros.sources.base import reason

DEMO_CLIP = "demo/patrol.mp4"
DEFAULT_RATE = 30.0
"""Images per second if neither the source nor the parameter sets a rate."""
OPENING_POLL_S = 0.02
LINGER_S = 0.5
"""Time from the last image to the end of the node, so that best effort subscribers receive it."""
DELIVERY_TIMEOUT = Duration(seconds=4.0)
"""Time that reliable subscribers have beyond that: Fast DDS resends lost messages within 3 s."""


class ImagePlayerNode(Node):
    """Publishes image_raw and camera_info, stamped with the time of publication.

    A frame that cannot be read or published is reported and counted, and the next one is played.
    """

    def __init__(self) -> None:
        super().__init__("image_player")
        self.done: Future = Future()
        try:
            parameters = Parameters(self, ImagePlayerSettings)
        except ParameterError as error:
            raise StartError(str(error)) from error
        self._settings = parameters.settings
        self._reader = SourceReader(self._open, self._settings.loop)
        # Reliable, as REP-2003 has it for drivers; a subscriber may still request best effort.
        profile = QoSProfile(depth=5)
        self._images = self.create_publisher(
            ImageMessage, "image_raw", profile, qos_overriding_options=qos.overridable()
        )
        self._infos = self.create_publisher(
            CameraInfo,
            camera_info_beside(self, self._images.topic_name),
            profile,
            qos_overriding_options=qos.overridable(),
        )
        parameters.check_qos_overrides()
        self._published = self._failed = 0
        self._waiting_since = time.monotonic()
        self._timer = steady_timer(self, OPENING_POLL_S, self._await_source)

    def _open(self) -> Source:
        source, warn = self._settings.source, self._warn
        if source.startswith("~"):
            return open_source(Path(source).expanduser(), warn=warn)
        try:
            return open_source(source or find_resource(DEMO_CLIP), warn=warn)
        except FileNotFoundError as error:
            raise SourceError(str(error)) from error

    def _warn(self, text: str) -> None:
        self.get_logger().warning(text)

    def _await_source(self) -> None:
        """Play at the source's rate as soon as it is open.

        Raises:
            StartError: it cannot be opened.
        """
        if self._reader.finished and self._reader.error:
            raise StartError(self._reader.error)
        if self._reader.opened:
            self._timer.cancel()
            rate = self._settings.rate or self._reader.rate or DEFAULT_RATE
            self._timer = steady_timer(self, 1.0 / rate, self._tick)

    def close(self) -> None:
        """Close the source and print the number of published images."""
        self._reader.close()
        failed = self._failed + self._reader.skipped
        lost = f", {failed} could not be read" if failed else ""
        print(f"image_player: {self._published} images published{lost}", flush=True)

    def _tick(self) -> None:
        if self._published == 0 and not self._subscribers_ready():
            return
        frame = self._reader.poll()
        if frame is None:
            if self._reader.finished:
                self._timer.cancel()
                steady_timer(self, LINGER_S, self._finish)
            return
        try:
            self._publish(frame)
        except Exception as error:  # any error: costs this frame
            self._failed += 1
            self._warn(f"frame {frame.index} of {frame.source} not published: {reason(error)}")

    def _publish(self, frame: Frame) -> None:
        header = Header(frame_id=self._settings.frame_id)
        header.stamp = self.get_clock().now().to_msg()
        height, width = frame.image.shape[:2]
        # The image first, as drivers do: its latency matters most.
        self._images.publish(image_message(frame.image, header))
        self._infos.publish(camera_info(header, width, height, self._settings.field_of_view))
        self._published += 1

    def _subscribers_ready(self) -> bool:
        """Whether the expected subscribers are there.

        Raises:
            StartError: they did not appear in time.
        """
        expected = self._settings.wait_for
        waiting = [
            f"{publisher.get_subscription_count()} of {count} subscribers of {publisher.topic_name}"
            for publisher, count in (
                (self._images, expected.image_subscribers),
                (self._infos, expected.camera_info_subscribers),
            )
            if publisher.get_subscription_count() < count
        ]
        if waiting and time.monotonic() - self._waiting_since > expected.timeout:
            raise StartError(
                f"only {' and '.join(waiting)} after {expected.timeout:g} s; start the "
                "subscribers, or lower wait_for.*"
            )
        return not waiting

    def _finish(self) -> None:
        """End the node.

        Raises:
            StartError: the source failed before its end; what came before is published.
        """
        for publisher in (self._images, self._infos):
            publisher.wait_for_all_acked(DELIVERY_TIMEOUT)
        if self._reader.error:
            raise StartError(self._reader.error)
        if not self.done.done():
            self.done.set_result(None)


def camera_info(header: Header, width: int, height: int, field_of_view: float) -> CameraInfo:
    """Calibration of a pinhole camera; ``field_of_view`` is horizontal, in degrees."""
    focal = width / 2 / math.tan(math.radians(field_of_view) / 2)
    cx, cy = width / 2, height / 2
    return CameraInfo(
        header=header,
        width=width,
        height=height,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def main(args: list[str] | None = None) -> int:
    """Entry point of the executable."""
    return run(ImagePlayerNode, args)


if __name__ == "__main__":
    sys.exit(end_process(main()))
