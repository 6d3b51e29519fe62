# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM at any moment of the start of any program."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mask_detector_ros.resources import find_resource
from support.running_nodes import running_nodes
from support.waiting import TIMEOUT_S, wait_until

pytestmark = pytest.mark.ros

NODES = {
    "detector": "detector.mask_detector_node",
    "patrol": "patrol.patrol_node",
    "announcer": "announcer.announcer_node",
    "image_player": "tools.image_player",
    "recorder": "tools.recorder",
    "patrol_world": "demo.patrol_world",
    "film": "demo.film",
}
COMMANDS = ("detect", "doctor", "demo", "data", "scenarios")
SIGNALS_PER_PROGRAM = 10
LONGEST_S = 2.0
"""The signals are spread over this time, most of them early."""
SLOW_MODULES = ("numpy", "rclpy", "cv2")


def arguments(program: str, folder: Path) -> list[str]:
    """Arguments of Python that start a program which would run for seconds."""
    parameters = {
        "patrol": f"plan:={find_resource('demo/patrol_plan.yaml')}",
        "recorder": f"output:={folder / 'recorded'}",
        "film": f"output:={folder / 'film'}",
        "image_player": "loop:=true",
    }
    if program in NODES:
        given = parameters.get(program)
        extra = ["--ros-args", "-p", given] if given else []
        return ["-m", f"mask_detector_ros.nodes.{NODES[program]}", *extra]
    clip = str(find_resource("demo/patrol.mp4"))
    options = {
        "detect": [clip, "--jsonl", str(folder / "detections.jsonl"), "--quiet"],
        "doctor": ["--topic", "/nowhere"],
        "demo": ["--source", clip, "--out", str(folder / "demo")],
        "data": ["check", str(folder)],
        "scenarios": [],
    }
    return ["-m", "mask_detector_ros", program, *options[program]]


class Program:
    """One program in its own session."""

    def __init__(self, program: str, folder: Path) -> None:
        self._log = folder / "log.txt"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments(program, folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,
            )

    def proc(self, name: str) -> str:
        """A file of /proc about the process; empty once it has ended."""
        try:
            return Path(f"/proc/{self.process.pid}/{name}").read_text(errors="replace")
        except OSError:
            return ""

    def handles_signals(self) -> bool:
        """Whether a handler of SIGTERM is installed: Python itself installs none.

        Raises:
            AssertionError: a module that is slow to import was imported before.
        """
        maps = self.proc("maps")  # read first: what it shows was there before the status is read
        caught = [line for line in self.proc("status").splitlines() if line.startswith("SigCgt")]
        handled = bool(caught) and bool(int(caught[0].split()[1], 16) >> (signal.SIGTERM - 1) & 1)
        slow = [name for name in SLOW_MODULES if f"/{name}/" in maps]
        assert handled or not slow, f"{slow} imported before signals are handled"
        return handled

    def end(self, number: int, delay: float) -> tuple[int, str]:
        """Send a signal ``delay`` seconds after it can be handled; exit code and output."""
        wait_until(self.handles_signals, "a signal handler")
        time.sleep(delay)
        self.process.send_signal(number)
        code = self.process.wait(TIMEOUT_S)
        return code, self._log.read_text(errors="replace")


def session_of(pid: int) -> list[str]:
    """Command lines of the processes that a program has left in its session."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[3]) == pid and fields[0] != "Z":
                found.append((entry.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("program", [*NODES, *COMMANDS])
def test_a_signal_at_any_moment_of_the_start_ends_the_program_quietly(
    program: str, tmp_path: Path
) -> None:
    for index in range(SIGNALS_PER_PROGRAM):
        number = (signal.SIGINT, signal.SIGTERM)[index % 2]
        delay = LONGEST_S * (index / SIGNALS_PER_PROGRAM) ** 2
        folder = tmp_path / str(index)
        folder.mkdir()
        started = Program(program, folder)
        code, output = started.end(number, delay)
        case = f"{program}, {number.name} after {delay:.2f} s, exit code {code}:\n{output}"
        assert "Traceback" not in output and "Exception ignored" not in output, case
        ended = {0} if program in NODES else {128 + number, 130}
        if program in ("data", "doctor"):  # may have reported its result before the signal
            ended |= {0, 1, 2}
        assert code in ended, case
        wait_until(
            lambda pid=started.process.pid: not session_of(pid),  # type: ignore[misc]
            f"the end of all children; {case}",
        )


def test_the_demo_s_nodes_end_with_it_while_they_import(tmp_path: Path) -> None:
    demo, out = Program("demo", tmp_path), tmp_path / "demo"
    wait_until(
        lambda: running_nodes(out) or demo.process.poll() is not None,
        "the first node",
        timeout=2 * TIMEOUT_S,
    )
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(TIMEOUT_S) == 130
    logs = [path.read_text() for path in tmp_path.rglob("*.log")]
    logs.append((tmp_path / "log.txt").read_text())
    assert logs and not any("Traceback" in log for log in logs), logs
    wait_until(lambda: not running_nodes(out), "the end of all nodes")
