# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a camera on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.sources.base import Frame, Source, SourceError, Warn

PATIENCE = 5.0
"""Seconds without a frame after which a camera is given up."""


class WebcamSource(Source):
    """A camera, until it is closed or unplugged. Stamps are seconds since the first frame."""

    def __init__(
        self, name: str, camera: str, rate: float | None = None, warn: Warn | None = None
    ) -> None:
        """Open the camera.

        Args:
            name: the source as it was given.
            camera: its number, or its device such as ``/dev/video2``.
            rate: frames per second to ask the camera for.
            warn: as with other sources; unused.

        Raises:
            SourceError: it cannot be opened.
        """
        super().__init__(name, [], warn)
        device = Path(f"/dev/video{camera}" if camera.isdecimal() else camera)
        if os.name == "posix" and Path("/dev").is_dir():
            _check(name, device)
        self._capture = cv2.VideoCapture(int(camera) if camera.isdecimal() else camera)
        if not self._capture.isOpened():
            raise SourceError(
                f"{name} ({device}) cannot be opened; another program may be using it"
            )
        # One frame at most waits in the driver, so that what is shown is now.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if rate is not None:
            self._capture.set(cv2.CAP_PROP_FPS, rate)
        told = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.rate = told if 0.0 < told <= 1000.0 else rate
        self._started: float | None = None
        self._index = 0

    def __iter__(self) -> Iterator[Frame]:
        last = time.monotonic()
        while self._capture.isOpened():
            read, image = self._capture.read()
            now = time.monotonic()
            if not read:
                if now - last > PATIENCE:
                    raise SourceError(
                        f"{self.name} delivers no frames any more; is it still plugged in?"
                    )
                time.sleep(0.02)
                continue
            last = now
            if self._started is None:
                self._started = now
            yield Frame(np.asarray(image), now - self._started, self._index, self.name)
            self._index += 1
            last = time.monotonic()  # however long the frame was worked on

    def close(self) -> None:
        """See ``Source.close``."""
        self._capture.release()


def _check(name: str, device: Path) -> None:
    if not device.exists():
        present = sorted(str(path) for path in Path("/dev").glob("video*"))
        there = f"there are {', '.join(present)}" if present else "no camera is connected"
        raise SourceError(f"{name} ({device}) does not exist; {there}")
    if not os.access(device, os.R_OK | os.W_OK):
        raise SourceError(
            f"{name} ({device}) may not be used by this user; joining the group that owns it "
            "(often 'video') allows it"
        )
