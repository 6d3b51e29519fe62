# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report's part about telling how masks are worn, on labeled boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mask_detector_ros.perception.types import IntArray
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.evaluation.mapped_classes import truth_in
from mask_detector_training.evaluation.metrics import (
    accuracy,
    calibration_error,
    f1_scores,
    macro_f1,
)
from mask_detector_training.evaluation.predictions import BANDS, SMALLEST_TOLD, Told, band_name
from mask_detector_training.evaluation.report.report_plots import draw_calibration, draw_confusion
from mask_detector_training.evaluation.split_scores import (
    interval_of_macro_f1,
    of_classes,
    view_table,
)
from mask_detector_training.markdown_text import picture, section, table

CONFUSION, CALIBRATION = "confusion.png", "calibration.png"
CLASS_COLUMNS = ("class", "faces", "precision", "recall", "F1")


def classifier_part(told: Told, two: View, folder: Path) -> str:
    """Confusion, F1 by class, width and source, calibration, and the coarser views.

    Args:
        told: what was said of every labeled face.
        two: what counts as a mask.
        folder: where the pictures go.
    """
    four, large = VIEWS[4], of_classes(told, SMALLEST_TOLD)
    counts = view_table(large, four)
    draw_confusion(folder / CONFUSION, counts, four.names)
    truth = truth_in(four, large.statuses)
    draw_calibration(folder / CALIBRATION, large.probabilities, truth)
    error = calibration_error(large.probabilities, truth)
    low, high = interval_of_macro_f1(large)
    return section(
        "## Mask classifier",
        f"Labeled boxes of at least {SMALLEST_TOLD:g} px width, unless a width is given. The "
        "likeliest class counts, however unsure.",
        "### Confusion",
        _confusion(counts, four),
        picture(CONFUSION, "Confusion table: counts and their part of the true class"),
        "### By class",
        _classes(counts, four),
        f"Macro F1 **{macro_f1(counts):.3f}** (on other faces like these {low:.3f} to {high:.3f}, "
        f"95 times of 100), accuracy **{accuracy(counts):.3f}**.",
        "### By face width",
        table(("face width", "faces", "accuracy", "macro F1"), _by_width(told)),
        "### By source",
        table(("source", "faces", "accuracy", "macro F1"), _by_source(large)),
        "Macro F1 is the mean over the classes that are labeled there.",
        "### Calibration",
        f"Expected calibration error over 15 bins: **{error:.3f}**.",
        picture(CALIBRATION, "How often the likeliest class is right over its probability"),
        *_views(told.where(told.widths >= SMALLEST_TOLD), two),
    )


def _confusion(counts: IntArray, view: View) -> str:
    header = ("true \\ said", *view.names)
    return table(header, [(n, *row) for n, row in zip(view.names, counts, strict=True)])


def _classes(counts: IntArray, view: View) -> str:
    rows: list[tuple[Any, ...]] = []
    for index, name in enumerate(view.names):
        right, said, faces = counts[index, index], counts[:, index].sum(), counts[index].sum()
        precision = right / said if said else float("nan")
        recall = right / faces if faces else float("nan")
        rows.append((name, faces, precision, recall, f1_scores(counts)[index]))
    return table(CLASS_COLUMNS, rows)


def _figures(told: Told) -> tuple[int, float, float]:
    counts = view_table(told, VIEWS[4])
    return int(counts.sum()), accuracy(counts), macro_f1(counts)


def _by_width(told: Told) -> list[tuple[Any, ...]]:
    widths = told.widths
    return [
        (band_name(low, high), *_figures(told.where((widths >= low) & (widths < high))))
        for low, high in BANDS
    ]


def _by_source(told: Told) -> list[tuple[Any, ...]]:
    sources = told.sources
    return [(name, *_figures(told.where(sources == name))) for name in sorted(set(sources))]


def _views(told: Told, two: View) -> list[str]:
    """The same answers counted coarser; ``told`` holds faces labeled ``incorrect`` too."""
    parts = [
        "### Four, three and two classes",
        "The same answers, counted together. `incorrect` stands for below the mouth and nose "
        "exposed; faces labeled just `incorrect` count in the 3-class view only. In the "
        "2-class view " + _mapping(two) + ".",
    ]
    summary = []
    for number, view in {**VIEWS, 2: two}.items():
        counts = view_table(told, view)
        row = (f"{number} classes", counts.sum(), accuracy(counts), macro_f1(counts))
        summary.append(row)
        if number != 4:
            parts += [f"#### {number} classes", _confusion(counts, view), _classes(counts, view)]
    parts.insert(2, table(("view", "faces", "accuracy", "macro F1"), summary))
    return parts


def _mapping(two: View) -> str:
    words = [f"`{status}` counts as `{two.of[status]}`" for status in two.of]
    return ", ".join(words[:-1]) + f" and {words[-1]}"
