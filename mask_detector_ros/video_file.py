# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes frames with stamps to an .mp4 of constant frame rate."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros import atomic_files
from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import OutputError, ffmpeg_name, is_utf8

DEFAULT_RATE_HZ = 30.0
"""Frame rate of a video whose source has none."""

MAX_PAUSE_S = 10.0
"""Longer pauses between two frames are shortened to this."""


class VideoFile:
    """An .mp4 with the timing of its frames: frames are repeated or dropped to match the rate."""

    def __init__(self, path: Path, rate: float | None) -> None:
        self._path = path
        self._temporary = atomic_files.temporary_path(path)
        self._rate = rate or DEFAULT_RATE_HZ
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0
        self._offset = 0.0
        self._last: tuple[float, Image] | None = None

    def write(self, image: Image, stamp: float) -> None:
        """Add a frame.

        Args:
            image: (H, W, 3) uint8 BGR; resized if it differs from the first one.
            stamp: seconds.

        Raises:
            OutputError: the video cannot be written.
        """
        if self._writer is None:
            self._open(image)
        assert self._writer is not None
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        if self._last is not None:
            before, last = self._last
            self._offset += max(0.0, stamp - before - MAX_PAUSE_S)
            self._offset -= max(0.0, before - stamp)  # time jumped back
            due = round((stamp - self._offset) * self._rate)
            if due < self._written - 1:  # faster than the video's rate
                return
            for _ in range(due - self._written):
                self._put(last)
        else:
            self._offset = stamp
        self._put(image)
        self._last = (stamp, image)

    def _put(self, image: Image) -> None:
        assert self._writer is not None
        self._writer.write(image)
        self._written += 1

    def _open(self, image: Image) -> None:
        # The codec stores color per 2x2 pixels, so an odd last row or column is dropped.
        self._size = (max(2, image.shape[1] & ~1), max(2, image.shape[0] & ~1))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not is_utf8(str(self._temporary)):
            raise OutputError(
                f"{str(self._path)!a}: OpenCV cannot write file names that are not UTF-8"
            )
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        name = ffmpeg_name(self._temporary)
        self._writer = cv2.VideoWriter(name, codec, self._rate, self._size)
        if not self._writer.isOpened():
            raise OutputError(
                f"{self._path} cannot be written: the folder is not writable, or this OpenCV "
                f"({cv2.__version__}) cannot write mp4"
            )

    def finish(self) -> Path | None:
        """Close the video and rename it.

        Returns:
            Its path; None if there was no frame.

        Raises:
            OutputError: the video was not written.
        """
        if self._writer is None:
            return None
        self._writer.release()
        # OpenCV reports nothing: a video that does not end as it should was not written completely.
        if not self._temporary.exists() or lacks_mp4_index(self._temporary):
            self._temporary.unlink(missing_ok=True)
            raise OutputError(f"{self._path} was not written; is the disk full?")
        self._temporary.replace(self._path)
        return self._path


def lacks_mp4_index(path: Path) -> bool:
    """Whether an MP4 or QuickTime file has no ``moov`` box, which is written at its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position + 8 <= size:
            file.seek(position)
            head = file.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if kind == b"moov":
                return position + length > size
            if length == 1:  # the length follows in 64 bits
                length = int.from_bytes(head[8:], "big")
            if length < 8:  # 0: up to the end of the file
                break
            position += length
    return True
