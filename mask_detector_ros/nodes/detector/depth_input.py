# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest depth images and matches one to each color image, by stamp or by arrival."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from builtin_interfaces.msg import Time as TimeMessage
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
        self._arrivals: tuple[tuple[ImageMessage, float], ...] = ()
        self._reason = ""
        self._sources: tuple[int, ...] = ()

    def add(self, message: ImageMessage) -> None:
        """Add a depth image to the buffer."""
        self._arrivals = (*self._arrivals, (message, time.perf_counter()))[-BUFFER_SIZE:]

    def match(
        self,
        header: Header,
        width: int,
        height: int,
        tolerance: float,
        arrived: float | None = None,
    ) -> DepthImage | None:
        """The depth image that belongs to a color image.

        Args:
            header: of the color image.
            width: of the color image in pixels.
            height: of the color image in pixels.
            tolerance: maximum difference of the stamps, or of the arrivals, in seconds.
            arrived: ``time.perf_counter()`` at the arrival of a color image whose stamp is not
                usable; None to match stamps.

        Returns:
            None if there is none, or if it cannot be used.
        """
        apart = partial(_stamps_apart, header.stamp)
        if arrived is not None:
            apart = partial(_arrivals_apart, arrived)
        # Reversed: of several images without a stamp the newest is taken.
        nearest = min(reversed(self._arrivals), key=apart, default=None)
        if nearest is None:
            return None
        message, difference = nearest[0], apart(nearest)
        self._reason = ""
        reason, depth = "", None
        color_frame, depth_frame = header.frame_id, message.header.frame_id
        if difference > tolerance:
            reason = (
                f"the {'stamps' if arrived is None else 'arrivals'} of an image and the nearest "
                f"depth image differ by "
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
        elif not self._arrivals:
            state = "no depth image received"
        return {
            "range sources of recent faces": f"{depth} depth, {size} face size, {none} none",
            "depth": state,
        }


def _stamps_apart(stamp: TimeMessage, other: tuple[ImageMessage, float]) -> float:
    """Absolute difference between ``stamp`` and that of a depth image in seconds."""
    theirs = other[0].header.stamp
    return abs(stamp.sec - theirs.sec + 1e-9 * (stamp.nanosec - theirs.nanosec))


def _arrivals_apart(arrived: float, other: tuple[ImageMessage, float]) -> float:
    """Absolute difference between ``arrived`` and the arrival of a depth image in seconds."""
    return abs(arrived - other[1])
