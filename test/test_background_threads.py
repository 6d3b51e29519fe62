# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The end of a process while one of its threads is still inside a library."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import atexit, sys, time
from mask_detector_ros.background_threads import BackgroundThread, end_process
atexit.register(print, "ended by Python")
thread = BackgroundThread(lambda: time.sleep({seconds}), "reader")
thread.start()
thread.join({wait})
print("done")
sys.exit(end_process(3))
"""


def run(seconds: float, wait: float) -> str:
    """The output of a program whose thread takes this long, and is waited for this long."""
    program = PROGRAM.format(seconds=seconds, wait=wait)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3, done.stderr
    return done.stdout


def test_a_running_thread_does_not_hold_the_process_nor_its_output() -> None:
    assert run(seconds=600, wait=0) == "done\n"


def test_without_a_running_thread_python_ends_the_process_itself() -> None:
    assert run(seconds=0, wait=60) == "done\nended by Python\n"
