# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report's diagrams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mask_detector_ros.perception.types import FloatArray, IntArray
from mask_detector_training.evaluation.metrics import (
    BINS,
    Answers,
    average_precision,
    calibration_bins,
    calibration_error,
    precision_recall,
)
from mask_detector_training.figures import COLORS, figure

SHADES = ("#1f3b57", "#c6352b", "#e07b1f", "#2c8a4b")


def draw_precision_recall(
    path: Path, pictures: Mapping[str, Sequence[Answers]], threshold: float
) -> None:
    """Precision over recall, the first of ``pictures`` drawn bold.

    Args:
        path: the PNG file.
        pictures: answers by the name of their curve.
        threshold: of the score; its place is marked on the bold curve.
    """
    with figure(path, 6.4, 4.4) as axes:
        for index, (name, some) in enumerate(pictures.items()):
            scores, precision, recall = precision_recall(some)
            label = f"{name}: AP50 {average_precision(some):.3f}"
            axes.plot(recall, precision, color=SHADES[index], label=label, lw=1 if index else 2.2)
            strong = np.flatnonzero(scores >= threshold)
            if not index and len(strong):
                last = strong[-1]
                axes.plot(
                    recall[last], precision[last], "o", color=SHADES[0], ms=7,
                    label=f"shipped threshold {threshold:g}",
                )  # fmt: skip
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
        axes.legend(loc="lower left")


def draw_confusion(path: Path, counts: IntArray, names: Sequence[str]) -> None:
    """A confusion table: counts, shaded by their part of the row."""
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    labels = [name.replace("_", " ") for name in names]
    with figure(path, 5.8, 4.5) as axes:
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            share = shares[row, column]
            axes.text(
                column, row, f"{count}\n{100 * share:.1f} %", ha="center", va="center",
                color="white" if share > 0.5 else "black",
            )  # fmt: skip
        places = range(len(labels))
        axes.set_xticks(places, labels)
        axes.set_yticks(places, labels)
        axes.set(xlabel="said", ylabel="true")
        axes.grid(False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)


def draw_calibration(path: Path, probabilities: FloatArray, truth: IntArray) -> None:
    """How often the likeliest class is right over its probability, and how often that comes."""
    counts, said, right = calibration_bins(probabilities, truth)
    error = calibration_error(probabilities, truth)
    edges = np.arange(BINS) / BINS
    with figure(path, 5.6, 5.0, nrows=2, sharex=True, gridspec_kw={"height_ratios": (3, 1)}) as (
        upper,
        lower,
    ):
        upper.plot([0, 1], [0, 1], "--", color="#888888", lw=1, label="as often as said")
        upper.vlines(said, said, right, color=COLORS["no_mask"], lw=1.2, alpha=0.6)
        upper.plot(said, right, "o-", color=SHADES[0], label=f"classifier, ECE {error:.3f}")
        upper.set(ylabel="part that is right", ylim=(0, 1.03))
        upper.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        lower.bar(edges, counts, width=0.9 / BINS, align="edge", color=SHADES[0])
        # The sure answers are hundreds, the doubtful ones a handful.
        lower.set_yscale("symlog", linthresh=1)
        ticks = [t for t in (0, 1, 10, 100, 1000, 10000) if t <= 2 * max(counts.max(), 1)]
        lower.set_yticks(ticks, [str(tick) for tick in ticks])
        lower.set(xlabel="probability of the likeliest class", ylabel="faces", xlim=(0.2, 1.01))
