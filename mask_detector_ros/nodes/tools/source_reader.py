# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a source in a thread, so that a camera that gives no frames does not block a node."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from mask_detector_ros.background_threads import BackgroundThread
from mask_detector_ros.sources import Frame, Source, SourceError
from mask_detector_ros.sources.base import reason

AHEAD = 2
"""Frames that are read before they are asked for."""


class SourceReader:
    """Frames of a source, opened and read in a thread.

    Cameras and streams give their newest frame; files wait until their frames are taken.
    """

    def __init__(self, open_source: Callable[[], Source], loop: bool = False) -> None:
        """Start the thread.

        Args:
            open_source: opens the source; called again for each repetition.
            loop: start again at the end of the source, unless it had no frame.
        """
        self._open = open_source
        self._loop = loop
        self._changed = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._source: Source | None = None
        self._stopped = False
        self._ended = False
        self._skipped = 0
        self.error = ""
        """Why the source could not be opened, or not be read to its end; else empty."""
        self.opened = False
        """Whether the source is open, so that ``rate`` is known."""
        self.rate: float | None = None
        """Frames per second of the source; None if unknown."""
        self._thread = BackgroundThread(self._run, "source_reader")
        self._thread.start()

    @property
    def skipped(self) -> int:
        """Frames that could not be read so far."""
        return self._skipped + (self._source.skipped if self._source is not None else 0)

    def poll(self) -> Frame | None:
        """The next frame, or None if there is none yet or the source has ended."""
        with self._changed:
            frame = self._frames.popleft() if self._frames else None
            self._changed.notify_all()
        return frame

    @property
    def finished(self) -> bool:
        """Whether all frames have been taken."""
        with self._changed:
            return self._ended and not self._frames

    def close(self) -> None:
        """End the thread. It is a daemon: a source that does not return in time is left behind."""
        self._stopped = True
        if self._source is None:  # it may still wait for a connection
            return
        self._source.stop()
        self._thread.join(timeout=2.0)
        if not self._thread.is_alive():
            self._source.close()

    def _run(self) -> None:
        try:
            while self._read_once() and self._loop and not self._stopped:
                pass
        except SourceError as error:
            self.error = str(error)
        except Exception as error:  # from a library; passed on to the thread that polls
            name = self._source.name if self._source is not None else "the source"
            self.error = f"{name} cannot be read: {reason(error)}"
        with self._changed:
            self._ended = True

    def _read_once(self) -> bool:
        """Read the source from its beginning to its end; whether it had a frame."""
        if self._source is not None:
            self._skipped += self._source.skipped
            self._source.close()
        source = self._source = self._open()
        self.rate, self.opened = source.rate, True
        live = not source.files
        read = False
        for frame in source:
            read = True
            with self._changed:
                while not live and len(self._frames) >= AHEAD and not self._stopped:
                    self._changed.wait(0.1)
                if live:
                    self._frames.clear()
                self._frames.append(frame)
            if self._stopped:
                break
        return read
