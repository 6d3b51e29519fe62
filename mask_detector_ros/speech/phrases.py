# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The texts of reminders and thanks per language, read from YAML files.

The file format, and how to add a language: docs/announcer.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mask_detector_ros.perception.types import VIOLATIONS, WearStatus
from mask_detector_ros.yaml_reader import Value, parse_yaml

THANKS = "thanks"
GROUP, AGAIN = "_group", "_again"
REQUIRED = (*(status.label for status in VIOLATIONS), THANKS)
OPTIONAL = (
    *(status.label + variant for status in VIOLATIONS for variant in (GROUP, AGAIN, GROUP + AGAIN)),
    THANKS + GROUP,
)
SUFFIX = ".yaml"
MAX_FILE_BYTES = 200_000
MAX_TEXT_CHARACTERS = 500
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


class PhrasesError(ValueError):
    """A phrases file cannot be used; the message names file, line and what was expected."""


@dataclass(frozen=True)
class Phrase:
    """One text to speak.

    Attributes:
        language: code of its language, such as ``ko``.
        voice: the speech engine's name of the voice.
        text: what is spoken.
    """

    language: str
    voice: str
    text: str


@dataclass(frozen=True)
class LanguagePhrases:
    """The phrases of one language.

    Attributes:
        language: its code, such as ``ko``.
        voice: the speech engine's name of the voice.
        texts: phrase key -> alternatives, at least one. Has all keys of ``REQUIRED``, and
            any of ``OPTIONAL``.
    """

    language: str
    voice: str
    texts: Mapping[str, tuple[str, ...]]

    def select_key(self, name: str, group: bool = False, again: bool = False) -> str:
        """The best key there is for ``name``; a group variant goes before a repeat variant."""
        variants = (
            name + GROUP + AGAIN if group and again else name,
            name + GROUP if group else name,
            name + AGAIN if again else name,
        )
        return next((key for key in variants if key != name and key in self.texts), name)


class Phrasebook:
    """Selects phrases in several languages; alternatives are used in turn."""

    def __init__(self, languages: Sequence[LanguagePhrases]) -> None:
        """Use these languages, in the order in which they are spoken."""
        self._languages = tuple(languages)
        self._used: Counter[tuple[str, str]] = Counter()

    def reminder(self, status: WearStatus, group: bool, again: bool) -> tuple[Phrase, ...]:
        """The reminder for a wear status, one phrase per language.

        Args:
            status: the violation.
            group: whether several people are addressed.
            again: whether they have been reminded before.

        Raises:
            ValueError: the status is not a violation.
        """
        if not status.is_violation:
            raise ValueError(f"there is no reminder for the status {status.label}")
        return self._phrases(status.label, group, again)

    def thanks(self, group: bool) -> tuple[Phrase, ...]:
        """Thanks to one person, or to a group."""
        return self._phrases(THANKS, group, again=False)

    def _phrases(self, name: str, group: bool, again: bool) -> tuple[Phrase, ...]:
        phrases = []
        for language in self._languages:
            key = language.select_key(name, group, again)
            texts = language.texts[key]
            turn = self._used[language.language, key]
            self._used[language.language, key] += 1
            phrases.append(Phrase(language.language, language.voice, texts[turn % len(texts)]))
        return tuple(phrases)


def load_languages(codes: str, folders: Iterable[Path]) -> tuple[LanguagePhrases, ...]:
    """The languages of a comma-separated list, each from the first folder that has it.

    Raises:
        PhrasesError: the list is empty or has duplicates, or a language is missing or its
            file cannot be used.
    """
    requested = [code.strip() for code in codes.split(",") if code.strip()]
    if not requested or len(set(requested)) < len(requested):
        raise PhrasesError(f"languages is {codes!r}; expected different codes, such as ko,en")
    folders = tuple(folders)
    return tuple(load_phrases(_find(code, folders)) for code in requested)


def _find(code: str, folders: tuple[Path, ...]) -> Path:
    found = {path.stem: path for f in reversed(folders) for path in sorted(f.glob("*" + SUFFIX))}
    if code in found:
        return found[code]
    raise PhrasesError(
        f"no phrases for the language {code!r}; expected a file {code}{SUFFIX} in "
        f"{' or '.join(map(str, folders))}; available: {', '.join(sorted(found)) or 'none'}"
    )


def load_phrases(path: Path) -> LanguagePhrases:
    """Read the file of one language, ``<code>.yaml``.

    Raises:
        PhrasesError: it cannot be read or used.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PhrasesError(f"{path}: cannot be read: {error.strerror or error}") from error
    phrases = parse_phrases(content, str(path))
    if phrases.language != path.stem:
        raise PhrasesError(
            f"{path}: its language is {phrases.language!r}; expected {path.stem!r}, as in the "
            "file name"
        )
    return phrases


def parse_phrases(content: bytes, name: str) -> LanguagePhrases:
    """Phrases from the content of the file ``name``.

    Raises:
        PhrasesError: they cannot be used.
    """
    if len(content) > MAX_FILE_BYTES:
        raise PhrasesError(
            f"{name}: is longer than {MAX_FILE_BYTES} bytes; expected a phrases file"
        )
    top = parse_yaml(content, name, PhrasesError).mapping(
        "the file", ("language", "voice", "phrases")
    )
    language = _text(top["language"], "language")
    if not LANGUAGE_CODE.fullmatch(language):
        top["language"].fail(f"language is {language!r}", "a code such as ko or pt-BR")
    voice = _text(top["voice"], "voice")
    if voice.startswith("-"):
        # It would be an option on the speech engine's command line.
        top["voice"].fail(f"voice is {voice!r}", "a name that does not start with a dash")
    entries = top["phrases"].mapping("phrases", REQUIRED, OPTIONAL)
    values = {key: value for key in (*REQUIRED, *OPTIONAL) if (value := entries.get(key))}
    return LanguagePhrases(
        language,
        voice,
        {
            key: tuple(_text(v, key, string=True) for v in value.one_or_more(key, "texts"))
            for key, value in values.items()
        },
    )


def _text(value: Value, what: str, string: bool = False) -> str:
    """A text that a speech engine can speak, with single spaces."""
    text = " ".join(value.text(what, string).split())
    if not any(unicodedata.category(c)[0] in "LN" for c in text):
        value.fail(f"{what} is {text!r}", "words")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Cn", "Co") for c in text):
        value.fail(f"{what} is {text!r}", "no control characters")
    if len(text) > MAX_TEXT_CHARACTERS:
        value.fail(f"{what} has {len(text)} characters", f"at most {MAX_TEXT_CHARACTERS}")
    return text
