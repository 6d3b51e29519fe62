# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The diagrams of a comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_training.comparison.comparison_scores import (
    by_class,
    class_curves,
    summary,
    violation_curves,
)
from mask_detector_training.comparison.curves import Curve
from mask_detector_training.comparison.entry_training import Trained
from mask_detector_training.figures import COLORS, figure

LINES = ("#1f3b57", "#c6352b", "#2c8a4b", "#e07b1f", "#7a4fa3", "#1798a5", "#8c564b", "#888888")
STYLES = ("-", "--", ":", "-.")
PARTS = {"train": "#9aa5b1", "val": "#1f3b57"}
COLUMNS = 4


def _line(index: int) -> dict[str, Any]:
    """Colors first; where they run out, other dashes."""
    style = STYLES[index // len(LINES) % len(STYLES)]
    return {"color": LINES[index % len(LINES)], "linestyle": style, "linewidth": 1.2}


def draw_history(path: Path, trained: Sequence[Trained], what: str) -> None:
    """``accuracy`` or ``loss`` over the updates, training and val, one panel per entry.

    Losses of different kinds have different scales, so each panel has its own and names the
    loss; accuracies share theirs.
    """
    columns = min(COLUMNS, len(trained))
    rows = math.ceil(len(trained) / columns)
    alike = what == "accuracy"
    with figure(
        path, 2.2 * columns, 0.4 + 1.75 * rows, nrows=rows, ncols=columns, squeeze=False,
        sharey=alike,
    ) as axes:  # fmt: skip
        whole = axes[0, 0].get_figure()
        for panel in axes.flat[len(trained) :]:
            panel.set_visible(False)
        for panel, one in zip(axes.flat, trained, strict=False):
            steps = [row["step"] for row in one.history]
            for name, key in (("train", what), ("val", f"val_{what}")):
                values = [row[key] for row in one.history]
                panel.plot(steps, values, ".-", color=PARTS[name], label=name, markersize=4)
            panel.set_title(one.entry.name, fontsize=8)
            panel.tick_params(labelsize=7)
            if not alike:
                panel.set_ylabel(one.entry.recipe.loss, fontsize=8)
        whole.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower right", ncols=2)
        whole.supxlabel("updates", fontsize=8)
        whole.supylabel(what, fontsize=8)


def _draw_pair(
    path: Path,
    trained: Sequence[Trained],
    which: int,
    decorate: Callable[[Any], None],
) -> None:
    """Curves of all entries, for violations and for the mean over classes; the areas as key."""
    kinds = (("not worn correctly", violation_curves), ("mean over classes", class_curves))
    with figure(path, 7.6, 3.2 + 0.1 * len(trained), ncols=2, sharey=True) as axes:
        areas: list[list[str]] = [[] for _ in trained]
        for panel, (title, curves_of) in zip(axes, kinds, strict=True):
            for index, one in enumerate(trained):
                curve: Curve = curves_of(one)[which]
                panel.plot(curve.x, curve.y, **_line(index))
                areas[index].append(f"{curve.area:.3f}")
            panel.set_title(title, fontsize=9)
            decorate(panel)
        labels = [
            f"{one.entry.name}: {', '.join(a)}" for one, a in zip(trained, areas, strict=True)
        ]
        whole = axes[0].get_figure()
        whole.legend(axes[0].lines, labels, loc="outside lower center", ncols=2, fontsize=8)


def draw_roc(path: Path, trained: Sequence[Trained]) -> None:
    """ROC curves; false alarms on a logarithmic scale, where the few that matter have room."""
    fewest = min(float((~one.view.violations(one.truth)).sum()) for one in trained)
    low = 0.5 / max(fewest, 10)

    def decorate(panel: Any) -> None:
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(lambda part, _: f"{100 * part:g} %")
        panel.set(xlim=(low, 1), ylim=(0, 1.02), xlabel="false alarms", ylabel="found")
        panel.label_outer()

    _draw_pair(path, trained, 0, decorate)


def draw_precision_recall(path: Path, trained: Sequence[Trained]) -> None:
    """Precision over recall."""

    def decorate(panel: Any) -> None:
        panel.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        panel.label_outer()

    _draw_pair(path, trained, 1, decorate)


def draw_classes(path: Path, trained: Sequence[Trained]) -> None:
    """F1 of every class, one row per entry."""
    names = [one.entry.name for one in trained]
    with figure(path, 7.2, 1.2 + 0.34 * len(trained)) as axes:
        seen: set[str] = set()
        for row, one in enumerate(trained):
            figures = by_class(one)
            scores = [each["F1"] for each in figures.values()]
            axes.plot([min(scores), max(scores)], [row, row], color="#cccccc", zorder=1)
            for name, score in zip(figures, scores, strict=True):
                label = None if name in seen else name.replace("_", " ")
                seen.add(name)
                axes.scatter(score, row, color=COLORS[name], label=label, s=42, zorder=2)
            axes.scatter(
                float(np.mean(scores)), row, marker="|", color="black", s=120, zorder=3,
                label=None if row else "mean",
            )  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set(xlabel="F1", xlim=(None, 1.0))
        axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=6, fontsize=8)


def draw_cost(path: Path, trained: Sequence[Trained]) -> None:
    """Macro F1 over the time for one face."""
    with figure(path, 6.4, 3.6) as axes:
        for index, one in enumerate(trained):
            figures = summary(one)
            axes.scatter(
                figures["ms per face"], figures["macro F1"], s=60, label=one.entry.name,
                color=LINES[index % len(LINES)],
                marker="os^D"[index // len(LINES) % 4],
            )  # fmt: skip
        axes.set(xlabel="ms per face, batch of 4, one thread", ylabel="macro F1", xlim=(0, None))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
