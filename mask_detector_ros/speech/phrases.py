# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is said: one YAML file per language, checked, its alternatives taken in turn.

How such a file looks and how a language is added: docs/announcer.md.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from mask_detector_ros.perception.types import VIOLATIONS, WearStatus

THANKS = "thanks"
GROUP, AGAIN = "_group", "_again"
REQUIRED = (*(status.label for status in VIOLATIONS), THANKS)
OPTIONAL = (
    *(status.label + variant for status in VIOLATIONS for variant in (GROUP, AGAIN, GROUP + AGAIN)),
    THANKS + GROUP,
)
SUFFIX = ".yaml"
LONGEST_FILE = 200_000
LONGEST_TEXT = 500
"""Bytes and characters; more is no phrase but a mistake."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


class PhrasesError(ValueError):
    """Phrases cannot be used; the message names file, line and what was expected."""


@dataclass(frozen=True)
class Line:
    """One text in one language."""

    language: str
    voice: str
    text: str


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language.

    Attributes:
        language: its code, such as ``ko``.
        voice: what the speech engine calls the voice.
        texts: phrase key -> alternatives, at least one. All of ``REQUIRED`` are there, and
            any of ``OPTIONAL``.
    """

    language: str
    voice: str
    texts: Mapping[str, tuple[str, ...]]

    def key(self, name: str, group: bool = False, again: bool = False) -> str:
        """The key that fits best; the right number of people comes before the right count."""
        wanted = (
            name + GROUP + AGAIN if group and again else name,
            name + GROUP if group else name,
            name + AGAIN if again else name,
        )
        return next((key for key in wanted if key != name and key in self.texts), name)


class Phrasebook:
    """Picks what to say in each of several languages."""

    def __init__(self, languages: Sequence[Phrases]) -> None:
        """Prepare; ``languages`` in the order in which they are spoken."""
        self._languages = tuple(languages)
        self._used: Counter[tuple[str, str]] = Counter()

    def reminder(self, status: WearStatus, group: bool, again: bool) -> tuple[Line, ...]:
        """What to say to whom wears the mask like this.

        Raises:
            ValueError: nobody is reminded of that status.
        """
        if not status.is_violation:
            raise ValueError(f"there is no reminder for the status {status.label}")
        return self._lines(status.label, group, again)

    def thanks(self, group: bool) -> tuple[Line, ...]:
        """What to say to whom complied."""
        return self._lines(THANKS, group, again=False)

    def _lines(self, name: str, group: bool, again: bool) -> tuple[Line, ...]:
        lines = []
        for phrases in self._languages:
            key = phrases.key(name, group, again)
            texts = phrases.texts[key]
            turn = self._used[phrases.language, key]
            self._used[phrases.language, key] += 1
            lines.append(Line(phrases.language, phrases.voice, texts[turn % len(texts)]))
        return tuple(lines)


def load_languages(codes: str, folders: Iterable[Path]) -> tuple[Phrases, ...]:
    """The languages of a comma-separated list, each from the first folder that has it.

    Raises:
        PhrasesError: the list is empty or repeats itself, or a language is nowhere or not
            usable.
    """
    wanted = [code.strip() for code in codes.split(",") if code.strip()]
    if not wanted or len(set(wanted)) < len(wanted):
        raise PhrasesError(f"languages is {codes!r}; expected different codes, such as ko,en")
    folders = tuple(folders)
    return tuple(load_phrases(_find(code, folders)) for code in wanted)


def _find(code: str, folders: tuple[Path, ...]) -> Path:
    there = {path.stem: path for f in reversed(folders) for path in sorted(f.glob("*" + SUFFIX))}
    if code in there:
        return there[code]
    raise PhrasesError(
        f"no phrases for the language {code!r}: expected a file {code}{SUFFIX} in "
        f"{' or '.join(map(str, folders))}; there are {', '.join(sorted(there)) or 'none'}"
    )


