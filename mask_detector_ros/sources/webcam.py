# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a camera connected to this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.sources.base import Frame, Source, SourceError, Warn

FRAME_TIMEOUT_S = 5.0
"""Time without a frame after which the camera counts as lost."""


class WebcamSource(Source):
    """A camera. Ends when it is closed or unplugged; stamps are seconds since the first frame."""

    def __init__(
        self, name: str, camera: str, rate: float | None = None, warn: Warn | None = None
    ) -> None:
        """Open the camera.

        Args:
            name: the source as given by the user.
            camera: number of the camera, or its device such as ``/dev/video2``.
            rate: frames per second to set the camera to.
            warn: as in other sources; never called.

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
        # At most one frame waits in the driver, so that every frame is recent.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if rate is not None:
            self._capture.set(cv2.CAP_PROP_FPS, rate)
        reported = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.rate = reported if 0.0 < reported <= 1000.0 else rate
        self._stopped = False
        self._started: float | None = None
        self._index = 0

    def __iter__(self) -> Iterator[Frame]:
        last = time.monotonic()
        while self._capture.isOpened() and not self._stopped:
            read, image = self._capture.read()
            now = time.monotonic()
            if not read:
                if now - last > FRAME_TIMEOUT_S:
                    raise SourceError(
                        f"{self.name} has stopped delivering frames; is it still plugged in?"
                    )
                time.sleep(0.02)
                continue
            last = now
            if self._started is None:
                self._started = now
            yield Frame(np.asarray(image), now - self._started, self._index, self.name)
            self._index += 1
            last = time.monotonic()  # processing time of the frame does not count

    def stop(self) -> None:
        """See ``Source.stop``."""
        self._stopped = True

    def close(self) -> None:
        """See ``Source.close``."""
        self._capture.release()


def _check(name: str, device: Path) -> None:
    if not device.exists():
        present = sorted(str(path) for path in Path("/dev").glob("video*"))
        available = f"available: {', '.join(present)}" if present else "no camera is connected"
        raise SourceError(f"{name} ({device}) does not exist; {available}")
    if not os.access(device, os.R_OK | os.W_OK):
        raise SourceError(
            f"{name} ({device}) cannot be accessed by this user; add the user to the group of "
            "the device (often 'video')"
        )
