# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated pictures and videos: under the names of their inputs, and never in their place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import cv2

from mask_detector_ros.apps import files
from mask_detector_ros.perception.types import Image
from mask_detector_ros.sources.base import is_utf8

FALLBACK_RATE = 30.0
"""Hz of a video whose source does not know its rate."""

LONGEST_PAUSE = 10.0
"""Seconds; a longer pause between two frames is cut down to this in the video."""


class OutputError(OSError):
    """A result cannot be written; the message says which and why."""


class OutputPaths:
    """Gives every result a path of its own below one folder."""

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        """Keep clear of the inputs.

        Raises:
            OutputError: the folder cannot be made.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"--out {folder} cannot be made: {error.strerror}") from error
        self._inputs = {identity for path in inputs if (identity := _identity(path))}
        self._taken: set[Path] = set()

    def reserve(self, relative: Path) -> Path:
        """The path for this name; with -2, -3 … added if an input or a result has it."""
        path = self.folder / relative
        number = 1
        while path in self._taken or _identity(path) in self._inputs:
            number += 1
            path = self.folder / relative.with_stem(f"{relative.stem}-{number}")
        self._taken.add(path)
        return path


def _identity(path: Path) -> tuple[int, int] | None:
    """Tells files apart whatever links lead to them; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def picture_name(relative: Path) -> Path:
    """The name to write a picture under: its own, if OpenCV writes that kind."""
    suffix = relative.suffix
    # The suffix alone: OpenCV crashes on names that are not UTF-8.
    writable = suffix.isascii() and bool(suffix) and cv2.haveImageWriter(f"x{suffix}")
    return relative if writable else relative.with_suffix(".png")


def write_picture(path: Path, image: Image) -> None:
    """Write (H, W, 3) uint8 BGR in the format that the suffix names.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        done, data = cv2.imencode(path.suffix, image)
        if not done:
            raise OutputError(f"{path} cannot be encoded")
        files.write_bytes(path, data.tobytes())
    except cv2.error as error:
        raise OutputError(f"{path} cannot be encoded: {error.err}") from error
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


class VideoFile:
    """An mp4 that keeps the time of its frames: one is repeated while the next is late."""

    def __init__(self, path: Path, rate: float | None) -> None:
        self._path = path
        self._temporary = files.partial(path)
        self._rate = rate or FALLBACK_RATE
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0
        self._offset = 0.0
        self._last: tuple[float, Image] | None = None

    def write(self, image: Image, stamp: float) -> None:
        """Add (H, W, 3) uint8 BGR seen at ``stamp`` seconds.

        Raises:
            OutputError: the video cannot be written.
        """
        if self._writer is None:
            self._open(image)
        assert self._writer is not None
        if (image.shape[1], image.shape[0]) != self._size:
            image = cv2.resize(image, self._size)
        if self._last is not None:
            before, last = self._last
            self._offset += max(0.0, stamp - before - LONGEST_PAUSE)
            due = round((stamp - self._offset) * self._rate)
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
        # The codec stores colour for blocks of 2x2 pixels, so an odd row or column goes.
        self._size = (max(2, image.shape[1] & ~1), max(2, image.shape[0] & ~1))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not is_utf8(str(self._temporary)):
            raise OutputError(f"{str(self._path)!a}: OpenCV writes no names that are not UTF-8")
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        self._writer = cv2.VideoWriter(str(self._temporary), codec, self._rate, self._size)
        if not self._writer.isOpened():
            raise OutputError(
                f"{self._path} cannot be written: the folder is not writable, or this OpenCV "
                f"({cv2.__version__}) writes no mp4"
            )

    def finish(self) -> Path | None:
        """Close the video and give it its name; None if there was no frame."""
        if self._writer is None:
            return None
        self._writer.release()
        if not self._temporary.exists() or os.path.getsize(self._temporary) == 0:  # noqa: PTH202
            raise OutputError(f"{self._path} was not written; is the disk full?")
        self._temporary.replace(self._path)
        return self._path
