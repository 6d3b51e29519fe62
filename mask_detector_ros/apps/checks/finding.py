# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One thing the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How a finding is. The values go into JSON."""

    GOOD = "good"
    NOTE = "note"
    """Works, but not as well as it could, or is not needed for everything."""
    BAD = "bad"
    """Has to be put right."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what was looked at, in a word or two.
        state: how it is.
        text: what was found, one sentence.
        advice: what to do; empty if nothing.
    """

    check: str
    state: State
    text: str
    advice: str = ""


def good(check: str, text: str) -> Finding:
    """In order."""
    return Finding(check, State.GOOD, text)


def note(check: str, text: str, advice: str = "") -> Finding:
    """Worth knowing."""
    return Finding(check, State.NOTE, text, advice)


def bad(check: str, text: str, advice: str) -> Finding:
    """To be put right."""
    return Finding(check, State.BAD, text, advice)
