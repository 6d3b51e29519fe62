# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM while a process starts: it ends at once, without a traceback.

Imports take up to a few seconds. A KeyboardInterrupt raised in the middle of them prints a
traceback, or is lost where C code calls back into Python. This module imports nothing slow, so that
it can be imported first.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AGAIN_AFTER_S = 0.05
"""Delay after which a signal is sent again whose exception was lost."""
EXIT_CODE_BASE = 128
"""Exit code of a process that a signal ended: this plus the signal, as in shells."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number
        self.exit_code = EXIT_CODE_BASE + number


def end_on_signals(exit_code: int | None = None, message: str = "") -> None:
    """End the process at the first SIGINT or SIGTERM, until other handlers are installed.

    Args:
        exit_code: None for 128 + signal.
        message: printed on standard error.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        _end(EXIT_CODE_BASE + number if exit_code is None else exit_code, message)

    for number in _not_ignored():
        signal.signal(number, end)


def ignore_signals() -> None:
    """Ignore SIGINT and SIGTERM while the process exits.

    Python resets other handlers to the default, which would kill the process with an error.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def raise_interrupted(number: int, frame: FrameType | None) -> None:
    """Signal handler: raise ``Interrupted``; end the process if it is importing a module.

    Python drops exceptions that are raised in a destructor, or in a function that C code calls:
    the signal is then sent again, until it is noticed.
    """
    if _is_importing(frame):
        _end(EXIT_CODE_BASE + number, "interrupted")
    sys.unraisablehook = _send_again
    raise Interrupted(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise ``Interrupted`` at SIGINT and SIGTERM within the block, in the main thread.

    A signal that the process ignores from its start, such as SIGINT in a background job of a
    script, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, raise_interrupted) for number in _not_ignored()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def module_run() -> str:
    """The module of ``python -m module``, if this process was started so; else empty."""
    options = sys.orig_argv
    return "".join(options[options.index("-m") + 1 :][:1]) if "-m" in options else ""


def _not_ignored() -> list[signal.Signals]:
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a call in the stack belongs to Python's import system."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _send_again(lost: sys.UnraisableHookArgs) -> None:
    """Hook for exceptions that Python drops."""
    if not isinstance(lost.exc_value, Interrupted):
        sys.__unraisablehook__(lost)
        return
    main, number = threading.main_thread().ident, lost.exc_value.signal
    again = threading.Timer(AGAIN_AFTER_S, signal.pthread_kill, (main, number))
    again.daemon = True
    again.start()


def _end(exit_code: int, message: str) -> None:
    if message:
        os.write(2, f"{message}\n".encode())
    os._exit(exit_code)
