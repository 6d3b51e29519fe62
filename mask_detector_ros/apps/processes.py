# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes as one: started together, ended together, nobody left behind."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

PATIENCE = 5.0
"""Seconds between asking a process to end and ending it."""
PR_SET_PDEATHSIG = 1


class ProcessError(Exception):
    """A process failed; the message says which, how, and the end of its log."""


class Processes:
    """A group of child processes with a log file each; use as a context manager."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        """Prepare; ``logs`` is the folder of the log files."""
        self._logs = logs
        self._environment = environment
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def start(self, name: str, module: str, *arguments: str, progress: bool = False) -> None:
        """Start ``python -m module``.

        Its output goes to its log file, except that with ``progress`` stderr stays on this
        terminal.
        """
        with self._log(name).open("w", encoding="utf-8") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=None if progress else subprocess.STDOUT,
                env=self._environment,
                # Ctrl-C reaches this process alone, which then ends the others in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def wait_for_line(self, name: str, line: str, timeout: float) -> None:
        """Wait until a process prints a line.

        Raises:
            ProcessError: it ended, or another process did, or time was out (seconds).
        """
        deadline = time.monotonic() + timeout
        while line not in self._log(name).read_text(encoding="utf-8").splitlines():
            self.check()
            if self._children[name].poll() is not None or time.monotonic() > deadline:
                raise ProcessError(f"{name} did not get ready within {timeout:g} s")
            time.sleep(0.05)

    def wait(self, name: str, timeout: float) -> None:
        """Wait for a process to end by itself.

        Raises:
            ProcessError: it or another failed, or time was out (seconds).
        """
        deadline = time.monotonic() + timeout
        while self._children[name].poll() is None:
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{name} did not end within {timeout:g} s{self._tail(name)}")
            time.sleep(0.05)
        self.check()

    def check(self) -> None:
        """See that no process has failed.

        Raises:
            ProcessError: one has.
        """
        for name, child in self._children.items():
            code = child.poll()
            if code not in (None, 0):
                raise ProcessError(f"{name} failed with exit code {code}{self._tail(name)}")

    def stop(self, name: str) -> None:
        """End a process as Ctrl-C would.

        Raises:
            ProcessError: it did not end, or not cleanly.
        """
        child = self._children[name]
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(PATIENCE)
        if child.returncode is None:
            raise ProcessError(f"{name} did not end within {PATIENCE:g} s{self._tail(name)}")
        self.check()

    def stop_all(self) -> None:
        """End every process, gently first; by force whoever does not listen."""
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return "".join(f"\n  {name}: {line}" for line in lines[-10:])


def _die_with_parent() -> None:
    """Run in the child: be told to end when the parent is killed without a chance to tidy."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


@contextlib.contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM and a closed terminal as Ctrl-C, so that they tidy up as well.

    Ctrl-C itself, too: shells start background jobs with it ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    asking = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, interrupt) for number in asking}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
