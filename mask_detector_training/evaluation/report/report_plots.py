# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of the report: precision-recall curves, confusion matrix, reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_training.evaluation.face_scores import select_widths
from mask_detector_training.evaluation.metrics import (
    CALIBRATION_BINS,
    IOU_THRESHOLD,
    LOOSE_IOU,
    LabeledDetections,
    average_precision,
    calibration_bins,
    calibration_error,
    precision_recall,
)
from mask_detector_training.evaluation.predictions import WIDTH_BANDS_PX, band_name
from mask_detector_training.figures import CLASS_COLORS, LINE_COLORS, figure


def plot_precision_recall(
    path: Path, images: Sequence[LabeledDetections], threshold: float
) -> None:
    """Plot precision over recall, at the IoU of finding and at that of framing.

    Args:
        path: the PNG file.
        images: all detections; one curve of all faces and one for each face width.
        threshold: score threshold, marked on the first curve.
    """
    bands = {"all faces": (0.0, np.inf), **{band_name(*band): band for band in WIDTH_BANDS_PX}}
    panels = ((LOOSE_IOU, "Finding", "AP30"), (IOU_THRESHOLD, "Framing", "AP50"))
    with figure(path, 9.6, 4.4, ncols=2, sharey=True) as both:
        for axes, (iou, title, metric) in zip(both, panels, strict=True):
            for index, (name, band) in enumerate(bands.items()):
                chosen = select_widths(images, *band, iou)
                scores, precision, recall = precision_recall(chosen, iou)
                score = average_precision(chosen, iou)
                shown = f"{metric} {score:.3f}" if np.isfinite(score) else "no faces"
                axes.plot(
                    recall, precision, color=LINE_COLORS[index], label=f"{name}: {shown}",
                    lw=1 if index else 2.2,
                )  # fmt: skip
                above = np.flatnonzero(scores >= threshold)
                if not index and len(above):
                    last = above[-1]
                    axes.plot(
                        recall[last], precision[last], "o", color=LINE_COLORS[0], ms=7,
                        label=f"score threshold {threshold:g}",
                    )  # fmt: skip
            axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall")
            axes.set_title(f"{title} (IoU ≥ {iou:g})")
            axes.legend(loc="lower left")
        both[0].set(ylabel="precision")


def plot_confusion_matrix(path: Path, counts: IntArray, names: Sequence[str]) -> None:
    """Plot counts (C, C) of a confusion matrix, colored by the fraction of the true class."""
    fractions = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    labels = [name.replace("_", " ") for name in names]
    with figure(path, 5.8, 4.7) as axes:
        axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            fraction = fractions[row, column]
            axes.text(
                column, row, f"{count}\n{100 * fraction:.1f} %", ha="center", va="center",
                color="white" if fraction > 0.5 else "black",
            )  # fmt: skip
        ticks = range(len(labels))
        axes.set_xticks(ticks, labels)
        axes.set_yticks(ticks, labels)
        axes.set(xlabel="predicted", ylabel="ground truth")
        axes.set_title("Confusion matrix (percent of the true class)")
        axes.grid(False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)


def plot_reliability_diagram(path: Path, probabilities: FloatArray, truth: IntArray) -> None:
    """Plot accuracy over confidence of the predicted class, and a histogram of the confidence.

    Args:
        path: the PNG file.
        probabilities: (N, C).
        truth: (N,) true classes.
    """
    counts, confidence, correct = calibration_bins(probabilities, truth)
    error = calibration_error(probabilities, truth)
    edges = np.arange(CALIBRATION_BINS) / CALIBRATION_BINS
    with figure(path, 5.6, 5.2, nrows=2, sharex=True, gridspec_kw={"height_ratios": (3, 1)}) as (
        upper,
        lower,
    ):
        upper.plot([0, 1], [0, 1], "--", color="#888888", lw=1, label="perfect calibration")
        upper.vlines(confidence, confidence, correct, color=CLASS_COLORS["no_mask"], lw=1.2,
                     alpha=0.6)  # fmt: skip
        upper.plot(
            confidence, correct, "o-", color=LINE_COLORS[0], label=f"classifier (ECE {error:.3f})"
        )
        upper.set(ylabel="accuracy", ylim=(0, 1.03), title="Reliability diagram")
        upper.legend(loc="upper left")
        lower.bar(edges, counts, width=0.9 / CALIBRATION_BINS, align="edge", color=LINE_COLORS[0])
        # Bins near 1 hold hundreds of faces, those at low confidence a handful.
        lower.set_yscale("symlog", linthresh=1)
        ticks = [t for t in (0, 1, 10, 100, 1000, 10000) if t <= 2 * max(counts.max(), 1)]
        lower.set_yticks(ticks, [str(tick) for tick in ticks])
        lower.set(xlabel="confidence (probability of the predicted class)", ylabel="faces",
                  xlim=(0.2, 1.01))  # fmt: skip
