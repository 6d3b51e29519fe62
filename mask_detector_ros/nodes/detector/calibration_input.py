# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest CameraInfo and gives the calibration for each image."""

from __future__ import annotations

from collections.abc import Callable

from sensor_msgs.msg import CameraInfo

from mask_detector_ros.nodes.conversions import camera_model
from mask_detector_ros.perception.types import CameraModel


class CalibrationInput:
    """The newest CameraInfo, set by the executor thread, used by the worker thread."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """Start without a calibration.

        Args:
            warn: called with the reason whenever a CameraInfo cannot be used for an image.
        """
        self._warn = warn
        self._message: CameraInfo | None = None

    def add(self, message: CameraInfo) -> None:
        """Replace the CameraInfo."""
        self._message = message

    def model(self, width: int, height: int) -> CameraModel | None:
        """The calibration for an image.

        Args:
            width: of the image in pixels.
            height: of the image in pixels.

        Returns:
            None if there is none, or if it cannot be used.
        """
        if self._message is None:
            return None
        camera = camera_model(self._message, width, height)
        if camera is None:
            self._warn(
                "CameraInfo has no calibration for these images (K is zero, or the aspect ratio "
                "differs); faces have no position"
            )
        return camera

    def warnings(self) -> list[str]:
        """What the diagnostics warn of."""
        return []

    def diagnostics(self) -> dict[str, str]:
        """Key-value pairs for the diagnostics."""
        return {}
