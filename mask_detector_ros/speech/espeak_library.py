# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speech from the espeak-ng library, where the program espeak-ng is missing.

The library is the system's (libespeak-ng1) or that of the PyPI package espeakng-loader.

Run as a separate program, ``python -m mask_detector_ros.speech.espeak_library``: the library
changes state of its process, and its license is the GPL-3. It reads the text from standard
input and writes the speech to a WAV file.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import sys
import wave
from pathlib import Path
from typing import Any

PACKAGE = "espeakng_loader"
SYSTEM = tuple(f"{folder}/libespeak-ng.so.1" for folder in ("lib/*", "lib", "lib64", "local/lib"))
"""Places below /usr. ``ctypes.util.find_library`` is not used: it would run a compiler."""

# Constants of speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 1 << 15
POS_CHARACTER = 1
CHARS_UTF8, END_PAUSE = 1, 0x1000
PARAMETER_RATE, PARAMETER_VOLUME = 1, 2
EE_OK = 0
MIN_RATE, MAX_RATE = 80, 450
"""Words per minute."""


class LibraryError(Exception):
    """Speech synthesis failed; the message says why."""


class Voice(ctypes.Structure):
    """``espeak_VOICE``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def synthesize(text: str, voice: str, rate: int, volume: int) -> tuple[bytes, int]:
    """Synthesize speech. Changes the working directory of the process.

    Args:
        text: what to speak.
        voice: name or language of the voice.
        rate: words per minute.
        volume: 0 to 200; 100 is the engine's default.

    Returns:
        16-bit mono samples, and the sample rate in Hz.

    Raises:
        LibraryError: there is no library or no such voice, or synthesis failed.
    """
    library, sample_rate = _start()
    _choose_voice(library, voice)
    library.espeak_SetParameter(PARAMETER_RATE, rate, 0)
    library.espeak_SetParameter(PARAMETER_VOLUME, volume, 0)
    samples = bytearray()

    @CALLBACK
    def collect(wave_data: Any, count: int, events: Any) -> int:
        if wave_data and count > 0:
            samples.extend(ctypes.string_at(wave_data, 2 * count))
        return 0

    library.espeak_SetSynthCallback(collect)
    content = text.encode()
    flags = CHARS_UTF8 | END_PAUSE
    size = ctypes.c_size_t(len(content) + 1)
    status = library.espeak_Synth(content, size, 0, POS_CHARACTER, 0, flags, None, None)
    if status != EE_OK or library.espeak_Synchronize() != EE_OK:
        raise LibraryError(f"the library failed to speak (status {status})")
    if not samples:
        raise LibraryError("the library made no sound for the text")
    return bytes(samples), sample_rate


def is_installed() -> bool:
    """Whether a library is installed; loads nothing."""
    return importlib.util.find_spec(PACKAGE) is not None or bool(_system_library())


def _system_library() -> str:
    return next((str(path) for pattern in SYSTEM for path in Path("/usr").glob(pattern)), "")


def _start() -> tuple[ctypes.CDLL, int]:
    data: bytes | None = None
    try:
        import espeakng_loader

        path = espeakng_loader.get_library_path()
        # The library truncates paths at 160 characters, and those of virtual environments
        # are often longer; relative to the working directory the path is short.
        os.chdir(Path(path).parent)
        data = b"."
    except ImportError:
        path = _system_library()
    if not path:
        raise LibraryError("the espeak-ng library is not installed; pip install espeakng-loader")
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise LibraryError(f"the library does not load: {error}") from error
    sample_rate = library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, INITIALIZE_DONT_EXIT)
    if sample_rate <= 0:
        raise LibraryError("the library does not find its data")
    return library, sample_rate


def _choose_voice(library: ctypes.CDLL, voice: str) -> None:
    """Select a voice by its name or its language, as the program espeak-ng does."""
    if library.espeak_SetVoiceByName(voice.encode()) == EE_OK:
        return
    properties = Voice(languages=voice.encode())
    if library.espeak_SetVoiceByProperties(ctypes.byref(properties)) != EE_OK:
        raise LibraryError(f"there is no voice {voice!r}")


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the program; the exit code."""
    parser = argparse.ArgumentParser(prog="espeak_library", description=__doc__)
    parser.add_argument("--voice", required=True)
    parser.add_argument("--rate", type=int, default=150, help="words per minute")
    parser.add_argument("--volume", type=int, default=100, help="0 to 200")
    parser.add_argument("--wav", type=Path, required=True)
    options = parser.parse_args(arguments)
    text = sys.stdin.buffer.read().decode("utf-8", "replace").replace("\0", " ")
    target = options.wav.absolute()
    rate = min(max(options.rate, MIN_RATE), MAX_RATE)
    try:
        samples, sample_rate = synthesize(text, options.voice, rate, options.volume)
        with wave.open(str(target), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(sample_rate)
            file.writeframes(samples)
    except (LibraryError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
