# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""docs/patrol_states.md: the table of transitions as a diagram and as a table.

Rewrite it with ``python -m mask_detector_ros.patrol.transitions_page``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mask_detector_ros.patrol.interface import State
from mask_detector_ros.patrol.transitions import TRANSITIONS, WORKING, Transition

PAGE = "docs/patrol_states.md"

MEANINGS = {
    State.PATROL: "Drives from waypoint to waypoint, once camera and pose have been there.",
    State.APPROACH: "On the way to somebody in violation, to stop at the stand-off.",
    State.REMIND: "Stands before them and speaks a reminder.",
    State.WAIT: "Gives them time to comply, and turns after them.",
    State.THANK: "Thanks those who complied.",
    State.GIVE_UP: "Leaves them be; lasts one tick.",
    State.RESUME: "On the way back to the interrupted waypoint; otherwise like PATROL.",
    State.PAUSED: "Told to pause; stands still.",
    State.FAULT: "Cannot work; stands still until it can again.",
}


def as_markdown() -> str:
    """The whole page."""
    lines = [
        "# States of the patrol",
        "",
        "<!-- Made from the table in mask_detector_ros/patrol/transitions.py; after changing it,",
        "run: python -m mask_detector_ros.patrol.transitions_page -->",
        "",
        "The behavior is this table and nothing else: at every tick the first row of the present",
        "state whose condition holds is taken. Names in `code` are settings. A goal for the",
        "navigation is sent in PATROL, RESUME and APPROACH; in REMIND and WAIT only to turn on the",
        "spot after people who step aside. Every other state stands still.",
        "",
        "```mermaid",
        *_diagram(),
        "```",
        "",
        "| state | what the robot does |",
        "|---|---|",
        *(f"| {state.name} | {meaning} |" for state, meaning in MEANINGS.items()),
        "",
        "| from | when | to | reason given | left be for |",
        "|---|---|---|---|---|",
        *(_table_row(row) for row in TRANSITIONS),
    ]
    return "\n".join(lines) + "\n"


def _diagram() -> Iterator[str]:
    """Rows that lead from one state to another, those between the same two in one arrow."""
    yield "stateDiagram-v2"
    yield "    [*] --> Working"
    yield "    state Working {"
    yield "        [*] --> PATROL"
    inner: dict[tuple[str, str], list[str]] = {}
    outer: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        for source in _drawn_sources(row):
            arrows = inner if {source, row.target.name} <= {s.name for s in WORKING} else outer
            arrows.setdefault((source, row.target.name), []).append(_name(row))
    for (source, target), names in inner.items():
        yield f"        {source} --> {target}: {_joined(names)}"
    yield "    }"
    for (source, target), names in outer.items():
        yield f"    {source} --> {target}: {_joined(names)}"


def _drawn_sources(row: Transition) -> list[str]:
    """A row of all working states starts at their frame, not at each."""
    if set(WORKING) <= set(row.sources):
        return ["Working", *(s.name for s in row.sources if s not in WORKING)]
    return [source.name for source in row.sources]


def _name(row: Transition) -> str:
    return row.guard.__name__.replace("_", " ")


def _joined(names: list[str]) -> str:
    return ",<br/>".join(names)


def _table_row(row: Transition) -> str:
    if set(WORKING) <= set(row.sources):
        sources = ", ".join(["any working state", *(s.name for s in row.sources[len(WORKING) :])])
    else:
        sources = ", ".join(source.name for source in row.sources)
    left_be = f"`memory.{row.left_be}`" if row.left_be else ""
    return (
        f"| {sources} | **{_name(row)}**: {row.condition} | {row.target.name} | {row.words} | "
        f"{left_be} |"
    )


def main() -> None:
    """Write the page into the source tree this module lies in."""
    root = Path(__file__).resolve().parents[2]
    (root / PAGE).write_text(as_markdown(), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
