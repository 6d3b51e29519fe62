# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One way to declare a setting: default, description, range, choices, and whether it is live.

A tree of frozen dataclasses whose fields are made with ``setting`` is the single source of a
node's parameters, their YAML file, their documentation and the command line's options.
"""

from __future__ import annotations

from dataclasses import field, fields, is_dataclass
from typing import Any


def setting(
    default: Any,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = True,
) -> Any:
    """A dataclass field that knows its range, its meaning and whether it applies live."""
    return field(
        default=default,
        metadata={
            "description": description,
            "low": low,
            "high": high,
            "choices": choices,
            "live": live,
        },
    )


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


def unflatten(kind: type, values: dict[str, Any], prefix: str = "") -> Any:
    """The dataclass tree ``kind`` with the dotted ``values`` in place of its defaults."""
    defaults = kind()
    arguments = {}
    for f in fields(kind):
        name = prefix + f.name
        default = getattr(defaults, f.name)
        if is_dataclass(default):
            arguments[f.name] = unflatten(type(default), values, name + ".")
        else:
            arguments[f.name] = values.get(name, default)
    return kind(**arguments)


KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def check(name: str, value: Any, default: Any, metadata: dict[str, Any]) -> Any:
    """Validate one setting's value; whole numbers pass where decimals are expected.

    Returns:
        The value in the type of ``default``.

    Raises:
        ValueError: wrong type, out of range or not one of the choices; the message names
            the setting, the value and what was expected.
    """
    expected = type(default)
    if expected is float and type(value) is int:
        value = float(value)
    if type(value) is not expected:
        raise ValueError(f"{name} is {value!r}; expected {KINDS[expected]}, such as {default!r}")
    low, high, choices = (metadata.get(key) for key in ("low", "high", "choices"))
    if choices and value not in choices:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(choices)}")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise ValueError(f"{name} is {value!r}; expected {low:g} to {high:g}")
    return value
