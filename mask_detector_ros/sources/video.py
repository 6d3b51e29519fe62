# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a video file, with the stamps of its container."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.sources.base import (
    Frame,
    FrameThrottle,
    Source,
    SourceError,
    Warn,
)

# fmt: off
SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".flv", ".ogv", ".3gp", ".mjpeg", ".mjpg", ".gif",
})
# fmt: on
"""File name suffixes of videos, in lower case."""

DEFAULT_RATE_HZ = 30.0
"""Used where the container states no rate and its stamps cannot be used either."""

TRUNCATED_BELOW = 0.9
"""A video with less than this fraction of its announced frames is reported as truncated."""


class VideoSource(Source):
    """A video file."""

    def __init__(self, name: str, rate: float | None = None, warn: Warn | None = None) -> None:
        """Open the file.

        Args:
            name: path as given by the user.
            rate: frames per second to reduce the video to; None for all frames.
            warn: called for frames that cannot be read, and for a truncated file.

        Raises:
            SourceError: it cannot be opened.
        """
        super().__init__(name, [Path(name)], warn)
        self._capture: cv2.VideoCapture | None = self._open()
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._native_rate = fps if math.isfinite(fps) and 0.0 < fps <= 1000.0 else None
        frames = float(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._announced = int(frames) if 0 < frames < 1e9 else None
        self._reduced_rate = rate
        self.rate, self.length = self._native_rate, self._announced
        if rate is not None and (self._native_rate is None or rate < self._native_rate):
            self.rate = rate
            if self._announced is not None and self._native_rate is not None:
                self.length = math.ceil(self._announced * rate / self._native_rate)

    def _open(self) -> cv2.VideoCapture:
        try:
            with self.files[0].open("rb") as file:
                empty = not file.read(1)
        except OSError as error:
            raise SourceError(f"video {self.name} cannot be read: {error.strerror}") from error
        if empty:
            raise SourceError(f"video {self.name} is an empty file")
        if not is_utf8(self.name):
            raise SourceError(f"video {self.name!a}: OpenCV needs file names in UTF-8")
        try:
            capture = cv2.VideoCapture(str(self.files[0]))
            opened = capture.isOpened()
        except cv2.error:
            opened = False
        if not opened:
            raise SourceError(
                f"video {self.name} cannot be opened: the file is damaged, or this OpenCV "
                f"({cv2.__version__}) has no decoder for it"
            )
        return capture

    def __iter__(self) -> Iterator[Frame]:
        capture, self._capture = self._capture or self._open(), None
        throttle = FrameThrottle(self._reduced_rate)
        step = 1.0 / (self._native_rate or DEFAULT_RATE_HZ)
        first: float | None = None
        stamp, index = 0.0, -1
        try:
            while capture.grab():
                index += 1
                position = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
                if first is None:
                    first = position if math.isfinite(position) else 0.0
                elif math.isfinite(position) and position - first > stamp:
                    stamp = position - first
                else:  # no stamp, or the same as before
                    stamp += step
                if not throttle.keep(stamp):
                    continue
                read, image = capture.retrieve()
                if not read:
                    self.skip(f"frame {index} of {self.name} cannot be decoded; skipped")
                    continue
                yield Frame(np.asarray(image), stamp, index, self.name)
        finally:
            capture.release()
        count = index + 1
        if count == 0:
            raise SourceError(f"video {self.name} has no frame that can be decoded")
        if self._announced is not None and count < TRUNCATED_BELOW * self._announced:
            self._warn(
                f"video {self.name} ends after {count} of {self._announced} frames; "
                "the file may be damaged or truncated"
            )

    def close(self) -> None:
        """See ``Source.close``."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
