# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a video file, with the time the container gives each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.sources.base import (
    Frame,
    Source,
    SourceError,
    Thinner,
    Warn,
)

# fmt: off
SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".flv", ".ogv", ".3gp", ".mjpeg", ".mjpg", ".gif",
})
# fmt: on
"""What is taken for a video, in lower case."""

ASSUMED_RATE = 30.0
"""Hz, where the container does not tell and its stamps cannot be used either."""

BROKEN_OFF = 0.9
"""A video that yields less than this share of the announced frames is reported."""


class VideoSource(Source):
    """A video file."""

    def __init__(self, name: str, rate: float | None = None, warn: Warn | None = None) -> None:
        """Open the file.

        Args:
            name: path as it was given.
            rate: take at most so many frames per second; None for all.
            warn: told of frames that cannot be read, and of a file cut off.

        Raises:
            SourceError: it cannot be opened.
        """
        super().__init__(name, [Path(name)], warn)
        self._capture: cv2.VideoCapture | None = self._open()
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._native_rate = fps if math.isfinite(fps) and 0.0 < fps <= 1000.0 else None
        frames = float(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._announced = int(frames) if 0 < frames < 1e9 else None
        self._thin_to = rate
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
            raise SourceError(f"video {self.name!a}: OpenCV reads no names that are not UTF-8")
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
        thinner = Thinner(self._thin_to)
        step = 1.0 / (self._native_rate or ASSUMED_RATE)
        first: float | None = None
        stamp, index = 0.0, -1
        try:
            while capture.grab():
                index += 1
                told = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0
                if first is None:
                    first = told if math.isfinite(told) else 0.0
                elif math.isfinite(told) and told - first > stamp:
                    stamp = told - first
                else:  # no stamps, or two frames with the same
                    stamp += step
                if not thinner.keep(stamp):
                    continue
                read, image = capture.retrieve()
                if not read:
                    self.skip(f"frame {index} of {self.name} cannot be decoded; passed over")
                    continue
                yield Frame(np.asarray(image), stamp, index, self.name)
        finally:
            capture.release()
        seen = index + 1
        if seen == 0:
            raise SourceError(f"video {self.name} has no frame that can be decoded")
        if self._announced is not None and seen < BROKEN_OFF * self._announced:
            self._warn(
                f"video {self.name} ends after {seen} of {self._announced} frames; "
                "the file may be damaged or cut off"
            )

    def close(self) -> None:
        """See ``Source.close``."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
