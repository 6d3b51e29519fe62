# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of a comparison: README.md with tables and plots, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.comparison import comparison_plots
from mask_detector_training.comparison.comparison_scores import by_class, summary
from mask_detector_training.comparison.entry_training import TrainedEntry
from mask_detector_training.evaluation.predictions import CLASSIFIER_MIN_WIDTH_PX
from mask_detector_training.markdown_text import format_cell, image_link, join_blocks, table
from mask_detector_training.setting_options import flat_values


def write_comparison(out: Path, trained: Sequence[TrainedEntry], split: str) -> None:
    """Write README.md, plots, CSV and JSON into a folder.

    Args:
        out: the folder.
        trained: the entries.
        split: name of the split they were evaluated on.
    """
    metrics = {one.entry.name: summary(one) for one in trained}
    content = [
        {
            "name": one.entry.name,
            "recipe": flat_values(one.entry.recipe),
            "metrics": _plain(metrics[one.entry.name]),
            "classes": _plain(by_class(one)),
            "history": one.history,
        }
        for one in trained
    ]
    write_atomically(out / "comparison.json", json.dumps(content, indent=1) + "\n")
    write_atomically(out / "comparison.csv", _csv(metrics))
    comparison_plots.plot_history(out / "accuracy.png", trained, "accuracy")
    comparison_plots.plot_history(out / "loss.png", trained, "loss")
    comparison_plots.plot_roc(out / "roc.png", trained)
    comparison_plots.plot_precision_recall(out / "precision_recall.png", trained)
    comparison_plots.plot_classes(out / "classes.png", trained)
    timed = all(np.isfinite(one.milliseconds) for one in trained)
    if timed:
        comparison_plots.plot_cost(out / "cost.png", trained)
    write_atomically(out / "README.md", _page(trained, metrics, split, timed))


def _page(
    trained: Sequence[TrainedEntry], metrics: dict[str, dict[str, Any]], split: str, timed: bool
) -> str:
    faces = sorted({len(one.truth) for one in trained})
    counted = " or ".join(f"{count}" for count in faces)
    return join_blocks(
        "# Comparison of classifiers",
        f"Written by `mask_detector compare`. Evaluated on the {counted} faces of `{split}` that "
        f"are at least {CLASSIFIER_MIN_WIDTH_PX:g} px wide, with calibrated probabilities. "
        "Weights: exponential moving average, best epoch on val. "
        f"{_violation(trained)} *Macro*: mean over the classes, each against the rest. AUC: area "
        "under the ROC curve. AP: average precision.",
        "## Recipes",
        _recipes(trained),
        "## Metrics",
        _table(metrics, ("macro F1", "accuracy", "log loss", "violation ROC AUC", "violation AP",
                         "macro ROC AUC", "macro AP")),
        image_link("classes.png", "F1 of each class"),
        "## Cost",
        "File size: `.tflite` with float16 weights. "
        + ("Inference time: median on one thread with LiteRT, batch of four, all networks in "
           "alternation; comparable within this table only."
           if timed else "Inference times are missing: ai-edge-litert was not installed."),
        _table(metrics, ("parameters", "kB", "ms per face", "updates", "minutes")),
        *([image_link("cost.png", "Macro F1 over inference time per face")] if timed else []),
        "## By class",
        _classes(trained),
        "## Training",
        "Accuracy and loss over updates. Training: augmented crops, smoothed labels and dropout. "
        "Val: plain crops and averaged weights.",
        image_link("accuracy.png", "Accuracy over updates"),
        image_link("loss.png", "Loss over updates"),
        "## ROC and precision-recall curves",
        "The legends give the area of both panels: AUC for ROC, AP for precision-recall.",
        image_link("roc.png", "ROC curves"),
        image_link("precision_recall.png", "Precision-recall curves"),
        "All numbers: [comparison.csv](comparison.csv), "
        "[comparison.json](comparison.json).",
    )  # fmt: skip


def _violation(trained: Sequence[TrainedEntry]) -> str:
    """Which classes are violations; with two classes, below mouth is no mask."""
    text = "*Violation*: every class but correct"
    two = [one.entry.name for one in trained if len(one.mapping.names) == 2]
    if not two:
        return text + "."
    if len(two) == len(trained):
        return "*Violation*: no mask or below mouth."
    return f"{text}; for {', '.join(two)}, with two classes: no mask or below mouth."


def _recipes(trained: Sequence[TrainedEntry]) -> str:
    """Table of the differing values; then the common values that are not the default."""
    recipes = [flat_values(one.entry.recipe) for one in trained]
    default = flat_values(ClassifierRecipe())
    differ = [name for name in default if len({recipe[name] for recipe in recipes}) > 1]
    same = {
        name: recipes[0][name]
        for name, value in default.items()
        if name not in differ and recipes[0][name] != value
    }
    rows = [
        (one.entry.name, *(Path(str(recipe[name])).name for name in differ))
        for one, recipe in zip(trained, recipes, strict=True)
    ]
    shared = ", ".join(f"{name} {value}" for name, value in same.items())
    return table(("name", *differ), rows) + (f"\n\nCommon: {shared}." if shared else "")


def _table(metrics: dict[str, dict[str, Any]], columns: Sequence[str]) -> str:
    rows = [(name, *(_cell(each[c]) for c in columns)) for name, each in metrics.items()]
    return table(("name", *columns), rows)


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else format_cell(value)


def _classes(trained: Sequence[TrainedEntry]) -> str:
    rows = [
        (one.entry.name, name, each["faces"], each["precision"], each["recall"], each["F1"])
        for one in trained
        for name, each in by_class(one).items()
    ]
    return table(("name", "class", "faces", "precision", "recall", "F1"), rows)


def _csv(metrics: dict[str, dict[str, Any]]) -> str:
    text = io.StringIO()
    columns = list(next(iter(metrics.values())))
    writer = csv.DictWriter(text, ["name", *columns], lineterminator="\n")
    writer.writeheader()
    for name, each in metrics.items():
        writer.writerow({"name": name, **_plain(each)})
    return text.getvalue()


def _plain(value: Any) -> Any:
    """Values rounded for files; None in place of NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return round(value, 5) if np.isfinite(value) else None
    return value
