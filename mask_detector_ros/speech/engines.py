# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What can speak on this machine: programs, as command templates that no shell ever sees."""

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
    """There is nothing to do it with; the message says why and what to install or set."""


class TemplateError(EngineError):
    """A command template is no good; the message says what was expected."""


@dataclass(frozen=True)
class Template:
    """A command with placeholders: {text}, {voice}, {rate}, {volume} and {wav}.

    The text is one word of the command, or standard input where there is no {text}.
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, command: str | Sequence[str]) -> Template:
        """From a list of words, or from one string that is split as a shell would.

        Raises:
            TemplateError: it cannot be split, is empty, or has an unknown placeholder.
        """
        try:
            words = tuple(shlex.split(command) if isinstance(command, str) else command)
        except ValueError as error:
            raise TemplateError(f"{command!r} is no command: {error}") from error
        if not words or not words[0]:
            raise TemplateError("the command is empty; expected a program and its arguments")
        for name in PLACEHOLDER.findall(" ".join(words)):
            if name not in PLACEHOLDERS:
                expected = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                raise TemplateError(f"{{{name}}} in {command!r} is unknown; expected {expected}")
        return cls(words)

    def has(self, placeholder: str) -> bool:
        """Whether a placeholder is in it."""
        return any(f"{{{placeholder}}}" in word for word in self.words)

    @property
    def program(self) -> str:
        """What is run."""
        return self.words[0]

    def fill(self, values: Mapping[str, str]) -> list[str]:
        """The words to run; one word stays one word whatever is in it."""
        filled = []
        for word in self.words:
            out = PLACEHOLDER.sub(lambda match: values[match.group(1)], word)
            # A text is never an option: a space is not heard, and options start with none.
            filled.append(f" {out}" if word.startswith("{text}") and out[:1] == "-" else out)
        return filled


@dataclass(frozen=True)
class Engine:
    """What can speak, and how.

    Attributes:
        name: for people.
        speak: sounds by itself; None for one that only writes WAV.
        record: writes {wav}; None for one that cannot.
        play: sounds {wav}; None without a player.
    """

    name: str
    speak: Template | None
    record: Template | None
    play: Template | None

    def lack(self, aloud: bool, recorded: bool) -> str:
        """What it cannot do of what is wanted, and what helps; empty if it can."""
        if aloud and self.speak is None and self.play is None:
            return (
                f"nothing here plays what {self.name} records; install a player (sudo apt "
                "install alsa-utils), or set the parameter player, or play to false"
            )
        if recorded and self.record is None:
            return f"{self.name} cannot record: there is no {{wav}} in the parameter command"
        return ""


def find_engine(choice: str, command: str, player: str) -> Engine | None:
    """The engine to use now; nothing is remembered, so that one may be installed meanwhile.

    Args:
        choice: one of ``CHOICES``.
        command: template for ``COMMAND``. With {wav} it is taken to write that file.
        player: template that plays {wav}; empty for the first of ``PLAYERS`` there is.

    Returns:
        The engine; None if none is wanted.

    Raises:
        EngineError: it is not there, or there is none at all, or a template is no good.
    """
    if choice == NONE:
        return None
    play = _player(player)
    if choice == COMMAND:
        template = Template.of(command)
        _require(template.program, "the program of the parameter command")
        if template.has(WAV):
            return Engine(template.program, None, template, play)
        return Engine(template.program, template, None, None)
    if choice == ESPEAK or (choice == AUTO and shutil.which(ESPEAK)):
        _require(ESPEAK, "install it: sudo apt install espeak-ng")
        return Engine(ESPEAK, Template.of(ESPEAK_SPEAK), Template.of(ESPEAK_RECORD), None)
    if espeak_library.is_installed():
        return Engine("espeak-ng library", None, Template.of(LIBRARY_RECORD), play)
    if choice == LIBRARY:
        raise EngineError(
            "there is no espeak-ng library; install it: pip install 'mask-detector-ros[speech]'"
        )
    raise EngineError(f"there is nothing to speak with; install it: {INSTALL}")


def _player(command: str) -> Template | None:
    if not command:
        there = (Template.of(known) for known in PLAYERS)
        return next((player for player in there if shutil.which(player.program)), None)
    player = Template.of(command)
    if not player.has(WAV):
        raise TemplateError(f"{command!r} plays nothing; expected {{wav}} in it")
    return player


def _require(program: str, hint: str) -> None:
    if shutil.which(program) is None:
        raise EngineError(f"there is no {program} on the PATH ({hint})")
