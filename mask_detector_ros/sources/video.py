# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a video file, with the stamps of its container."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.atomic_files import ffmpeg_name, is_utf8
from mask_detector_ros.sources.base import (
    Frame,
    FrameThrottle,
    Source,
    SourceError,
    Warn,
)
from mask_detector_ros.video_file import lacks_mp4_index

# fmt: off
SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".qt", ".avi", ".divx", ".mkv", ".webm", ".mpg", ".mpeg", ".mpe",
    ".m1v", ".m2v", ".ts", ".mts", ".m2ts", ".m2t", ".vob", ".mod", ".tod", ".wmv", ".asf",
    ".flv", ".f4v", ".ogv", ".ogg", ".3gp", ".3g2", ".mjpeg", ".mjpg", ".gif", ".mxf", ".dv",
    ".y4m", ".nut", ".dav", ".h264", ".264", ".h265", ".265", ".hevc",
})
# fmt: on
"""File name suffixes of videos, in lower case; other files are tried."""

DEFAULT_RATE_HZ = 30.0
"""Used where the container states no rate and its stamps cannot be used either."""

MP4_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2"})

TRUNCATED_BELOW = 0.9
"""A video with less than this fraction of its announced frames is reported as truncated."""


def looks_like_video(path: Path) -> bool:
    """Whether OpenCV opens a file of unknown suffix as a video; text is none."""
    if not path.is_file():  # reading a pipe would wait
        return False
    try:
        with path.open("rb") as file:
            binary = b"\0" in file.read(4096)  # FFmpeg renders text, too
    except OSError:
        return False
    return binary and _capture(path) is not None


def is_still(path: Path) -> bool:
    """Whether a GIF has a single frame, and OpenCV reads it as an image."""
    capture = _capture(path)
    if capture is None or not cv2.haveImageReader(ffmpeg_name(path)):
        return False
    still = capture.grab() and not capture.grab()
    capture.release()
    return still


def _capture(path: Path) -> cv2.VideoCapture | None:
    """The opened file; None if OpenCV cannot open it."""
    try:
        capture = cv2.VideoCapture(ffmpeg_name(path)) if is_utf8(str(path)) else None
        return capture if capture is not None and capture.isOpened() else None
    except cv2.error:
        return None


class VideoSource(Source):
    """A video file; frames are rotated as its container states."""

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
        capture = _capture(self.files[0])
        if capture is None:
            why = f"the file is damaged, or this OpenCV ({cv2.__version__}) has no decoder for it"
            if self.files[0].suffix.lower() in MP4_SUFFIXES and lacks_mp4_index(self.files[0]):
                why = (
                    "its index (moov) is missing, so the recording or the copy was cut short; copy "
                    "it again, or repair it with untrunc and an intact video of the same camera"
                )
            raise SourceError(f"video {self.name} cannot be opened: {why}")
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
                try:
                    read, image = capture.retrieve()
                except cv2.error:
                    read = False
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
