# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs ROS 2 nodes as child processes with log files, and stops them reliably."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mask_detector_ros.resources import find_resource

NODES = "mask_detector_ros.nodes"
FAST_DDS_PROFILE = "config/fastdds_images.xml"
STOP_SIGNAL = signal.SIGTERM
"""Not SIGINT: Python prints a traceback if it arrives while the interpreter itself starts."""
STOP_TIMEOUT_S = 15.0
"""Time between SIGTERM and SIGKILL; long, since the machine may be busy."""
PR_SET_PDEATHSIG = 1
"""Option of prctl(2): the signal a process gets when its parent dies."""


class ProcessError(Exception):
    """A process failed; the message names it, the reason, and the end of its log."""


class Processes:
    """A group of child processes with a log file each; use as a context manager."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        """Create the folder ``logs`` for the log files; no process is started yet."""
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

        Its output goes to its log file; with ``progress``, its standard error stays on this
        terminal.
        """
        with self._log(name).open("w", encoding="utf-8") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=None if progress else subprocess.STDOUT,
                env=self._environment,
                # Ctrl-C reaches only this process, which then stops the children in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def wait_for_line(self, name: str, line: str, timeout: float) -> None:
        """Wait up to ``timeout`` seconds until a process prints a line.

        Raises:
            ProcessError: it ended, another process failed, or the timeout expired.
        """
        deadline = time.monotonic() + timeout
        while line not in self._log(name).read_text(encoding="utf-8").splitlines():
            self.check()
            if self._children[name].poll() is not None or time.monotonic() > deadline:
                raise ProcessError(f"{name} was not ready within {timeout:g} s")
            time.sleep(0.05)

    def wait(self, name: str, timeout: float) -> None:
        """Wait up to ``timeout`` seconds for a process to end by itself.

        Raises:
            ProcessError: it or another process failed, or the timeout expired.
        """
        deadline = time.monotonic() + timeout
        while self._children[name].poll() is None:
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{name} did not end within {timeout:g} s{self._tail(name)}")
            time.sleep(0.05)
        self.check()

    def check(self) -> None:
        """Check that no process has failed.

        Raises:
            ProcessError: a process has failed.
        """
        for name, child in self._children.items():
            code = child.poll()
            if code not in (None, 0):
                raise ProcessError(f"{name} failed with exit code {code}{self._tail(name)}")

    def stop(self, name: str) -> None:
        """Stop a process with SIGTERM, which the nodes handle like Ctrl-C.

        Raises:
            ProcessError: it did not end, or with an error.
        """
        child = self._children[name]
        if child.poll() is None:
            child.send_signal(STOP_SIGNAL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(STOP_TIMEOUT_S)
        if child.returncode is None:
            raise ProcessError(f"{name} did not end within {STOP_TIMEOUT_S:g} s{self._tail(name)}")
        self.check()

    def stop_all(self) -> None:
        """Stop every process with SIGTERM, and kill those that do not end."""
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(STOP_SIGNAL)
        deadline = time.monotonic() + STOP_TIMEOUT_S
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
    """Run in the child: have it stopped if the parent is killed without cleanup."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, STOP_SIGNAL)


def ros_environment() -> dict[str, str]:
    """Environment variables: a random ROS domain on localhost, and shared memory for images."""
    profile = str(find_resource(FAST_DDS_PROFILE))
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(random.randint(1, 100)),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "FASTRTPS_DEFAULT_PROFILES_FILE": profile,
        "FASTDDS_DEFAULT_PROFILES_FILE": profile,
    }


def ros_arguments(
    parameters: dict[str, Any] | None = None, remaps: dict[str, str] | None = None
) -> list[str]:
    """Command line arguments that set a node's parameters and remap its names."""
    arguments = ["--ros-args"]
    for name, value in (parameters or {}).items():
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    for name, target in (remaps or {}).items():
        arguments += ["-r", f"{name}:={target}"]
    return arguments
