# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest depth images and matches one to each color image by stamp."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.time import Time
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.nodes.conversions import ImageError, depth_image
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.types import Detections, RangeSource

TOPIC = "depth/image_raw"
BUFFER_SIZE = 4
"""Depth images kept: a color image may be processed after newer depth images arrived."""
WINDOW_FACES = 300
"""Faces over which the diagnostics count range sources."""


class DepthInput:
    """A short buffer of depth images, filled by the executor thread, read by the worker thread.

    The threads share immutable tuples, which are replaced as a whole.
    """

    def __init__(self, enabled: bool, warn: Callable[[str], None]) -> None:
        """Start without depth images.

        Args:
            enabled: whether depth is subscribed to.
            warn: called with the reason whenever depth cannot be used for a frame.
        """
        self.enabled = enabled
        self._warn = warn
        self._messages: tuple[ImageMessage, ...] = ()
        self._reason = ""
        self._sources: tuple[int, ...] = ()

    def add(self, message: ImageMessage) -> None:
        """Add a depth image to the buffer."""
        self._messages = (*self._messages, message)[-BUFFER_SIZE:]

    def match(self, header: Header, width: int, height: int, tolerance: float) -> DepthImage | None:
        """The depth image that belongs to a color image.

        Args:
            header: of the color image.
            width: of the color image in pixels.
            height: of the color image in pixels.
            tolerance: maximum difference of the stamps in seconds.

        Returns:
            None if there is none, or if it cannot be used.
        """
        stamp = Time.from_msg(header.stamp)
        # Reversed: of several images without a stamp the newest is taken.
        message = min(reversed(self._messages), key=lambda m: _difference(m, stamp), default=None)
        if message is None:
            return None
        self._reason = ""
        reason, depth = "", None
        difference = _difference(message, stamp)
        color_frame, depth_frame = header.frame_id, message.header.frame_id
        if difference > tolerance:
            reason = (
                f"the stamps of an image and the nearest depth image differ by "
                f"{1000 * difference:.0f} ms (ranging.depth_tolerance is "
                f"{1000 * tolerance:.0f} ms)"
            )
        elif color_frame and depth_frame and color_frame != depth_frame:
            reason = (
                f"depth images are in frame {depth_frame!r}, images in frame {color_frame!r}; "
                f"only depth aligned with the image can be used"
            )
        else:
            try:
                depth = depth_image(message)
            except ImageError as error:
                reason = str(error)
        if depth is not None and not depth.fits(width, height):
            reason = (
                f"depth images of {message.width}x{message.height} pixels do not have the aspect "
                f"ratio of the images, {width}x{height}; only depth aligned with the image can be "
                f"used"
            )
            depth = None
        if reason:
            self._reason = reason
            self._warn(f"{reason}; ranges are measured from face size")
        return depth

    def record(self, faces: Detections, reason: str) -> None:
        """Record the range sources of a frame's faces, and why depth was not used for some."""
        self._sources = (*self._sources, *faces.range_source.tolist())[-WINDOW_FACES:]
        if reason:
            self._reason = reason

    def warnings(self) -> list[str]:
        """What the diagnostics warn of."""
        return []

    def diagnostics(self) -> dict[str, str]:
        """Key-value pairs for the diagnostics: range sources, and whether depth is used."""
        depth, size, none = (
            self._sources.count(source)
            for source in (RangeSource.DEPTH, RangeSource.FACE_SIZE, RangeSource.NONE)
        )
        state = self._reason or ("used" if depth else "not used for a face yet")
        if not self.enabled:
            state = "disabled (ranging.depth)"
        elif not self._messages:
            state = "no depth image received"
        return {
            "range sources of recent faces": f"{depth} depth, {size} face size, {none} none",
            "depth": state,
        }


def _difference(message: ImageMessage, stamp: Time) -> float:
    """Absolute difference between a message's stamp and ``stamp`` in seconds."""
    return abs((Time.from_msg(message.header.stamp) - stamp).nanoseconds) * 1e-9
