# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of all sources of frames."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mask_detector_ros.arrays import Image

Warn = Callable[[str], None]
"""Called with one line of text for every file or frame that is skipped."""

MAX_WARNINGS = 10
"""Files or frames of one source that are reported one by one: those skipped, those incomplete."""

logger = logging.getLogger(__name__)


class SourceError(Exception):
    """A source cannot be opened or read; the message says which, why and what to do."""


def reason(error: Exception) -> str:
    """An error of any kind in one line, with its type."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass(frozen=True, eq=False)
class Frame:
    """One image and its origin.

    Attributes:
        image: (H, W, 3) uint8 BGR, upright.
        stamp: seconds since the source's first frame, or the message's stamp in bags; never
            decreases within a source. 0 for independent images.
        index: 0 for the first frame of the source; skipped frames count too.
        source: path of the image or video as given by the user, ``folder/name`` for the
            images of a folder, ``webcam:0`` for a camera, a stream's address without secrets.
    """

    image: Image
    stamp: float
    index: int
    source: str


class Source(ABC):
    """An iterable of frames.

    Each iteration starts at the first frame; a webcam continues with its newest. Iteration
    may raise ``SourceError``; frames before the error are valid.

    Attributes:
        name: the source as given by the user; an address without user and password.
        length: number of frames; for a video as announced by its container, which may be
            slightly wrong. None if unknown, as for a camera.
        rate: frames per second; None if unknown, or for independent images.
        timed: True for a sequence, in which people can be tracked; False for independent
            images.
        files: files that are read, so that outputs do not overwrite them.
        skipped: number of files or frames that could not be read so far.
    """

    name: str
    length: int | None = None
    rate: float | None = None
    timed: bool = True

    def __init__(self, name: str, files: list[Path], warn: Warn | None = None) -> None:
        self.name = name
        self.files = files
        self.skipped = 0
        self._notes = 0
        self._warn = warn or logger.warning

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...

    def skip(self, why: str) -> None:
        """Count a file or frame that could not be read, and report it."""
        self.skipped += 1
        if self.skipped <= MAX_WARNINGS:
            self._warn(why)
        if self.skipped == MAX_WARNINGS:
            self._warn(f"further errors in {self.name} are counted, but not listed")

    def note(self, what: str) -> None:
        """Report a frame that is used although something is wrong with it."""
        self._notes += 1
        if self._notes <= MAX_WARNINGS:
            self._warn(what)

    def stop(self) -> None:  # noqa: B027 - most sources never wait
        """End an iteration that waits for a camera; for signal handlers and other threads."""

    def close(self) -> None:  # noqa: B027 - most sources have nothing to release
        """Release the file or camera; may be called twice."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FrameThrottle:
    """Reduces the frame rate: keeps at most ``rate`` frames per second, evenly spaced."""

    def __init__(self, rate: float | None) -> None:
        """Keep ``rate`` frames per second; all for None."""
        self._period = 1.0 / rate if rate else 0.0
        self._due: float | None = None

    def keep(self, stamp: float) -> bool:
        """Whether to keep the frame with this stamp in seconds."""
        if self._due is not None and stamp < self._due - 1e-6:
            return False
        # Counted from the due time, not from this frame's: 25 Hz are reduced to 10 Hz, not 8.
        due = stamp if self._due is None else self._due
        self._due = max(due, stamp - self._period) + self._period
        return True
