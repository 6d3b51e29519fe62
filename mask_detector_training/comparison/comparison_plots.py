# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of a comparison."""

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
from mask_detector_training.comparison.entry_training import TrainedEntry
from mask_detector_training.figures import CLASS_COLORS, figure

LINE_COLORS = (
    "#1f3b57",
    "#c6352b",
    "#2c8a4b",
    "#e07b1f",
    "#7a4fa3",
    "#1798a5",
    "#8c564b",
    "#888888",
)
LINE_STYLES = ("-", "--", ":", "-.")
SPLIT_COLORS = {"train": "#9aa5b1", "val": "#1f3b57"}
COLUMNS = 4
AREAS = ("AUC", "AP")
"""Names of the areas of ROC and precision-recall curves."""


def _line(index: int) -> dict[str, Any]:
    """Line of an entry: its own color, then other dashes."""
    style = LINE_STYLES[index // len(LINE_COLORS) % len(LINE_STYLES)]
    return {"color": LINE_COLORS[index % len(LINE_COLORS)], "linestyle": style, "linewidth": 1.2}


def plot_history(path: Path, trained: Sequence[TrainedEntry], metric: str) -> None:
    """Plot ``accuracy`` or ``loss`` over the updates, on train and val, one panel per entry.

    Panels of the loss name its kind and have their own scale; accuracies share one.
    """
    columns = min(COLUMNS, len(trained))
    rows = math.ceil(len(trained) / columns)
    shared_scale = metric == "accuracy"
    with figure(
        path, 2.2 * columns, 0.4 + 1.75 * rows, nrows=rows, ncols=columns, squeeze=False,
        sharey=shared_scale,
    ) as axes:  # fmt: skip
        drawing = axes[0, 0].get_figure()
        for panel in axes.flat[len(trained) :]:
            panel.set_visible(False)
        for panel, one in zip(axes.flat, trained, strict=False):
            steps = [row["step"] for row in one.history]
            for name, key in (("train", metric), ("val", f"val_{metric}")):
                values = [row[key] for row in one.history]
                panel.plot(steps, values, ".-", color=SPLIT_COLORS[name], label=name, markersize=4)
            panel.set_title(one.entry.name, fontsize=8)
            panel.tick_params(labelsize=7)
            if not shared_scale:
                panel.set_ylabel(one.entry.recipe.loss, fontsize=8)
        drawing.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower right", ncols=2)
        drawing.supxlabel("updates", fontsize=8)
        drawing.supylabel(metric, fontsize=8)


def _plot_pair(
    path: Path,
    trained: Sequence[TrainedEntry],
    area: str,
    decorate: Callable[[Any], None],
) -> None:
    """Plot curves of all entries: violations, and macro average; the legend has both areas.

    Args:
        path: the PNG file.
        trained: the entries.
        area: name of the area: AUC for ROC curves, AP for precision-recall curves.
        decorate: sets the axes of a panel.
    """
    kinds = (("violations", violation_curves), ("macro average over classes", class_curves))
    with figure(path, 7.6, 3.2 + 0.1 * len(trained), ncols=2, sharey=True) as axes:
        areas: list[list[str]] = [[] for _ in trained]
        for panel, (title, curves_of) in zip(axes, kinds, strict=True):
            for index, one in enumerate(trained):
                curve: Curve = curves_of(one)[AREAS.index(area)]
                panel.plot(curve.x, curve.y, **_line(index))
                areas[index].append(f"{curve.area:.3f}")
            panel.set_title(title, fontsize=9)
            decorate(panel)
        labels = [
            f"{one.entry.name}: {area} {' / '.join(a)}"
            for one, a in zip(trained, areas, strict=True)
        ]
        drawing = axes[0].get_figure()
        drawing.legend(axes[0].lines, labels, loc="outside lower center", ncols=2, fontsize=8)


def plot_roc(path: Path, trained: Sequence[TrainedEntry]) -> None:
    """Plot ROC curves, with a logarithmic scale of the false positive rate."""
    fewest = min(float((~one.mapping.is_violation(one.truth)).sum()) for one in trained)
    low = 0.5 / max(fewest, 10)

    def decorate(panel: Any) -> None:
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(lambda rate, _: f"{100 * rate:g} %")
        panel.set(
            xlim=(low, 1),
            ylim=(0, 1.02),
            xlabel="false positive rate",
            ylabel="true positive rate (recall)",
        )
        panel.label_outer()

    _plot_pair(path, trained, "AUC", decorate)


def plot_precision_recall(path: Path, trained: Sequence[TrainedEntry]) -> None:
    """Plot precision-recall curves."""

    def decorate(panel: Any) -> None:
        panel.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        panel.label_outer()

    _plot_pair(path, trained, "AP", decorate)


def plot_classes(path: Path, trained: Sequence[TrainedEntry]) -> None:
    """Plot F1 of each class, one row per entry."""
    names = [one.entry.name for one in trained]
    with figure(path, 7.2, 1.2 + 0.34 * len(trained)) as axes:
        in_legend: set[str] = set()
        for row, one in enumerate(trained):
            classes = by_class(one)
            scores = [each["F1"] for each in classes.values()]
            axes.plot([min(scores), max(scores)], [row, row], color="#cccccc", zorder=1)
            for name, score in zip(classes, scores, strict=True):
                label = None if name in in_legend else name.replace("_", " ")
                in_legend.add(name)
                axes.scatter(score, row, color=CLASS_COLORS[name], label=label, s=42, zorder=2)
            axes.scatter(
                float(np.mean(scores)), row, marker="|", color="black", s=120, zorder=3,
                label=None if row else "macro F1",
            )  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set(xlabel="F1 score", xlim=(None, 1.0))
        axes.get_figure().legend(loc="outside upper center", ncols=6, fontsize=8)


def plot_cost(path: Path, trained: Sequence[TrainedEntry]) -> None:
    """Plot macro F1 over inference time."""
    with figure(path, 6.4, 3.6) as axes:
        for index, one in enumerate(trained):
            metrics = summary(one)
            axes.scatter(
                metrics["ms per face"], metrics["macro F1"], s=60, label=one.entry.name,
                color=LINE_COLORS[index % len(LINE_COLORS)],
                marker="os^D"[index // len(LINE_COLORS) % 4],
            )  # fmt: skip
        slowest = max(one.milliseconds for one in trained)
        axes.set(
            xlabel="inference time per face (ms), batch of 4, one thread",
            ylabel="macro F1",
            xlim=(0, 1.05 * slowest),
        )
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
