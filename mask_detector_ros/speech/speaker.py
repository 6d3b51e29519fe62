# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One line said or recorded by an engine, in a process that is watched and ended in time."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mask_detector_ros.atomic_files import partial
from mask_detector_ros.speech.engines import Engine, EngineError, Template
from mask_detector_ros.speech.phrases import Line

ATTENTION = 0.02
"""Seconds between looks at whether the engine is done, or is to stop."""
TAIL = 2000
"""Bytes of what the engine complained about that are kept."""
WAV_HEADER = 44
# espeak-ng ends with 0 although it could not write or play; only these words tell.
COMPLAINT = re.compile(r"^(error\b|can't\b).*", re.IGNORECASE | re.MULTILINE)


class SpeechError(Exception):
    """A line was not said or recorded; the message says why."""


class Cut(Exception):  # noqa: N818 - wanted by whoever cuts it off, so no error
    """A line was cut off because it is no longer wanted."""


@dataclass(frozen=True)
class Manner:
    """How to speak.

    Attributes:
        rate: words per minute.
        volume: 0 to 200, 100 being the engine's own.
        timeout: seconds after which an engine hangs.
    """

    rate: int = 150
    volume: int = 100
    timeout: float = 20.0


def say(
    line: Line,
    engine: Engine,
    manner: Manner,
    *,
    aloud: bool,
    wav: Path | None,
    wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Say a line, record it, or both; the recording comes first and stays if playing fails.

    Does what the engine can do before it complains of what it cannot.

    Args:
        line: what to say.
        engine: what to say it with.
        manner: how to say it.
        aloud: whether it is to be heard.
        wav: where to record it; None for nowhere. The file appears when it is whole.
        wanted: asked all the time; once it says no, the engine is ended.

    Raises:
        EngineError: the engine cannot do all of this.
        SpeechError: it failed or hung, or the file cannot be written.
        Cut: ``wanted`` said no.
    """
    with tempfile.TemporaryDirectory(prefix="speech_") as folder:
        target = (wav or Path(folder) / "line.wav").absolute()
        values = {
            "text": line.text,
            "voice": line.voice,
            "rate": str(manner.rate),
            "volume": str(manner.volume),
            "wav": str(target),
        }
        to_be_played = aloud and engine.speak is None and engine.play is not None
        if engine.record is not None and (wav is not None or to_be_played):
            _record(engine.record, values, target, manner.timeout, wanted)
        sounding = engine.speak or engine.play
        if aloud and sounding is not None:
            _run(sounding, values, manner.timeout, wanted)
    lack = engine.lack(aloud, wav is not None)
    if lack:
        raise EngineError(lack)


def _record(
    template: Template,
    values: Mapping[str, str],
    target: Path,
    timeout: float,
    wanted: Callable[[], bool],
) -> None:
    unfinished = partial(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _run(template, {**values, "wav": str(unfinished)}, timeout, wanted)
        if not unfinished.exists():
            raise SpeechError(f"{template.program} wrote no WAV file")
        with unfinished.open("rb") as file:
            start = file.read(WAV_HEADER + 1)
        if not start.startswith(b"RIFF") or len(start) <= WAV_HEADER:
            raise SpeechError(f"{template.program} wrote a file without sound")
        unfinished.replace(target)
    except OSError as error:
        raise SpeechError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        if unfinished.parent.is_dir():
            unfinished.unlink(missing_ok=True)


def _run(
    template: Template, values: Mapping[str, str], timeout: float, wanted: Callable[[], bool]
) -> None:
    """Run a command to its end; the text is on its standard input unless it has {text}."""
    command, name = template.fill(values), Path(template.program).name
    # Files, not pipes: neither a deaf nor a talkative program can block us.
    with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as complaints:
        if not template.has("text"):
            text.write(values["text"].encode())
            text.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=text,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                # A group of its own, which can be ended with all its children, and which
                # Ctrl-C in the terminal does not reach.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SpeechError(f"{name} does not start: {error}") from error
        try:
            _wait(process, name, timeout, wanted)
        finally:
            _end(process)
        words = _tail(complaints)
    complaint = COMPLAINT.search(words)
    if process.returncode != 0:
        raise SpeechError(f"{name} failed with exit code {process.returncode}: {_last(words)}")
    if complaint is not None:
        raise SpeechError(f"{name} failed: {complaint.group(0).strip()}{_sound_hint(words)}")


def _wait(
    process: subprocess.Popen[bytes], name: str, timeout: float, wanted: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + timeout
    while process.poll() is None:
        if not wanted():
            raise Cut
        if time.monotonic() > deadline:
            raise SpeechError(f"{name} did not end within {timeout:g} s and was ended")
        time.sleep(ATTENTION)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all its children, if it has not ended by itself."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(complaints: IO[bytes]) -> str:
    size = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, size - TAIL))
    return complaints.read().decode("utf-8", "replace")


def _last(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _sound_hint(words: str) -> str:
    return " (is there a sound card?)" if "ALSA" in words or "pulse" in words.lower() else ""
