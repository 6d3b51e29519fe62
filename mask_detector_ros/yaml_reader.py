# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YAML read value by value, so that every error names the file, the line and what was expected.

The text is composed, not loaded: nodes know their lines, and a plain ``no`` stays a text.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import yaml

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Value:
    """One value of a YAML file, not interpreted yet.

    Every method that reads it raises the file's error class when the value is of another
    kind: ``file:line: what is wrong; expected ...``.
    """

    def __init__(self, node: yaml.Node, name: str, error: type[ValueError]) -> None:
        """Wrap a node of the file ``name``; errors are raised as ``error``."""
        self._node = node
        self._name = name
        self._error = error

    def fail(self, wrong: str, expected: str) -> NoReturn:
        """Raise the file's error class for this value."""
        line = self._node.start_mark.line + 1
        raise self._error(f"{self._name}:{line}: {wrong}; expected {expected}")

    def mapping(self, what: str, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping:
        """The entries of a mapping with all required, perhaps optional and no other keys."""
        known = (*required, *optional)
        keys = ", ".join(known)
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"{what} is {self._shown}", f"a mapping with the keys {keys}")
        entries: dict[str, Value] = {}
        for key_node, node in self._node.value:
            key = self._child(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value not in known:
                near = difflib.get_close_matches(str(key_node.value), known, 1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                key.fail(f"{what} has the unknown key {key._shown}{hint}", f"only {keys}")
            if key_node.value in entries:
                key.fail(f"{what} has the key {key_node.value} twice", "it once")
            entries[key_node.value] = self._child(node)
        missing = [name for name in required if name not in entries]
        if missing:
            noun = "key" if len(missing) == 1 else "keys"
            self.fail(
                f"{what} lacks the {noun} {', '.join(missing)}", f"the keys {', '.join(required)}"
            )
        return Mapping(entries)

    def items(self, what: str, of: str, least: int = 0) -> list[Value]:
        """The items of a list with at least ``least`` of them."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail(f"{what} is {self._shown}", f"a list of {of}")
        if len(self._node.value) < least:
            count = len(self._node.value)
            self.fail(f"{what} has {count} items", f"a list of at least {least} {of}")
        return [self._child(node) for node in self._node.value]

    def one_or_more(self, what: str, of: str) -> list[Value]:
        """The items of a list that is not empty; any other value is the only item."""
        return self.items(what, of, 1) if isinstance(self._node, yaml.SequenceNode) else [self]

    def text(self, what: str, string: bool = False) -> str:
        """A text that is not empty; with ``string`` also not a plain number or boolean."""
        if not isinstance(self._node, yaml.ScalarNode) or not self._node.value.strip():
            self.fail(f"{what} is {self._shown}", "a text")
        if string and not self._node.tag.endswith(":str"):
            self.fail(f"{what} is {self._shown}", "a text, in quotes where it looks like a number")
        if any("\ud800" <= c <= "\udfff" for c in self._node.value):
            self.fail(f"{what} is {self._shown}", "a text of whole characters")
        return str(self._node.value)

    def number(self, what: str, low: float = -math.inf) -> float:
        """A finite number of at least ``low``."""
        expected = "a number" if low == -math.inf else f"a number from {low:g} up"
        if not isinstance(self._node, yaml.ScalarNode) or self._node.style is not None:
            self.fail(f"{what} is {self._shown}", expected)
        try:
            number = float(self._node.value)
        except ValueError:
            self.fail(f"{what} is {self._shown}", expected)
        if not (math.isfinite(number) and number >= low):
            self.fail(f"{what} is {self._shown}", expected)
        return number

    def flag(self, what: str) -> bool:
        """True or false."""
        plain = isinstance(self._node, yaml.ScalarNode) and self._node.style is None
        flag = _BOOLEANS.get(self._node.value.lower()) if plain else None
        if flag is None:
            self.fail(f"{what} is {self._shown}", "true or false")
        return flag

    def _child(self, node: yaml.Node) -> Value:
        return Value(node, self._name, self._error)

    @property
    def _shown(self) -> str:
        if isinstance(self._node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self._node, yaml.SequenceNode):
            return "a list"
        shown = str(self._node.value)
        if not shown:
            return "empty"
        return repr(shown if len(shown) <= 60 else shown[:57] + "...")


class Mapping:
    """Entries of a mapping by key."""

    def __init__(self, entries: dict[str, Value]) -> None:
        self._entries = entries

    def __getitem__(self, key: str) -> Value:
        """The value of a required key."""
        return self._entries[key]

    def get(self, key: str) -> Value | None:
        """The value of an optional key; None when it is not there."""
        return self._entries.get(key)


def read_yaml(path: Path, error: type[ValueError]) -> Value:
    """The one document in a YAML file.

    Raises:
        error: the file cannot be read, is not YAML, or is empty.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}; expected a YAML file") from None
    return parse_yaml(content, str(path), error)


def parse_yaml(content: bytes, name: str, error: type[ValueError]) -> Value:
    """The one document in the content of the YAML file ``name``.

    Raises:
        error: the content is not YAML, or is empty.
    """
    try:
        node = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise error(f"{name}:{line}: is not UTF-8 text; expected a YAML file") from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise error(f"{name}:{line}: {problem.problem}; expected YAML") from None
    except yaml.reader.ReaderError as problem:  # characters that YAML does not allow
        line = content.decode("utf-8-sig")[: problem.position].count("\n") + 1
        raise error(f"{name}:{line}: {problem.reason}; expected YAML") from None
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as problem:
        # Such as brackets nested a thousand deep, or an escape of no character.
        reason = str(problem).partition("\n")[0]
        raise error(f"{name}: {reason}; expected YAML") from None
    if node is None:
        raise error(f"{name}:1: the file is empty; expected YAML")
    return Value(node, name, error)
