# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the suite has to say: a table for the terminal, and a picture per trial."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mask_detector_ros.patrol.interface import Point, ReminderKind, State
from mask_detector_ros.perception.annotator import WORDS
from mask_detector_ros.perception.types import CLASSES, Image
from mask_detector_ros.simulation.canvas import PAPER, Canvas, Color
from mask_detector_ros.simulation.scenario import Scenario
from mask_detector_ros.simulation.stage import Stage
from mask_detector_ros.simulation.timeline import Speech, Timeline
from mask_detector_ros.simulation.top_down import FOOT, STATE_COLORS, Bubble, Sheet, draw_legend
from mask_detector_ros.simulation.trial_score import Score, Totals

GOOD: Color = (95, 154, 61)
BAD: Color = (59, 56, 194)
COLUMNS = (
    "scenario",
    "violators",
    "as due",
    "reminders",
    "false",
    "too often",
    "seen->said",
    "stand-off",
    "nearest",
    "thanked",
    "resumed",
    "",
)


def table(scores: Sequence[Score]) -> list[str]:
    """Lines of ASCII: a head, a rule, one line per trial."""
    rows = [COLUMNS, *(_row(score) for score in scores)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(COLUMNS))]
    lines = [
        "  ".join(
            cell.ljust(width) if k in (0, len(COLUMNS) - 1) else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _row(score: Score) -> tuple[str, ...]:
    resumed = {True: "yes", False: "no", None: "-"}[score.resumed]
    return (
        score.scenario,
        str(score.violators),
        f"{score.right}/{score.violators}" if score.violators else "-",
        str(score.reminders),
        str(score.false),
        str(score.too_often),
        _mean(score.seconds, " s"),
        _mean(score.stand_offs, " m"),
        f"{score.nearest:.1f} m" if math.isfinite(score.nearest) else "-",
        f"{score.thanked}/{score.to_thank}" if score.to_thank else "-",
        resumed,
        "ok" if score.perfect else "MISSED",
    )


def _mean(values: Sequence[float], unit: str) -> str:
    return f"{sum(values) / len(values):.1f}{unit}" if values else "-"


def totals_lines(totals: Totals, perfect_detections: bool) -> list[str]:
    """The sums, and whether they are enough."""
    share = 100 * totals.right / totals.violators if totals.violators else 100.0
    verdict = "met" if totals.met(perfect_detections) else "MISSED"
    target = (
        "every scenario ok" if perfect_detections
        else "95 % reminded as due, at most 1 false reminder"
    )  # fmt: skip
    return [
        f"{totals.perfect} of {totals.scenarios} scenarios ok; "
        f"{totals.right} of {totals.violators} violators reminded as due ({share:.0f} %); "
        f"false reminders: {totals.false}; people reminded too often: {totals.too_often}",
        f"target ({target}): {verdict}",
    ]


def trial_picture(
    scenario: Scenario,
    timeline: Timeline,
    score: Score,
    size: tuple[int, int] = (800, 600),
    legend: bool = True,
) -> Image:
    """A whole trial from above: ways, words, and where everyone is in the end."""
    sheet = Sheet(scenario.world, scenario.plan, size, foot=FOOT if legend else 0)
    sheet.place()
    moments = timeline.moments
    for k in range(len(timeline.names)):
        sheet.trail([Point(*m.people[k][:2]) for m in moments], [m.people[k][3] for m in moments])
    path = [(m.robot.point, m.state) for m in moments]
    sheet.path(path)
    first = Stage(scenario.world, scenario.cast, scenario.start).view().figures
    wears = {m.people[k][3] for m in moments for k in range(len(timeline.names))}
    for k, (name, figure) in enumerate(zip(timeline.names, first, strict=True)):
        x, y, facing, wear = moments[-1].people[k]
        if math.hypot(x - figure.x, y - figure.y) > 0.5:
            sheet.figure(figure, pale=True)
        last = type(figure)(figure.sprite, x, y, facing, wear, is_poster=figure.is_poster)
        sheet.figure(last, name)
    sheet.robot(moments[-1].robot, STATE_COLORS[moments[-1].state])
    sheet.bubbles([_bubble(speech) for speech in timeline.speeches])
    sheet.title(scenario.name, scenario.story, GOOD if score.perfect else BAD)
    if legend:
        sheet.legend([state for _, state in path], sorted(wears))
    return sheet.canvas.finish()


def _bubble(speech: Speech) -> Bubble:
    at = speech.robot.point
    if speech.speak.kind == ReminderKind.THANK:
        return Bubble(at, f"{speech.time:.0f} s: thank you", STATE_COLORS[State.THANK])
    again = f" ({speech.speak.count})" if speech.speak.count > 1 else ""
    words = f"{speech.time:.0f} s: {WORDS[speech.speak.status]}{again}"
    return Bubble(at, words, STATE_COLORS[State.REMIND])


def overview(pictures: Sequence[Image], columns: int = 5) -> Image:
    """Pictures of one size in rows, and one legend for all."""
    columns = min(columns, len(pictures))
    blank = np.full_like(pictures[0], PAPER)
    filled = [*pictures, *[blank] * (-len(pictures) % columns)]
    rows = [np.hstack(filled[k : k + columns]) for k in range(0, len(filled), columns)]
    foot = Canvas((rows[0].shape[1], 40), (1.0, 1.0), 0, 0, 0)
    if columns > 2:  # there is room
        draw_legend(foot, [s for s in State if s != State.PAUSED], CLASSES, 10.0)
    return np.asarray(np.vstack([*rows, foot.finish()]))
