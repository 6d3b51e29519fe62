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
from types import CodeType, FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AGAIN_AFTER_S = 0.05
"""Delay after which a signal is sent again whose exception was lost."""
DROPPING = {"__del__", "__eq__", "__getattr__", "__getattribute__", "__hash__", "__len__"}
"""Methods that C code calls and whose exceptions it may drop: numpy looks up attributes so."""
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

    Exceptions that are raised in a destructor, or in a function that C code calls, may be dropped:
    the signal is then sent again, until it is noticed.
    """
    stack = list(_codes(frame))
    if any(code.co_filename.startswith("<frozen importlib") for code in stack):
        _end(EXIT_CODE_BASE + number, "interrupted")
    if any(code.co_name in DROPPING for code in stack):
        _send_again(number)
        return
    sys.unraisablehook = _on_dropped
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


def _codes(frame: FrameType | None) -> Iterator[CodeType]:
    """The code of each call in the stack; Python's import system has files of its own."""
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


def _on_dropped(dropped: sys.UnraisableHookArgs) -> None:
    """Hook for exceptions that Python drops."""
    if isinstance(dropped.exc_value, Interrupted):
        _send_again(dropped.exc_value.signal)
    else:
        sys.__unraisablehook__(dropped)


def _send_again(number: int) -> None:
    """Send a signal to the main thread a little later."""
    main = threading.main_thread().ident
    again = threading.Timer(AGAIN_AFTER_S, signal.pthread_kill, (main, number))
    again.daemon = True
    again.start()


def _end(exit_code: int, message: str) -> None:
    if message:
        os.write(2, f"{message}\n".encode())
    os._exit(exit_code)
