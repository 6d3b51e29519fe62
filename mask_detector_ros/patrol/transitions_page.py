# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Generates docs/patrol_states.md, a diagram and a table of the transitions.

Run ``python -m mask_detector_ros.patrol.transitions_page`` after a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mask_detector_ros.patrol.interface import State
from mask_detector_ros.patrol.transitions import TRANSITIONS, WORKING, Transition

PAGE = "docs/patrol_states.md"

MEANINGS = {
    State.PATROL: "Drives to the present waypoint and waits there. No goal is sent before the "
    "first image and the first robot pose.",
    State.APPROACH: "Drives to the stand-off of a person in violation.",
    State.REMIND: "Stands and speaks a reminder.",
    State.WAIT: "Waits for compliance; rotates in place to keep the group in the image.",
    State.THANK: "Stands and speaks thanks.",
    State.GIVE_UP: "Ends an approach or encounter without compliance; lasts one tick.",
    State.RESUME: "Drives back to the interrupted waypoint; otherwise as PATROL.",
    State.PAUSED: "Stands until the operator resumes the patrol.",
    State.FAULT: "Stands until images, robot pose and navigation are available again.",
}


def as_markdown() -> str:
    """The whole page."""
    lines = [
        "# States of the patrol",
        "",
        "<!-- Generated from mask_detector_ros/patrol/transitions.py. After a change, run:",
        "python -m mask_detector_ros.patrol.transitions_page -->",
        "",
        "The behavior is this table. At every tick the first row of the present state whose",
        "condition holds is taken: its cooldown starts, the state changes, its action runs. Names",
        "in `code` are parameters. Without a transition, the state's navigation goal is sent or",
        "updated: a waypoint in PATROL and RESUME, the stand-off in APPROACH, a rotation in place",
        "in REMIND and WAIT. In all other states the robot stands still.",
        "",
        "```mermaid",
        *_diagram(),
        "```",
        "",
        "| state | what the robot does |",
        "|---|---|",
        *(f"| {state.name} | {meaning} |" for state, meaning in MEANINGS.items()),
        "",
        "The guards and actions are functions of the same names in `patrol/guards.py` and",
        "`patrol/actions.py`. The cooldown is that of the target. Where the reason is followed by",
        "(…), the error text of the navigation is appended.",
        "",
        "| from | guard | to | action | reason | cooldown |",
        "|---|---|---|---|---|---|",
        *(_table_row(row) for row in TRANSITIONS),
    ]
    return "\n".join(lines) + "\n"


def _diagram() -> Iterator[str]:
    """Mermaid source; transitions between the same two states share one arrow."""
    yield "stateDiagram-v2"
    yield "    [*] --> Working"
    yield "    state Working {"
    yield "        [*] --> PATROL"
    inner: dict[tuple[str, str], list[str]] = {}
    outer: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        for source in _drawn_sources(row):
            arrows = inner if {source, row.target.name} <= {s.name for s in WORKING} else outer
            arrows.setdefault((source, row.target.name), []).append(_guard(row))
    for (source, target), names in inner.items():
        yield f"        {source} --> {target}: {_joined(names)}"
    yield "    }"
    for (source, target), names in outer.items():
        yield f"    {source} --> {target}: {_joined(names)}"


def _drawn_sources(row: Transition) -> list[str]:
    """Names of the sources; all working states together are the composite state."""
    if set(WORKING) <= set(row.sources):
        return ["Working", *(s.name for s in row.sources if s not in WORKING)]
    return [source.name for source in row.sources]


def _guard(row: Transition) -> str:
    return _words(row.guard.__name__)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _joined(names: list[str]) -> str:
    return ",<br/>".join(names)


def _table_row(row: Transition) -> str:
    sources = ", ".join(_drawn_sources(row)).replace("Working", "any working state")
    cooldown = f"`memory.{row.cooldown}`" if row.cooldown else ""
    if row.cooldown_doubles:
        cooldown += ", doubles each time in a row"
    reason = f"{row.reason} (…)" if row.with_detail else row.reason
    return (
        f"| {sources} | **{_guard(row)}**: {row.condition} | {row.target.name} "
        f"| **{_words(row.action.__name__)}**: {row.effect} | {reason} | {cooldown} |"
    )


def main() -> None:
    """Write the page into the source tree."""
    root = Path(__file__).resolve().parents[2]
    (root / PAGE).write_text(as_markdown(), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
