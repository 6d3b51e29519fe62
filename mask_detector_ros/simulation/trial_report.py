# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results of the scenario suite: a text table, and a top-down image of every trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.patrol.interface import ReminderKind, State
from mask_detector_ros.perception.annotator import DISPLAY_NAMES
from mask_detector_ros.perception.types import CLASSES
from mask_detector_ros.simulation.canvas import BACKGROUND, Canvas, Color
from mask_detector_ros.simulation.scenario import Scenario
from mask_detector_ros.simulation.simulator import Simulator
from mask_detector_ros.simulation.speech_bubbles import SpeechBubble
from mask_detector_ros.simulation.timeline import Timeline, Utterance
from mask_detector_ros.simulation.top_down import (
    LEGEND_HEIGHT_PX,
    STATE_COLORS,
    TopDownMap,
    draw_legend,
)
from mask_detector_ros.simulation.trial_score import Score, Totals

PASSED_COLOR: Color = (95, 154, 61)
FAILED_COLOR: Color = (59, 56, 194)
MOVED_M = 0.5
"""People who moved further than this are drawn at their first position too."""
COLUMNS = (
    "scenario",
    "violators",
    "reminded",
    "reminders",
    "false",
    "too often",
    "delay",
    "stand-off",
    "nearest",
    "thanked",
    "resumed",
    "",
)


def score_table(scores: Sequence[Score]) -> list[str]:
    """ASCII lines: a header, a rule and one line per trial."""
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
        f"{score.reminded}/{score.violators}" if score.violators else "-",
        str(score.reminders),
        str(score.false_reminders),
        str(score.reminded_too_often),
        _mean(score.delays, " s"),
        _mean(score.stand_offs, " m"),
        f"{score.nearest:.1f} m" if math.isfinite(score.nearest) else "-",
        f"{score.thanked}/{score.to_thank}" if score.to_thank else "-",
        resumed,
        "ok" if score.passed else "FAILED",
    )


def _mean(values: Sequence[float], unit: str) -> str:
    return f"{sum(values) / len(values):.1f}{unit}" if values else "-"


def summary_lines(totals: Totals, ground_truth: bool) -> list[str]:
    """The sums, and whether the target is met."""
    percent = 100 * totals.reminded / totals.violators if totals.violators else 100.0
    verdict = "met" if totals.target_met(ground_truth) else "MISSED"
    target = (
        "every scenario ok" if ground_truth
        else "95 % of the violators reminded, at most 1 false reminder"
    )  # fmt: skip
    return [
        f"{totals.passed} of {totals.scenarios} scenarios ok; "
        f"{totals.reminded} of {totals.violators} violators reminded ({percent:.0f} %); "
        f"false reminders: {totals.false_reminders}; "
        f"people reminded too often: {totals.reminded_too_often}",
        f"target ({target}): {verdict}",
    ]


def trial_image(
    scenario: Scenario,
    timeline: Timeline,
    score: Score,
    size: tuple[int, int] = (800, 600),
    legend: bool = True,
) -> Image:
    """Top-down image of a whole trial, (height, width, 3) BGR.

    Shows the paths of the robot and the people, their last positions, and what was said.
    ``size`` is width and height in pixels.
    """
    chart = TopDownMap(
        scenario.world, scenario.plan, size, legend_height=LEGEND_HEIGHT_PX if legend else 0
    )
    chart.draw_floor()
    snapshots = timeline.snapshots
    for k in range(len(timeline.names)):
        states = [snapshot.people[k] for snapshot in snapshots]
        chart.draw_trail([s.point for s in states], [s.wear_status for s in states])
    chart.draw_path([(snapshot.robot.point, snapshot.state) for snapshot in snapshots])
    first = Simulator(scenario.world, scenario.people, scenario.start).view().figures
    for name, figure, last in zip(timeline.names, first, snapshots[-1].people, strict=True):
        if math.hypot(last.x - figure.x, last.y - figure.y) > MOVED_M:
            chart.draw_figure(figure, pale=True)
        moved = replace(
            figure, x=last.x, y=last.y, facing=last.facing, wear_status=last.wear_status
        )
        chart.draw_figure(moved, name)
    chart.draw_names()
    chart.draw_robot(snapshots[-1].robot, STATE_COLORS[snapshots[-1].state])
    chart.draw_bubbles([_speech_bubble(utterance) for utterance in timeline.utterances])
    color = PASSED_COLOR if score.passed else FAILED_COLOR
    chart.draw_title(scenario.name, scenario.story, color)
    if legend:
        statuses = {person.wear_status for snapshot in snapshots for person in snapshot.people}
        chart.draw_legend([snapshot.state for snapshot in snapshots], sorted(statuses))
    return chart.canvas.finish()


def _speech_bubble(utterance: Utterance) -> SpeechBubble:
    at, command = utterance.robot.point, utterance.command
    if command.kind == ReminderKind.THANK:
        return SpeechBubble(at, f"{utterance.time:.0f} s: thanks", STATE_COLORS[State.THANK])
    attempt = f", reminder {command.attempt}" if command.attempt > 1 else ""
    text = f"{utterance.time:.0f} s: {DISPLAY_NAMES[command.status]}{attempt}"
    return SpeechBubble(at, text, STATE_COLORS[State.REMIND])


def overview(images: Sequence[Image], columns: int = 5) -> Image:
    """A grid of images of one size, with one legend for all of them."""
    columns = min(columns, len(images))
    blank = np.full_like(images[0], BACKGROUND)
    filled = [*images, *[blank] * (-len(images) % columns)]
    rows = [np.hstack(filled[k : k + columns]) for k in range(0, len(filled), columns)]
    legend = Canvas((rows[0].shape[1], 40), (1.0, 1.0), 0, 0, 0)
    if columns > 2:  # wide enough for the legend
        draw_legend(legend, [s for s in State if s != State.PAUSED], CLASSES, 10.0)
    return np.asarray(np.vstack([*rows, legend.finish()]))
