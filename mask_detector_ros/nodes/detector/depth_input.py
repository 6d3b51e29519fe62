# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest depth images and matches one to each color image, by stamp or by arrival."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from builtin_interfaces.msg import Time as TimeMessage
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.images import ImageError, decode_depth
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.depth_unit import UNIT_PROBLEM
from mask_detector_ros.perception.types import Detections, RangeSource

TOPIC = "depth/image_raw"
COMPRESSED_DEPTH = "compressedDepth"
BUFFER_SIZE = 4
"""Depth images kept: a color image may be processed after newer depth images arrived."""
WRONG_UNIT_FRAMES = 3
"""Frames whose faces show a wrong unit, without one that shows the right one, before it is
reported: depth at a single face may be that of something else."""
WINDOW_FACES = 300
"""Faces over which the diagnostics count range sources."""

DepthArrival = tuple[ImageMessage | CompressedImage, float]
"""A depth image, and ``time.perf_counter()`` at its arrival."""


def depth_topic(node: Node, transport: str) -> tuple[type, str]:
    """Message class and topic of depth images, after remapping of ``depth/image_raw``.

    Args:
        node: has the remappings.
        transport: ``raw`` or ``compressedDepth``, which is appended to the topic.
    """
    topic = str(node.resolve_topic_name(TOPIC))
    if transport == COMPRESSED_DEPTH:
        return CompressedImage, f"{topic.removesuffix(f'/{transport}')}/{transport}"
    return ImageMessage, topic


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
        self._arrivals: tuple[DepthArrival, ...] = ()
        self._reason = ""
        self._sources: tuple[int, ...] = ()
        self._wrong_unit = 0
        self._unit_problem = ""

    def add(self, message: ImageMessage | CompressedImage) -> None:
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
                depth = DepthImage(*decode_depth(message))
            except ImageError as error:
                reason = str(error)
        if depth is not None and not depth.fits(width, height):
            rows, columns = depth.values.shape
            reason = (
                f"depth images of {columns}x{rows} pixels do not have the aspect "
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
        if reason.startswith(UNIT_PROBLEM):
            self._wrong_unit += 1
        elif RangeSource.DEPTH in faces.range_source:
            self._wrong_unit = 0
        if self._wrong_unit >= WRONG_UNIT_FRAMES:
            self._unit_problem = reason or self._unit_problem
            self._warn(self._unit_problem)
        else:
            self._unit_problem = ""

    def warnings(self) -> list[str]:
        """What the diagnostics warn of."""
        return [self._unit_problem] if self._unit_problem else []

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


def _stamps_apart(stamp: TimeMessage, other: DepthArrival) -> float:
    """Absolute difference between ``stamp`` and that of a depth image in seconds."""
    theirs = other[0].header.stamp
    return abs(stamp.sec - theirs.sec + 1e-9 * (stamp.nanosec - theirs.nanosec))


def _arrivals_apart(arrived: float, other: DepthArrival) -> float:
    """Absolute difference between ``arrived`` and the arrival of a depth image in seconds."""
    return abs(arrived - other[1])
