# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rules across settings, such as a lower threshold that must not exceed the upper one.

A settings class declares them as ``RULES: ClassVar[tuple[Rule, ...]]``, with names relative to the
class. They are checked before any value of a request is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from mask_detector_ros.settings import check, flatten


@dataclass(frozen=True)
class Rule:
    """A relation between settings.

    Attributes:
        names: the settings.
        holds: called with their values in this order.
        text: what is expected, with a ``{}`` for each name.
    """

    names: tuple[str, ...]
    holds: Callable[..., bool]
    text: str

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.text.format(*self.names)


def at_most(name: str, limit: str) -> Rule:
    """The value of one setting must not exceed that of another."""
    return Rule((name, limit), lambda value, most: value <= most, "{} at most {}")


def rules_of(settings: Any, prefix: str = "") -> tuple[Rule, ...]:
    """The rules of a tree of settings, with dotted names.

    Args:
        settings: an instance of a settings dataclass.
        prefix: put in front of the names.
    """
    own = [rule for kind in type(settings).__mro__ for rule in vars(kind).get("RULES", ())]
    rules = [replace(rule, names=tuple(prefix + name for name in rule.names)) for rule in own]
    for f in fields(settings):
        value = getattr(settings, f.name)
        if is_dataclass(value):
            rules += rules_of(value, f"{prefix}{f.name}.")
    return tuple(rules)


def contradictions(rules: Iterable[Rule], values: Mapping[str, Any]) -> list[str]:
    """The rules that values break, in words.

    Args:
        rules: as of ``rules_of``.
        values: by dotted name; a rule with a name that is missing here is not checked.
    """
    broken = []
    for rule in rules:
        if all(name in values for name in rule.names):
            given = [values[name] for name in rule.names]
            if not rule.holds(*given):
                pairs = zip(rule.names, given, strict=True)
                found = " and ".join(f"{name} is {value!r}" for name, value in pairs)
                broken.append(f"{found}; expected {rule.expected}")
    return broken


def check_settings(settings: Any) -> None:
    """Validate a tree of settings: every value and the rules across them.

    Raises:
        ValueError: with a line for each fault.
    """
    defaults = flatten(type(settings)())
    faults, values = [], {}
    for name, (value, metadata) in flatten(settings).items():
        try:
            values[name] = check(name, value, defaults[name][0], metadata)
        except ValueError as error:
            faults.append(str(error))
    faults += contradictions(rules_of(settings), values)
    if faults:
        raise ValueError("\n".join(faults))
