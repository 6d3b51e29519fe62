# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One way to declare a setting: default, description, range, choices, and when it is read.

A tree of frozen dataclasses whose fields are made with ``setting`` is the single source of a
node's parameters, their YAML file, their documentation and the command line's options. Relations
between settings are declared as ``RULES`` of the class (see ``settings_rules``).
"""

from __future__ import annotations

import math
from dataclasses import field, fields, is_dataclass, replace
from typing import Any

STARTUP, CONFIGURE, ACTIVATE = "startup", "configure", "activate"
"""When a setting that is not live is read; the last two in a lifecycle node."""


def setting(
    default: Any,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: tuple[Any, ...] = (),
    live: bool = True,
    read_at: str = STARTUP,
) -> Any:
    """A dataclass field with the metadata of a setting.

    Args:
        default: the default value; a bool, int, float or str.
        description: one sentence with the unit.
        low, high: smallest and largest value allowed.
        above, below: limits that are not allowed themselves.
        choices: the only values allowed; any where empty.
        live: whether a change applies while the node runs.
        read_at: when a setting that is not live is read: at ``STARTUP``, or in a lifecycle node
            when it is configured (``CONFIGURE``) or activated (``ACTIVATE``).
    """
    return field(
        default=default,
        metadata={
            "description": description,
            "low": low,
            "high": high,
            "above": above,
            "below": below,
            "choices": choices,
            "live": live,
            "read_at": "" if live else read_at,
        },
    )


def describe_range(metadata: dict[str, Any]) -> str:
    """The range of a setting in words, such as ``0 to 1`` or ``above 0``; empty without one."""
    low, high, above, below = (metadata.get(key) for key in ("low", "high", "above", "below"))
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    limits = (("at least", low), ("above", above), ("at most", high), ("below", below))
    return " and ".join(f"{words} {_number(value)}" for words, value in limits if value is not None)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def flatten(settings: Any, prefix: str = "") -> dict[str, tuple[Any, dict[str, Any]]]:
    """Dotted name -> (value, metadata) of every setting in a tree of dataclasses."""
    flat: dict[str, tuple[Any, dict[str, Any]]] = {}
    for f in fields(settings):
        value = getattr(settings, f.name)
        if is_dataclass(value):
            flat.update(flatten(value, f"{prefix}{f.name}."))
        else:
            flat[prefix + f.name] = (value, dict(f.metadata))
    return flat


def unflatten(kind: type, values: dict[str, Any]) -> Any:
    """The dataclass tree ``kind`` with the dotted ``values`` in place of its defaults."""
    return _replace(kind(), values, "")


def _replace(tree: Any, values: dict[str, Any], prefix: str) -> Any:
    changes = {}
    for f in fields(tree):
        name, value = prefix + f.name, getattr(tree, f.name)
        if is_dataclass(value):
            changes[f.name] = _replace(value, values, name + ".")
        elif name in values:
            changes[f.name] = values[name]
    return replace(tree, **changes)


KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def check(name: str, value: Any, default: Any, metadata: dict[str, Any]) -> Any:
    """Validate one setting's value; an int is accepted for a float.

    Returns:
        The value in the type of ``default``.

    Raises:
        ValueError: wrong type, out of range or not one of the choices; the message names
            the setting, the value and what was expected.
    """
    expected = type(default)
    if expected is float and (type(value) is int or isinstance(value, float)):
        value = float(value)
    if type(value) is not expected:
        raise ValueError(f"{name} is {value!r}; expected {KINDS[expected]}, such as {default!r}")
    choices = metadata.get("choices")
    if choices and value not in choices:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(str, choices))}")
    low, high, above, below = (metadata.get(key) for key in ("low", "high", "above", "below"))
    # Written so that NaN is refused wherever there is a limit.
    if (
        (low is not None and not value >= low)
        or (high is not None and not value <= high)
        or (above is not None and not value > above)
        or (below is not None and not value < below)
    ):
        raise ValueError(f"{name} is {value!r}; expected {describe_range(metadata)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}; expected a finite number")
    return value
