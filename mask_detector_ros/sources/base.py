# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every source of frames offers."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mask_detector_ros.perception.types import Image

Warn = Callable[[str], None]
"""Told, in one line, of what was passed over."""

MOST_WARNINGS = 10
"""Passed over items of one source that are named."""

logger = logging.getLogger(__name__)


class SourceError(Exception):
    """A source cannot be used, or broke off; the message says which, why and what to do."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture and where it came from.

    Attributes:
        image: (H, W, 3) uint8 BGR, upright.
        stamp: seconds since the source's first frame (bags: the time in the message);
            never falls while a source is read. 0 for pictures that have no time.
        index: 0 for the first frame of this source; counts what was passed over too.
        source: path of the picture or video as it was given, ``folder/name`` for the
            pictures of a folder, ``webcam:0`` for a camera.
    """

    image: Image
    stamp: float
    index: int
    source: str


class Source(ABC):
    """Frames, one after the other.

    Iterating starts at the first frame, each time anew (a webcam goes on with what it
    sees). Reading may raise ``SourceError`` on the way; what came before stays good.

    Attributes:
        name: the source as it was given.
        length: number of frames as far as it is known beforehand; a video's is what its
            container announces and may be a little off. None for a camera.
        rate: frames per second, None where it is not known or there is none.
        timed: True if the frames follow each other, so that people can be followed from
            one to the next; False for independent pictures.
        files: what is read, so that nobody writes over it.
        skipped: files or frames that could not be read, up to now.
    """

    name: str
    length: int | None = None
    rate: float | None = None
    timed: bool = True

    def __init__(self, name: str, files: list[Path], warn: Warn | None = None) -> None:
        self.name = name
        self.files = files
        self.skipped = 0
        self._warn = warn or logger.warning

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...

    def skip(self, why: str) -> None:
        """Count something that could not be read, and say so."""
        self.skipped += 1
        if self.skipped <= MOST_WARNINGS:
            self._warn(why)
        if self.skipped == MOST_WARNINGS:
            self._warn(f"further ones in {self.name} are counted, but not listed")

    def close(self) -> None:  # noqa: B027 - most have nothing to let go of
        """Let go of the file or camera; closing twice is harmless."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Thinner:
    """Keeps at most so many frames per second, evenly, by their stamps."""

    def __init__(self, rate: float | None) -> None:
        self._period = 1.0 / rate if rate else 0.0
        self._due: float | None = None

    def keep(self, stamp: float) -> bool:
        """Whether the frame with this stamp (seconds) is to be taken."""
        if self._due is not None and stamp < self._due - 1e-6:
            return False
        # From the plan, not from this frame, so that 25 Hz thinned to 10 Hz stay 10 Hz.
        planned = stamp if self._due is None else self._due
        self._due = max(planned, stamp - self._period) + self._period
        return True
