# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A worker thread with a slot for the newest frame."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from mask_detector_ros.background_threads import BackgroundThread

T = TypeVar("T")


class FrameWorker(Generic[T]):
    """Processes frames in a worker thread, always the newest one.

    ``offer`` never blocks, and no queue can grow: a frame that is still waiting when a newer one
    arrives is dropped and counted. An exception is reported to ``on_error``, and the next frame
    is processed: it never ends the thread.
    """

    def __init__(self, process: Callable[[T], None], on_error: Callable[[Exception], None]) -> None:
        """Prepare; the thread runs from ``start`` on.

        Args:
            process: processes one frame, in the worker thread.
            on_error: called with an exception of ``process`` or a job, in the worker thread.
        """
        self._process = process
        self._on_error = on_error
        self._condition = threading.Condition()
        self._frame: T | None = None
        self._jobs: list[Callable[[], None]] = []
        self._running = False
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Frames that a newer one replaced before they were processed."""

    def start(self) -> None:
        """Start the thread."""
        self._running = True
        self._thread = BackgroundThread(self._run, "frame_worker")
        self._thread.start()

    def offer(self, frame: T) -> None:
        """Put the newest frame into the slot."""
        with self._condition:
            if self._frame is not None:
                self.dropped += 1
            self._frame = frame
            self._condition.notify()

    def run(self, job: Callable[[], None]) -> None:
        """Run a job in the worker thread, before the next frame; also if ``stop`` follows.

        Not run if the thread was not started or has ended.
        """
        with self._condition:
            self._jobs.append(job)
            self._condition.notify()

    def stop(self, timeout: float = 5.0) -> bool:
        """Finish the frame in progress and the jobs, discard the waiting frame, end the thread.

        Args:
            timeout: seconds to wait for the thread.

        Returns:
            Whether the thread ended in time.
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
        running = True
        while running:
            with self._condition:
                while self._frame is None and not self._jobs and self._running:
                    self._condition.wait()
                work, self._jobs = self._jobs, []
                if self._frame is not None:
                    work.append(partial(self._process, self._frame))
                    self._frame = None
                running = self._running
            for call in work:
                self._call(call)

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # any error: the node must not stop processing frames
            try:
                self._on_error(error)
            except Exception:  # nothing is left to report to
                traceback.print_exc(file=sys.stderr)
