# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A slot for the newest frame, and the one thread that works on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FrameWorker(Generic[T]):
    """Hands frames to a worker thread, newest first; what it has no time for is dropped.

    ``offer`` never blocks and nothing queues up. A failure in the work is reported and the
    next frame tried: the thread never dies silently.
    """

    def __init__(self, work: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            work: handles one frame, in the worker thread.
            failed: told of an exception that came out of ``work``, in the worker thread.
        """
        self._work = work
        self._failed = failed
        self._condition = threading.Condition()
        self._frame: T | None = None
        self._running = False
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Frames that were replaced by a newer one before they were worked on."""

    def start(self) -> None:
        """Start the thread."""
        self._running = True
        self._thread = threading.Thread(target=self._run, name="frame_worker", daemon=True)
        self._thread.start()

    def offer(self, frame: T) -> None:
        """Put the newest frame into the slot."""
        with self._condition:
            if self._frame is not None:
                self.dropped += 1
            self._frame = frame
            self._condition.notify()

    def stop(self, timeout: float = 5.0) -> bool:
        """End after the frame at work; the waiting one is given up.

        Returns:
            False if the work did not end in time (seconds).
        """
        with self._condition:
            self._running = False
            self._frame = None
            self._condition.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._frame is None and self._running:
                    self._condition.wait()
                if not self._running:
                    return
                frame, self._frame = self._frame, None
            try:
                self._work(frame)  # type: ignore[arg-type]
            except Exception as error:  # whatever it is, the robot must not go blind
                self._failed(error)
