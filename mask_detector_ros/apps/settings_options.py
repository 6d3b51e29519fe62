# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pipeline settings named on the command line, checked against the settings' own table."""

from __future__ import annotations

from typing import Any

from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.settings import check, flatten, unflatten

BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
BOOLEANS |= {"false": False, "no": False, "off": False, "0": False}


def parse_setting(text: str) -> tuple[str, Any]:
    """Read ``NAME=VALUE``.

    Returns:
        The dotted name and the value, of the setting's type.

    Raises:
        ValueError: there is no such setting, or the value does not suit it.
    """
    name, separator, value = (part.strip() for part in text.partition("="))
    if not separator:
        raise ValueError(f"{text!r} is not NAME=VALUE, as in detector.score_threshold=0.6")
    table = flatten(PipelineSettings())
    if name not in table:
        raise ValueError(f"there is no setting {name!r}; there are {', '.join(table)}")
    default, about = table[name]
    return name, _convert(name, value, default, about)


def _convert(name: str, text: str, default: Any, about: dict[str, Any]) -> Any:
    kind = type(default)
    value: Any = text
    if kind is bool:
        value = BOOLEANS.get(text.lower(), text)
    elif kind is not str:
        try:
            value = kind(text)
        except ValueError:
            pass  # the check says what was expected
    return check(name, value, default, about)


def build_settings(values: dict[str, Any]) -> PipelineSettings:
    """The default settings with these in place, by dotted name."""
    settings: PipelineSettings = unflatten(PipelineSettings, values)
    return settings
