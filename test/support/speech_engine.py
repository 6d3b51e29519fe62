# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speech engines for tests: one writes WAV files whose length depends on the text, one hangs."""

from __future__ import annotations

import shlex
import sys
import time
import wave
from pathlib import Path

from support.waiting import TIMEOUT_S

SAMPLES_PER_CHARACTER = 100

PROGRAM = """\
import json, pathlib, sys, wave
wav, log, *rest = sys.argv[1:]
text = rest[0] if rest else sys.stdin.buffer.read().decode()
with wave.open(wav, "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(bytes(2 * 100 * len(text)))
with pathlib.Path(log).open("a", encoding="utf-8") as file:
    file.write(text + chr(10))
"""


def engine_command(folder: Path, arguments: str = "") -> str:
    """Command template of the engine; it appends each text to ``folder / "spoken"``."""
    program = folder / "engine.py"
    program.write_text(PROGRAM, encoding="utf-8")
    return f"{python(program)} {{wav}} {shlex.quote(str(folder / 'spoken'))} {arguments}"


def python(program: Path) -> str:
    """Command that runs a program with this Python."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(program))}"


def hanging_command(folder: Path) -> str:
    """Command template of an engine that never ends, with a child that never ends.

    It appends the process ids of both to ``folder / "pids"``.
    """
    program = folder / "hanging.sh"
    program.write_text("trap '' TERM\nsleep 600 &\necho $$ $! >> \"$1\"\nwait\n")
    return f"sh {shlex.quote(str(program))} {shlex.quote(str(folder / 'pids'))}"


def running(folder: Path) -> list[int]:
    """Process ids of the hanging engine that are still running."""
    file = folder / "pids"
    pids = [int(word) for word in file.read_text().split()] if file.exists() else []
    return [pid for pid in pids if state(pid) not in ("", "Z", "X")]


def ended(folder: Path) -> bool:
    """Whether the hanging engine was started and ends."""
    deadline = time.monotonic() + TIMEOUT_S
    while running(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    return (folder / "pids").exists() and not running(folder)


def state(pid: int) -> str:
    """State letter of a process as in ``ps``; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it may end meanwhile
        return ""


def samples(path: Path) -> int:
    """Number of samples in a WAV file."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes()
