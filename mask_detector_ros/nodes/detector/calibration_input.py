# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest CameraInfo and gives the calibration for each image."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from mask_detector_ros.nodes.common.camera_info_topics import why_no_camera_info
from mask_detector_ros.perception.calibration import NONE, Calibration, read_calibration
from mask_detector_ros.perception.types import CameraModel

PATIENCE_S = 1.0
"""Time with images but without CameraInfo after which that is reported."""


class CalibrationInput:
    """The newest CameraInfo, set by the executor thread, used by the worker thread."""

    def __init__(self, node: Node, warn: Callable[[str], None]) -> None:
        """Start without a calibration.

        Args:
            node: looks for topics with CameraInfo, in the executor thread.
            warn: called with the reason whenever there is no calibration, or it is suspicious.
        """
        self._node = node
        self._warn = warn
        self._image_topic = self._topic = ""
        self._message: CameraInfo | None = None
        self._key: Any = None
        self._calibration = Calibration()
        self._missing_since: float | None = None

    @property
    def received(self) -> bool:
        """Whether a CameraInfo has arrived since ``listen``."""
        return self._message is not None

    def listen(self, image_topic: str, topic: str) -> None:
        """The node has subscribed to these topics (resolved names); drops an older CameraInfo."""
        self._image_topic, self._topic = image_topic, topic
        self._message, self._missing_since = None, None

    def add(self, message: CameraInfo) -> None:
        """Replace the CameraInfo."""
        self._message = message

    def model(self, header: Header, width: int, height: int, images: str) -> CameraModel | None:
        """The calibration for an image.

        Args:
            header: of the image.
            width: of the image in pixels.
            height: of the image in pixels.
            images: the parameter ``ranging.calibration``.

        Returns:
            None if there is none, if it cannot be used, or if none is wanted.
        """
        message = self._message
        if message is None or images == NONE:
            self._calibration, self._key = Calibration(), None
            if images == NONE:
                self._missing_since = None
            elif self._missing_since is None:
                self._missing_since = time.monotonic()
            return None
        self._missing_since = None
        key = (_content(message), header.frame_id, width, height, images, self._image_topic)
        if key != self._key:
            calibration = read_calibration(
                message,
                width,
                height,
                topic=self._image_topic,
                images=images,
                frame_id=header.frame_id,
            )
            for text in _texts(calibration):
                self._warn(text)
            self._calibration, self._key = calibration, key
        return self._calibration.camera

    def warnings(self) -> list[str]:
        """What the diagnostics warn of; logs a missing CameraInfo."""
        since = self._missing_since
        if since is None or time.monotonic() - since < PATIENCE_S:
            return _texts(self._calibration)
        text = why_no_camera_info(self._node, self._image_topic, self._topic)
        text = f"{text}; faces have no position (if none is needed: ranging.calibration: none)"
        self._warn(text)
        return [text]

    def diagnostics(self) -> dict[str, str]:
        """Key-value pairs for the diagnostics."""
        calibration = self._calibration
        state = calibration.source or calibration.problem
        if not state:
            state = "not used yet" if self.received else "no CameraInfo received"
        return {"CameraInfo topic": self._topic, "calibration": state}


def _texts(calibration: Calibration) -> list[str]:
    texts = list(calibration.warnings)
    if calibration.problem:
        texts.append(f"{calibration.problem}; faces have no position")
    return texts


def _content(message: CameraInfo) -> tuple[Any, ...]:
    """Everything in a CameraInfo but its stamp and R, to notice that it has changed."""
    roi = message.roi
    return (
        message.header.frame_id,
        message.width,
        message.height,
        message.distortion_model,
        message.d.tobytes(),
        message.k.tobytes(),
        message.p.tobytes(),
        message.binning_x,
        message.binning_y,
        (roi.x_offset, roi.y_offset, roi.width, roi.height),
    )
