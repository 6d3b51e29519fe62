# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YAML that is read value by value, so that every complaint names the file and the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import yaml

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Value:
    """One value of a YAML file, not interpreted yet.

    Every method that reads it raises the file's error class when the value is not what is
    asked for: ``file:line: what is wrong; expected ...``.
    """

    def __init__(self, node: yaml.Node, path: Path, error: type[ValueError]) -> None:
        self._node = node
        self._path = path
        self._error = error

    def fail(self, wrong: str, expected: str) -> NoReturn:
        """Complain about this value."""
        line = self._node.start_mark.line + 1
        raise self._error(f"{self._path}:{line}: {wrong}; expected {expected}")

    def mapping(self, what: str, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping:
        """The entries of a mapping that has these keys and no others."""
        known = (*required, *optional)
        keys = ", ".join(known)
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"{what} is {self._shown}", f"a mapping with the keys {keys}")
        entries: dict[str, Value] = {}
        for key_node, node in self._node.value:
            key = Value(key_node, self._path, self._error)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value not in known:
                key.fail(f"{what} has the unknown key {key._shown}", f"only {keys}")
            if key_node.value in entries:
                key.fail(f"{what} has the key {key_node.value} twice", "it once")
            entries[key_node.value] = Value(node, self._path, self._error)
        for name in required:
            if name not in entries:
                self.fail(f"{what} lacks the key {name}", f"the keys {', '.join(required)}")
        return Mapping(entries)

    def items(self, what: str, of: str, least: int = 0) -> list[Value]:
        """The items of a list that has at least so many."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail(f"{what} is {self._shown}", f"a list of {of}")
        if len(self._node.value) < least:
            count = len(self._node.value)
            self.fail(f"{what} has {count} items", f"a list of at least {least} {of}")
        return [Value(node, self._path, self._error) for node in self._node.value]

    def text(self, what: str) -> str:
        """A text that is not empty."""
        if not isinstance(self._node, yaml.ScalarNode) or not self._node.value.strip():
            self.fail(f"{what} is {self._shown}", "a text")
        if any("\ud800" <= c <= "\udfff" for c in self._node.value):
            self.fail(f"{what} is {self._shown}", "a text of whole characters")
        return str(self._node.value)

    def number(self, what: str, low: float = -math.inf) -> float:
        """A finite number that is not below ``low``."""
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
        node = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}; expected a YAML file") from None
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise error(f"{path}:{line}: is not UTF-8 text; expected a YAML file") from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise error(f"{path}:{line}: {problem.problem}; expected YAML") from None
    except yaml.reader.ReaderError as problem:  # characters that YAML does not allow
        line = content.decode("utf-8")[: problem.position].count("\n") + 1
        raise error(f"{path}:{line}: {problem.reason}; expected YAML") from None
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as problem:
        # Brackets nested a thousand deep, escapes of no character, and the like.
        reason = str(problem).partition("\n")[0]
        raise error(f"{path}: {reason}; expected YAML") from None
    if node is None:
        raise error(f"{path}:1: the file is empty; expected YAML")
    return Value(node, path, error)