def load_phrases(path: Path) -> Phrases:
    """Read the file of one language, ``<code>.yaml``.

    Raises:
        PhrasesError: it cannot be read or used.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise PhrasesError(f"{path}: cannot be read: {error.strerror or error}") from error
    phrases = parse_phrases(content, str(path))
    if phrases.language != path.stem:
        raise PhrasesError(
            f"{path}: its language is {phrases.language!r}; expected {path.stem!r}, as the file "
            "is called"
        )
    return phrases


def parse_phrases(content: bytes, name: str) -> Phrases:
    """Phrases from the content of a file called ``name``.

    Raises:
        PhrasesError: they cannot be used.
    """
    if len(content) > LONGEST_FILE:
        raise PhrasesError(f"{name}: longer than {LONGEST_FILE} bytes; expected a phrases file")
    try:
        # Composed, not loaded: nodes know their lines, and Norwegian (no) is no boolean.
        root = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PhrasesError(f"{name}:{line}: expected text in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PhrasesError(f"{name}:{line}: expected YAML; {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise PhrasesError(f"{name}: expected YAML; {' '.join(str(error).split())}") from error
    return _File(name).phrases(root)


class _File:
    """Reads the nodes of one file; knows its name for the errors."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _error(self, node: yaml.Node | None, problem: str) -> PhrasesError:
        line = node.start_mark.line + 1 if node is not None else 1
        return PhrasesError(f"{self._name}:{line}: {problem}")

    def phrases(self, root: yaml.Node | None) -> Phrases:
        top = self._mapping(root, "the file", ("language", "voice", "phrases"), ())
        language = self._word(top["language"], "language")
        if not LANGUAGE.fullmatch(language):
            problem = f"language is {language!r}; expected a code such as ko or pt-BR"
            raise self._error(top["language"], problem)
        voice = self._word(top["voice"], "voice")
        if voice.startswith("-"):
            problem = f"voice is {voice!r}; expected a name that does not start with a dash"
            raise self._error(top["voice"], problem)
        texts = self._mapping(top["phrases"], "phrases", REQUIRED, OPTIONAL)
        return Phrases(language, voice, {key: self._texts(n, key) for key, n in texts.items()})

    def _mapping(
        self,
        node: yaml.Node | None,
        what: str,
        required: tuple[str, ...],
        optional: tuple[str, ...],
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"{what} has to be keys with values: {', '.join(required)}")
        entries: dict[str, yaml.Node] = {}
        for key, value in node.value:
            word = self._word(key, f"a key of {what}")
            if word not in required + optional:
                near = difflib.get_close_matches(word, required + optional, 1)
                hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(required)}"
                raise self._error(key, f"{what} has an unknown key {word!r}; {hint}")
            if word in entries:
                raise self._error(key, f"{what} has the key {word} twice; expected it once")
            entries[word] = value
        missing = [key for key in required if key not in entries]
        if missing:
            raise self._error(node, f"{what} lacks {', '.join(missing)}")
        return entries

    def _word(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self._error(node, f"{what} has to be one word")
        return self._spoken(node, what)

    def _texts(self, node: yaml.Node, key: str) -> tuple[str, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not nodes:
            raise self._error(node, f"{key} is empty; expected a text or a list of texts")
        for one in nodes:
            if not isinstance(one, yaml.ScalarNode) or not one.tag.endswith(":str"):
                raise self._error(one, f"{key} has to be a text or a list of texts")
        return tuple(self._spoken(one, key) for one in nodes)

    def _spoken(self, node: yaml.Node, what: str) -> str:
        text = " ".join(node.value.split())
        if not any(unicodedata.category(c)[0] in "LN" for c in text):
            raise self._error(node, f"{what} is {text!r}; expected words")
        if any(unicodedata.category(c) in ("Cc", "Cs", "Cn", "Co") for c in text):
            raise self._error(node, f"{what} has characters that nobody can say: {text!r}")
        if len(text) > LONGEST_TEXT:
            raise self._error(node, f"{what} has more than {LONGEST_TEXT} characters")
        return text
