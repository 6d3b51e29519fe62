# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Handling of Ctrl-C and termination signals by long-running commands."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from mask_detector_ros.early_signals import EXIT_CODE_BASE, raise_interrupted


class StopRequest:
    """A context in which the first SIGINT or SIGTERM only sets a flag.

    The command checks the flag and finishes its present step. A second signal raises
    ``Interrupted``.
    """

    def __init__(self, on_stop: Callable[[], None] | None = None) -> None:
        """Prepare; ``on_stop`` is called in the signal handler, at the first signal."""
        self._on_stop = on_stop
        self.signal: int | None = None
        """Number of the signal that was received; None before."""
        self._previous: dict[int, object] = {}

    def __bool__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """Exit code by the convention of shells: 128 + signal, 130 after Ctrl-C."""
        return EXIT_CODE_BASE + (self.signal or 0)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise_interrupted(number, frame)
        self.signal = number
        if self._on_stop is not None:
            self._on_stop()

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


@contextlib.contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Raise ``Interrupted`` for SIGINT, SIGTERM and a closed terminal, so that cleanup runs.

    SIGINT is handled even where it is ignored: shells start background jobs so.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, raise_interrupted) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
