# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Phrases spoken and recorded by real programs, including programs that fail or hang."""

from __future__ import annotations

import os
import shutil
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.resources import find_resource
from mask_detector_ros.speech import espeak_library
from mask_detector_ros.speech.engines import (
    AUTO,
    COMMAND,
    ESPEAK,
    LIBRARY,
    NONE,
    CommandTemplate,
    Engine,
    EngineError,
    TemplateError,
    find_engine,
)
from mask_detector_ros.speech.phrases import Phrase, load_languages
from mask_detector_ros.speech.speaker import (
    SpeechError,
    SpeechInterrupted,
    SpeechParameters,
    speak,
)
from support.optional import optional
from support.speech_engine import (
    SAMPLES_PER_CHARACTER,
    ended,
    engine_command,
    hanging_command,
    python,
    samples,
)
from support.waiting import TIMEOUT_S

PARAMETERS = SpeechParameters(timeout=TIMEOUT_S)
"""With time for the engines to start on a busy machine."""
HELLO = Phrase("en", "en", "Please cover your nose.")
SILENT_PLAYER = "true {wav}"


def command_engine(command: str, player: str = SILENT_PLAYER) -> Engine:
    engine = find_engine(COMMAND, command, player)
    assert engine is not None
    return engine


def only_program(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Set a PATH with only these programs on it."""
    for name in names:
        program = folder / name
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


# Templates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("say {text} {loud}", r"\{loud\} in .* is unknown; expected \{text\}"),
        ("", "empty"),
        ("say 'half", "not a command"),
    ],
)
def test_invalid_templates_are_refused(command: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        CommandTemplate.parse(command)


@pytest.mark.parametrize(
    "text", ["$(touch bad); `touch bad`", 'it\'s "so" & so > bad', "{voice} {0} %s \\n", "-w bad"]
)
@pytest.mark.parametrize("arguments", ["", "{text}"])
def test_the_text_is_never_interpreted(tmp_path: Path, text: str, arguments: str) -> None:
    engine = command_engine(engine_command(tmp_path, arguments))
    speak(Phrase("en", "en", text), engine, PARAMETERS, aloud=False, wav=tmp_path / "a.wav")
    assert (tmp_path / "spoken").read_text(encoding="utf-8").strip() == text
    assert samples(tmp_path / "a.wav") > 0
    assert not (tmp_path / "bad").exists()


def test_the_text_is_never_an_option() -> None:
    filled = CommandTemplate.parse("say {text} --text={text}").fill({"text": "--help"})
    assert filled == ["say", " --help", "--text=--help"]


def test_voice_rate_and_volume_reach_the_engine(tmp_path: Path) -> None:
    program = tmp_path / "note.py"
    program.write_text("import sys; open(sys.argv[1], 'w').write(' '.join(sys.argv[2:]))\n")
    note = tmp_path / "note"
    engine = command_engine(f"{python(program)} {note} {{voice}} {{rate}} {{volume}}")
    speak(
        HELLO,
        engine,
        SpeechParameters(rate=120, volume=80, timeout=TIMEOUT_S),
        aloud=True,
        wav=None,
    )
    assert note.read_text() == "en 120 80"


# Recording ---------------------------------------------------------------------------------


def test_a_recording_holds_the_whole_text_in_any_script(tmp_path: Path) -> None:
    engine = command_engine(engine_command(tmp_path))
    for phrases in load_languages("en,ko,fa", [find_resource("config/phrases")]):
        phrase = Phrase(phrases.language, phrases.voice, phrases.texts["thanks"][0])
        path = tmp_path / "made" / "on the way" / f"{phrase.language}.wav"
        speak(phrase, engine, PARAMETERS, aloud=False, wav=path)
        assert samples(path) == SAMPLES_PER_CHARACTER * len(phrase.text)
        assert (tmp_path / "spoken").read_text(encoding="utf-8").splitlines()[-1] == phrase.text


def test_engines_that_only_record_are_played_by_the_player(tmp_path: Path) -> None:
    player = f"cp {{wav}} {tmp_path}/played"
    engine = command_engine(engine_command(tmp_path), player)
    speak(HELLO, engine, PARAMETERS, aloud=True, wav=tmp_path / "kept.wav")
    assert (tmp_path / "played").read_bytes() == (tmp_path / "kept.wav").read_bytes()
    (tmp_path / "played").unlink()
    speak(HELLO, engine, PARAMETERS, aloud=True, wav=None)
    assert samples(tmp_path / "played") > 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("false {wav}", "false failed with exit code 1: no error output"),
        ("true {wav}", "wrote no WAV file"),
        ("cp /etc/hostname {wav}", "wrote a file without sound"),
        ("sh -c 'echo some; echo no voice >&2; exit 3' {wav}", "exit code 3: no voice"),
        ("sh -c 'echo error: no card >&2' {wav}", "sh failed: error: no card"),
    ],
)
def test_an_engine_that_fails_leaves_no_file_and_says_why(
    tmp_path: Path, command: str, words: str
) -> None:
    with pytest.raises(SpeechError, match=words):
        speak(HELLO, command_engine(command), PARAMETERS, aloud=False, wav=tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpeechError, match="cannot be written"):
        engine = command_engine(engine_command(tmp_path))
        speak(HELLO, engine, PARAMETERS, aloud=False, wav=tmp_path / "file" / "a.wav")


def test_an_engine_that_cannot_record_still_speaks(tmp_path: Path) -> None:
    engine = command_engine(f"touch {tmp_path}/spoken")
    with pytest.raises(EngineError, match="cannot record"):
        speak(HELLO, engine, PARAMETERS, aloud=True, wav=tmp_path / "a.wav")
    assert (tmp_path / "spoken").exists()


def test_without_a_player_the_recording_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = engine_command(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="no player for the WAV files"):
        speak(
            HELLO,
            command_engine(command, ""),
            PARAMETERS,
            aloud=True,
            wav=tmp_path / "a.wav",
        )
    assert samples(tmp_path / "a.wav") > 0


# Stopping ------------------------------------------------------------------------------------


def test_a_hanging_engine_is_killed_with_its_children(tmp_path: Path) -> None:
    engine = command_engine(hanging_command(tmp_path))
    for timeout in (0.5, 5.0, 50.0):
        started = time.monotonic()
        with pytest.raises(SpeechError, match=rf"did not end within {timeout:g} s"):
            speak(HELLO, engine, SpeechParameters(timeout=timeout), aloud=True, wav=None)
        took = time.monotonic() - started
        assert took < timeout + TIMEOUT_S, "the engine would hang for minutes"
        if (tmp_path / "pids").exists():  # a busy machine may start it later
            break
    assert ended(tmp_path)


def test_speech_is_interrupted_on_request(tmp_path: Path) -> None:
    engine = command_engine(hanging_command(tmp_path))
    with pytest.raises(SpeechInterrupted):
        speak(
            HELLO,
            engine,
            PARAMETERS,
            aloud=True,
            wav=None,
            should_continue=lambda: not (tmp_path / "pids").exists(),
        )
    assert ended(tmp_path)


def test_much_error_output_does_not_block(tmp_path: Path) -> None:
    program = tmp_path / "chatter.py"
    program.write_text("import sys; sys.stderr.write('words ' * 100_000); sys.exit(2)\n")
    with pytest.raises(SpeechError, match=r"exit code 2: .*words"):
        speak(HELLO, command_engine(python(program)), PARAMETERS, aloud=True, wav=None)


# Choosing ----------------------------------------------------------------------------------


def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak_library, "is_installed", lambda: False)


def test_auto_takes_the_program_before_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak_library, "is_installed", lambda: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    library = find_engine(AUTO, "", "")
    only_program(tmp_path, monkeypatch, "espeak-ng", "aplay")
    program = find_engine(AUTO, "", "")
    assert library is not None and program is not None
    assert (library.name, program.name) == ("espeak-ng library", "espeak-ng")
    assert library.missing_dependency(aloud=True, recorded=True)
    assert not program.missing_dependency(aloud=True, recorded=True)
    with_player = find_engine(LIBRARY, "", "")
    assert with_player is not None and not with_player.missing_dependency(aloud=True, recorded=True)


@pytest.mark.parametrize("choice", [AUTO, ESPEAK, LIBRARY])
def test_a_missing_engine_error_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: str
) -> None:
    no_library(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"install (it|one): (sudo apt|pip) install"):
        find_engine(choice, "", "")


def test_unusable_commands_are_refused() -> None:
    with pytest.raises(EngineError, match="no-such-voice is not on the PATH"):
        find_engine(COMMAND, "no-such-voice {text}", "")
    with pytest.raises(TemplateError, match="empty"):
        find_engine(COMMAND, "", "")
    with pytest.raises(TemplateError, match=r"expected \{wav\}"):
        find_engine(COMMAND, "true", "aplay")


def test_none_is_no_engine_and_no_error() -> None:
    assert find_engine(NONE, "", "") is None


# The real ones -----------------------------------------------------------------------------


def loudness(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return float(np.sqrt(np.mean(sound.astype(float) ** 2)))


def seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


@pytest.fixture(params=[ESPEAK, LIBRARY])
def real(request: pytest.FixtureRequest) -> Engine:
    if request.param == ESPEAK and shutil.which(ESPEAK) is None:
        pytest.skip("espeak-ng is not installed")
    if request.param == LIBRARY and not espeak_library.is_installed():
        pytest.skip("there is no espeak-ng library")
    engine = find_engine(request.param, "", "")
    assert engine is not None
    return engine


@pytest.mark.parametrize("language", ["en", "ko", "fa"])
def test_espeak_speaks_every_shipped_phrase(real: Engine, language: str, tmp_path: Path) -> None:
    (phrases,) = load_languages(language, [find_resource("config/phrases")])
    for key in ("nose_exposed", "thanks"):
        path = tmp_path / f"{key}.wav"
        phrase = Phrase(language, phrases.voice, phrases.texts[key][0])
        speak(phrase, real, SpeechParameters(timeout=60), aloud=False, wav=path)
        assert 0.05 < seconds(path) / len(phrase.text) * (2 if language == "ko" else 1) < 0.6
        assert loudness(path) > 300


def test_espeak_applies_rate_and_volume(real: Engine, tmp_path: Path) -> None:
    usual, fast, quiet = (tmp_path / f"{name}.wav" for name in ("usual", "fast", "quiet"))
    for path, rate, volume in ((usual, 120, 100), (fast, 240, 100), (quiet, 120, 30)):
        speak(HELLO, real, SpeechParameters(rate, volume, 60), aloud=False, wav=path)
    assert seconds(fast) < 0.7 * seconds(usual)
    assert loudness(quiet) < 0.5 * loudness(usual)


def test_an_unknown_voice_of_espeak_is_an_error(real: Engine, tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="voice"):
        phrase = Phrase("xx", "qqq", "hello")
        speak(phrase, real, SpeechParameters(timeout=60), aloud=False, wav=tmp_path / "a.wav")
    assert not list(tmp_path.iterdir())


def test_the_library_finds_voices_by_language(tmp_path: Path) -> None:
    if not espeak_library.is_installed():
        pytest.skip("there is no espeak-ng library")
    template = find_engine(LIBRARY, "", SILENT_PLAYER)
    assert template is not None and template.record is not None
    assert template.record.program == sys.executable
    # en-gb is the language in the voice's file, not the name of the voice.
    path = tmp_path / "a.wav"
    speak(
        Phrase("en", "en-gb", "hello"), template, SpeechParameters(timeout=60), aloud=True, wav=path
    )
    assert samples(path) > 1000


def test_the_pip_library_finds_its_data_on_a_long_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Path(optional("espeakng_loader").__file__).parent
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    (deep / package.name).symlink_to(package, target_is_directory=True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(deep), *sys.path]))
    engine = find_engine(LIBRARY, "", "")
    assert engine is not None
    speak(HELLO, engine, SpeechParameters(timeout=60), aloud=False, wav=tmp_path / "a.wav")
    assert samples(tmp_path / "a.wav") > 1000
