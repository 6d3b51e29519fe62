# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speaks and records one phrase with a speech engine, which runs as a child process."""

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

from mask_detector_ros.atomic_files import temporary_path
from mask_detector_ros.speech.engines import CommandTemplate, Engine, EngineError
from mask_detector_ros.speech.phrases import Phrase

POLL_PERIOD_S = 0.02
"""How often to check whether the engine has ended or has to be stopped."""
MAX_STDERR_BYTES = 2000
"""How much of the end of the engine's error output is read."""
WAV_HEADER_BYTES = 44
# espeak-ng exits with 0 even if it could not write or play; only its error output shows it.
ERROR_LINE = re.compile(r"^(error\b|can't\b).*", re.IGNORECASE | re.MULTILINE)


class SpeechError(Exception):
    """A phrase was not spoken or recorded; the message says why."""


class SpeechInterrupted(Exception):  # noqa: N818 - requested by the caller, not an error
    """Speech was stopped because the caller asked for it."""


@dataclass(frozen=True)
class SpeechParameters:
    """How to speak.

    Attributes:
        rate: words per minute.
        volume: 0 to 200; 100 is the engine's default.
        timeout: seconds after which the engine is killed.
    """

    rate: int = 150
    volume: int = 100
    timeout: float = 20.0


def speak(
    phrase: Phrase,
    engine: Engine,
    parameters: SpeechParameters,
    *,
    aloud: bool,
    wav: Path | None,
    should_continue: Callable[[], bool] = lambda: True,
) -> None:
    """Speak a phrase, record it, or both; the recording is kept if playing fails.

    If the engine supports only one of speaking and recording, that one is done before
    EngineError is raised.

    Args:
        phrase: what to speak.
        engine: the engine to use.
        parameters: rate, volume and time limit.
        aloud: whether to play the speech.
        wav: file to record to, or None. It appears only when it is complete.
        should_continue: polled while the engine runs; once False, the engine is killed.

    Raises:
        EngineError: the engine cannot do all of this.
        SpeechError: the engine failed or hung, or the file cannot be written.
        SpeechInterrupted: ``should_continue`` returned False.
    """
    with tempfile.TemporaryDirectory(prefix="speech_") as folder:
        target = (wav or Path(folder) / "phrase.wav").absolute()
        values = {
            "text": phrase.text,
            "voice": phrase.voice,
            "rate": str(parameters.rate),
            "volume": str(parameters.volume),
            "wav": str(target),
        }
        play_recording = aloud and engine.speak is None and engine.play is not None
        if engine.record is not None and (wav is not None or play_recording):
            _record(engine.record, values, target, parameters.timeout, should_continue)
        audible = engine.speak or engine.play
        if aloud and audible is not None:
            _run(audible, values, parameters.timeout, should_continue)
    missing = engine.missing_dependency(aloud, wav is not None)
    if missing:
        raise EngineError(missing)


def _record(
    template: CommandTemplate,
    values: Mapping[str, str],
    target: Path,
    timeout: float,
    should_continue: Callable[[], bool],
) -> None:
    unfinished = temporary_path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _run(template, {**values, "wav": str(unfinished)}, timeout, should_continue)
        if not unfinished.exists():
            raise SpeechError(f"{template.program} wrote no WAV file")
        with unfinished.open("rb") as file:
            start = file.read(WAV_HEADER_BYTES + 1)
        if not start.startswith(b"RIFF") or len(start) <= WAV_HEADER_BYTES:
            raise SpeechError(f"{template.program} wrote a file without sound")
        unfinished.replace(target)
    except OSError as error:
        raise SpeechError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        if unfinished.parent.is_dir():
            unfinished.unlink(missing_ok=True)


def _run(
    template: CommandTemplate,
    values: Mapping[str, str],
    timeout: float,
    should_continue: Callable[[], bool],
) -> None:
    """Run a command to its end; the text is on its standard input unless it has {text}."""
    command, name = template.fill(values), Path(template.program).name
    # Files, not pipes: a program that reads nothing or writes much cannot block this one.
    with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as errors:
        if not template.has("text"):
            text.write(values["text"].encode())
            text.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=text,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # A separate process group: it can be killed with all its children, and
                # Ctrl-C in the terminal does not reach it.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SpeechError(f"{name} does not start: {error}") from error
        try:
            _wait(process, name, timeout, should_continue)
        finally:
            _kill(process)
        output = _tail(errors)
    error_line = ERROR_LINE.search(output)
    if process.returncode != 0:
        raise SpeechError(
            f"{name} failed with exit code {process.returncode}: {_last_line(output)}"
        )
    if error_line is not None:
        raise SpeechError(f"{name} failed: {error_line.group(0).strip()}{_sound_hint(output)}")


def _wait(
    process: subprocess.Popen[bytes], name: str, timeout: float, should_continue: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + timeout
    while process.poll() is None:
        if not should_continue():
            raise SpeechInterrupted
        if time.monotonic() > deadline:
            raise SpeechError(f"{name} did not end within {timeout:g} s and was killed")
        time.sleep(POLL_PERIOD_S)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its children if it still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - MAX_STDERR_BYTES))
    return errors.read().decode("utf-8", "replace")


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no error output"


def _sound_hint(output: str) -> str:
    return " (is there a sound card?)" if "ALSA" in output or "pulse" in output.lower() else ""
