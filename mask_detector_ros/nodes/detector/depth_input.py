# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images beside the camera's: the newest few, and the one that belongs to a picture."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.time import Time
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.nodes.conversions import ImageError, depth_image
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.types import Detections, RangeSource

TOPIC = "depth/image_raw"
KEPT = 4
"""Depth images that are kept: a picture may be handled a little after its neighbors came."""
WINDOW = 300
"""Faces that the diagnostics look back on."""


class DepthInput:
    """Taken in by the executor's thread, asked by the worker's.

    What both look at is an immutable tuple that is replaced as a whole.
    """

    def __init__(self, wanted: bool, complain: Callable[[str], None]) -> None:
        """Begin with nothing.

        Args:
            wanted: whether depth is subscribed to at all.
            complain: told what is wrong with depth images; may be told again and again.
        """
        self._wanted = wanted
        self._complain = complain
        self._messages: tuple[ImageMessage, ...] = ()
        self._problem = ""
        self._sources: tuple[int, ...] = ()

    def take(self, message: ImageMessage) -> None:
        """A depth image came."""
        self._messages = (*self._messages, message)[-KEPT:]

    def match(self, header: Header, width: int, height: int, tolerance: float) -> DepthImage | None:
        """The depth image for a picture.

        Args:
            header: of the picture.
            width, height: of the picture.
            tolerance: seconds between their stamps at the most.

        Returns:
            None where there is none that can be used.
        """
        wanted = Time.from_msg(header.stamp)
        # Reversed, so that of several without a stamp the newest is taken.
        message = min(reversed(self._messages), key=lambda m: _apart(m, wanted), default=None)
        if message is None:
            return None
        self._problem = ""
        problem, depth = "", None
        apart = _apart(message, wanted)
        ours, theirs = header.frame_id, message.header.frame_id
        if apart > tolerance:
            problem = (
                f"the depth image nearest to an image is {1000 * apart:.0f} ms away from it "
                f"(ranging.depth_tolerance allows {1000 * tolerance:.0f} ms)"
            )
        elif ours and theirs and ours != theirs:
            problem = (
                f"depth images are in the frame {theirs!r}, images in {ours!r}: only depth that "
                f"is aligned with the image can be used"
            )
        else:
            try:
                depth = depth_image(message)
            except ImageError as error:
                problem = str(error)
        if depth is not None and not depth.fits(width, height):
            problem = (
                f"depth images of {message.width}x{message.height} pixels do not have the shape "
                f"of the images, {width}x{height}: only depth that is aligned with the image "
                f"can be used"
            )
            depth = None
        if problem:
            self._problem = problem
            self._complain(f"{problem}; faces are ranged by their size")
        return depth

    def placed(self, faces: Detections, problem: str) -> None:
        """Tell how the faces of a frame were placed, and why depth did not place some."""
        self._sources = (*self._sources, *faces.range_source.tolist())[-WINDOW:]
        if problem:
            self._problem = problem

    def facts(self) -> dict[str, str]:
        """For the diagnostics: where ranges come from, and why not from depth."""
        sources = self._sources
        depth, size, none = (
            sources.count(source)
            for source in (RangeSource.DEPTH, RangeSource.FACE_SIZE, RangeSource.NONE)
        )
        state = self._problem or ("used" if depth else "no face was placed by it yet")
        if not self._wanted:
            state = "switched off (ranging.depth)"
        elif not self._messages:
            state = "no depth image has come"
        return {
            "ranges of the last faces": f"{depth} by depth, {size} by face size, {none} none",
            "depth": state,
        }


def _apart(message: ImageMessage, stamp: Time) -> float:
    """Seconds between a message and a moment."""
    return abs((Time.from_msg(message.header.stamp) - stamp).nanoseconds) * 1e-9
