# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trees of settings as command line options and as flat tables of values.

A setting in a nested dataclass is named by its last part: ``loop.learning_rate`` is the option
``--learning-rate`` and the entry ``learning_rate``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from mask_detector_ros.settings import check, describe_range, flatten, unflatten

Settings = TypeVar("Settings")
METAVARS = {int: "N", float: "X", str: "TEXT"}


def check_settings(settings: Any) -> None:
    """Check every value of a frozen dataclass of settings; call it in ``__post_init__``.

    A whole number is converted where the default is a float. Nested dataclasses check themselves.

    Raises:
        ValueError: a value has the wrong type or is out of range; the message names the setting.
    """
    for field in fields(settings):
        value = getattr(settings, field.name)
        if not is_dataclass(value):
            checked = check(field.name, value, field.default, dict(field.metadata))
            object.__setattr__(settings, field.name, checked)


def flat_values(settings: Any) -> dict[str, Any]:
    """Every value of a tree of settings by the last part of its name."""
    return {_last(name): value for name, (value, _) in flatten(settings).items()}


def from_flat_values(kind: type[Settings], values: Mapping[str, Any]) -> Settings:
    """A tree of settings from values by the last part of their names, the others as default.

    Numbers are converted to text where the setting is text: YAML reads ``head: 128`` as a number.

    Raises:
        ValueError: there is no such setting, or a value has the wrong type or is out of range.
    """
    names = {_last(name): (name, default) for name, (default, _) in flatten(kind()).items()}
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ValueError(f"there is no {', '.join(unknown)}; expected {', '.join(names)}")
    dotted = {}
    for last, value in values.items():
        name, default = names[last]
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        dotted[name] = str(value) if isinstance(default, str) and is_number else value
    tree: Settings = unflatten(kind, dotted)
    return tree


def add_options(parser: argparse.ArgumentParser, defaults: Any) -> None:
    """Add one option per setting of a tree, with its description, range and default."""
    for name, (default, about) in flatten(defaults).items():
        option, text = option_name(_last(name)), about["description"].replace("%", "%%")
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true", default=default, help=text)
            continue
        limits = describe_range(about)
        limits = f"{limits}; " if limits else ""
        parser.add_argument(
            option,
            type=type(default),
            default=default,
            choices=about["choices"] or None,
            metavar=None if about["choices"] else METAVARS[type(default)],
            help=f"{text} ({limits}default: %(default)s)",
        )


def from_options(kind: type[Settings], args: argparse.Namespace) -> Settings:
    """The tree of settings that parsed options describe.

    Raises:
        ValueError: a value is out of range.
    """
    names = {_last(name) for name in flatten(kind())}
    return from_flat_values(kind, {k: v for k, v in vars(args).items() if k in names})


def option_name(name: str) -> str:
    """The command line option of a setting."""
    return "--" + name.replace("_", "-")


def _last(name: str) -> str:
    return name.rpartition(".")[2]
