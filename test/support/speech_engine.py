# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An engine for tests: a program that writes WAV files of a length that depends on the text."""

from __future__ import annotations

import shlex
import sys
import time
import wave
from pathlib import Path

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
    """Command template of the engine, which logs what it says in ``folder / "heard"``."""
    program = folder / "engine.py"
    program.write_text(PROGRAM, encoding="utf-8")
    return f"{python(program)} {{wav}} {shlex.quote(str(folder / 'heard'))} {arguments}"


def python(program: Path) -> str:
    """Runs a program with this Python."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(program))}"


def hanging_command(folder: Path) -> str:
    """Command template of an engine that never ends, and neither does its child.

    It writes the process ids of both into ``folder / "pids"``.
    """
    program = folder / "hanging.sh"
    program.write_text("trap '' TERM\nsleep 600 &\necho $$ $! >> \"$1\"\nwait\n")
    return f"sh {shlex.quote(str(program))} {shlex.quote(str(folder / 'pids'))}"


def running(folder: Path) -> list[int]:
    """Process ids of a hanging engine that still run."""
    file = folder / "pids"
    pids = [int(word) for word in file.read_text().split()] if file.exists() else []
    return [pid for pid in pids if state(pid) not in ("", "Z", "X")]


def ended(folder: Path) -> bool:
    """Whether a hanging engine was there and is gone, with a moment for the kernel."""
    deadline = time.monotonic() + 5
    while running(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    return (folder / "pids").exists() and not running(folder)


def state(pid: int) -> str:
    """State letter of a process as in ``ps``; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
        return ""


def samples(path: Path) -> int:
    """How many samples a WAV file has."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes()
