# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speech engines on this machine, as command templates that are run without a shell."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mask_detector_ros.speech import espeak_library

AUTO, ESPEAK, LIBRARY, COMMAND, NONE = "auto", "espeak-ng", "library", "command", "none"
CHOICES = (AUTO, ESPEAK, LIBRARY, COMMAND, NONE)
INSTALL = "sudo apt install espeak-ng, or pip install 'mask-detector-ros[speech]'"

TEXT, WAV = "text", "wav"
PLACEHOLDERS = (TEXT, "voice", "rate", "volume", WAV)
PLACEHOLDER = re.compile(r"\{(\w*)\}")

ESPEAK_SPEAK = "espeak-ng -v {voice} -s {rate} -a {volume} --stdin"
ESPEAK_RECORD = ESPEAK_SPEAK + " -w {wav}"
LIBRARY_RECORD = (
    sys.executable,
    *("-m", espeak_library.__name__),
    *("--voice={voice}", "--rate={rate}", "--volume={volume}", "--wav={wav}"),
)
PLAYERS = ("pw-play {wav}", "paplay {wav}", "aplay -q {wav}")


class EngineError(Exception):
    """No engine can do what is needed; the message says why and what to install or set."""


class TemplateError(EngineError):
    """A command template is invalid; the message says what was expected."""


@dataclass(frozen=True)
class CommandTemplate:
    """A command with placeholders: {text}, {voice}, {rate}, {volume} and {wav}.

    The text is an argument of the command, or its standard input if there is no {text}.
    """

    words: tuple[str, ...]

    @classmethod
    def parse(cls, command: str | Sequence[str]) -> CommandTemplate:
        """Parse a list of words, or a string that is split as a shell would split it.

        Raises:
            TemplateError: it cannot be split, is empty, or has an unknown placeholder.
        """
        try:
            words = tuple(shlex.split(command) if isinstance(command, str) else command)
        except ValueError as error:
            raise TemplateError(f"{command!r} is not a command: {error}") from error
        if not words or not words[0]:
            raise TemplateError("the command is empty; expected a program and its arguments")
        for name in PLACEHOLDER.findall(" ".join(words)):
            if name not in PLACEHOLDERS:
                expected = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                raise TemplateError(f"{{{name}}} in {command!r} is unknown; expected {expected}")
        return cls(words)

    def has(self, placeholder: str) -> bool:
        """Whether the template has this placeholder."""
        return any(f"{{{placeholder}}}" in word for word in self.words)

    @property
    def program(self) -> str:
        """The program to run."""
        return self.words[0]

    def fill(self, values: Mapping[str, str]) -> list[str]:
        """The command's arguments; a value never splits a word, whatever it contains."""
        filled = []
        for word in self.words:
            out = PLACEHOLDER.sub(lambda match: values[match.group(1)], word)
            # A text must not be parsed as an option: a leading space is not spoken.
            filled.append(f" {out}" if word.startswith("{text}") and out[:1] == "-" else out)
        return filled


@dataclass(frozen=True)
class Engine:
    """A speech engine and its commands.

    Attributes:
        name: as logged and reported in the diagnostics.
        speak: command that plays the speech itself; None if the engine only writes WAV files.
        record: command that writes {wav}; None if the engine cannot.
        play: command that plays {wav}; None without a player.
    """

    name: str
    speak: CommandTemplate | None
    record: CommandTemplate | None
    play: CommandTemplate | None

    def missing_dependency(self, aloud: bool, recorded: bool) -> str:
        """What is missing to play or to record speech, and how to get it; empty if nothing.

        Args:
            aloud: whether speech is to be played.
            recorded: whether speech is to be recorded.
        """
        if aloud and self.speak is None and self.play is None:
            return (
                f"no player for the WAV files of {self.name}; install one (sudo apt install "
                "alsa-utils), or set the parameter player, or set play to false"
            )
        if recorded and self.record is None:
            return f"{self.name} cannot record: there is no {{wav}} in the parameter command"
        return ""


def find_engine(choice: str, command: str, player: str) -> Engine | None:
    """The engine to use now. Nothing is cached: an engine may be installed at run time.

    Args:
        choice: one of ``CHOICES``.
        command: template for ``COMMAND``; with {wav} it must write that file.
        player: template that plays {wav}; empty for the first installed one of ``PLAYERS``.

    Returns:
        The engine; None for the choice ``NONE``.

    Raises:
        EngineError: the engine, or any engine, is not installed, or a template is invalid.
    """
    if choice == NONE:
        return None
    play = _player(player)
    if choice == COMMAND:
        template = CommandTemplate.parse(command)
        _require(template.program, "the program of the parameter command")
        if template.has(WAV):
            return Engine(template.program, None, template, play)
        return Engine(template.program, template, None, None)
    if choice == ESPEAK or (choice == AUTO and shutil.which(ESPEAK)):
        _require(ESPEAK, "install it: sudo apt install espeak-ng")
        return Engine(
            ESPEAK, CommandTemplate.parse(ESPEAK_SPEAK), CommandTemplate.parse(ESPEAK_RECORD), None
        )
    if espeak_library.is_installed():
        return Engine("espeak-ng library", None, CommandTemplate.parse(LIBRARY_RECORD), play)
    if choice == LIBRARY:
        raise EngineError(
            "the espeak-ng library is not installed; install it: pip install "
            "'mask-detector-ros[speech]'"
        )
    raise EngineError(f"no speech engine is installed; install one: {INSTALL}")


def _player(command: str) -> CommandTemplate | None:
    if not command:
        players = (CommandTemplate.parse(known) for known in PLAYERS)
        return next((player for player in players if shutil.which(player.program)), None)
    player = CommandTemplate.parse(command)
    if not player.has(WAV):
        raise TemplateError(f"the player {command!r} has no file to play; expected {{wav}} in it")
    return player


def _require(program: str, hint: str) -> None:
    if shutil.which(program) is None:
        raise EngineError(f"{program} is not on the PATH ({hint})")
