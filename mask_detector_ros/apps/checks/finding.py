# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """Severity of a finding. The values are written to JSON."""

    OK = "ok"
    WARN = "warn"
    """Works, but not as well as it could, or is not needed by every user."""
    ERROR = "error"
    """Must be fixed."""


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        check: what was checked, in a word or two.
        level: severity.
        text: what was found, one sentence.
        advice: what to do; empty if nothing.
    """

    check: str
    level: Level
    text: str
    advice: str = ""


def ok(check: str, text: str) -> Finding:
    """A finding that needs no action."""
    return Finding(check, Level.OK, text)


def warning(check: str, text: str, advice: str = "") -> Finding:
    """A finding that may need action."""
    return Finding(check, Level.WARN, text, advice)


def error(check: str, text: str, advice: str) -> Finding:
    """A finding that must be fixed."""
    return Finding(check, Level.ERROR, text, advice)
