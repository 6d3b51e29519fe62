# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters ``qos_overrides.<topic>.<publisher|subscription>.<policy>`` that have no effect.

rclpy reads them when a publisher or subscription is created, declares those that it reads, and
ignores all others. Topics are full names after remapping.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

PREFIX = "qos_overrides."
ROLES = ("publisher", "subscription")
VALUES = {
    "reliability": ("reliable", "best_effort", "system_default"),
    "history": ("keep_last", "keep_all", "system_default"),
    "durability": ("volatile", "transient_local", "system_default"),
}
"""Policy -> its values."""


class Override(NamedTuple):
    """What an override is for."""

    topic: str
    role: str
    policy: str


def parse(name: str) -> Override | None:
    """The parts of a parameter's name; None if it is not of the form of an override."""
    parts = name.removeprefix(PREFIX).split(".")
    if len(parts) != 3 or not parts[0].startswith("/") or parts[1] not in ROLES:
        return None
    return Override(*parts)


def invalid(given: Mapping[str, Any]) -> list[str]:
    """Overrides with a value that their policy does not have.

    Args:
        given: name -> value of all overrides.
    """
    faults = []
    for name, value in given.items():
        policy = name.rpartition(".")[2]
        if policy in VALUES and value not in VALUES[policy]:
            faults.append(f"{name} is {value!r}; expected one of {', '.join(VALUES[policy])}")
        if policy == "depth" and not (type(value) is int and value >= 1):
            faults.append(f"{name} is {value!r}; expected a whole number of at least 1")
    return faults


def ineffective(given: Mapping[str, Any], declared: Collection[str]) -> list[str]:
    """Why overrides have no effect, a text for each such.

    Args:
        given: name -> value of all overrides.
        declared: names of the overrides that rclpy has declared, so that they have an effect.
    """
    known = [override for name in declared if (override := parse(name)) is not None]
    texts = []
    for name in sorted(given):
        override = parse(name)
        reason = ""
        if override is None:
            reason = f"expected {PREFIX}<full topic>.<publisher or subscription>.<policy>"
        elif name not in declared:
            reason = _reason(override, known)
        elif override.policy == "depth" and _history(given, override) == "keep_all":
            reason = "the history is keep_all"
        if reason:
            texts.append(f"{name} has no effect: {reason}")
    return texts


def _history(given: Mapping[str, Any], override: Override) -> Any:
    return given.get(f"{PREFIX}{override.topic}.{override.role}.history")


def _reason(override: Override, known: list[Override]) -> str:
    topics = sorted({o.topic for o in known if o.role == override.role})
    of_topic = [o for o in known if o.topic == override.topic]
    policies = sorted(o.policy for o in of_topic if o.role == override.role)
    if policies:
        return f"this policy cannot be overridden; these can: {', '.join(policies)}"
    if of_topic:
        return f"the node has no {override.role} on this topic, but a {of_topic[0].role}"
    if not topics:
        return f"the node has no {override.role} with overrides"
    nearest = difflib.get_close_matches(override.topic, topics, n=1, cutoff=0.5)
    named = nearest or topics
    return (
        f"the node has no {override.role} on this topic (names are full and after remapping); "
        f"it has one on {', '.join(named)}"
    )
