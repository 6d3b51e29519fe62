# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A comparison as files: README.md with tables and plots, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.atomic_files import write_whole
from mask_detector_training.classifier.classifier_training import SCORED_WIDTH
from mask_detector_training.classifier.recipe import Recipe
from mask_detector_training.comparison import comparison_plots
from mask_detector_training.comparison.comparison_scores import by_class, summary
from mask_detector_training.comparison.entry_training import Trained
from mask_detector_training.markdown_text import picture, section, shown, table


def write_comparison(out: Path, trained: Sequence[Trained], split: str) -> None:
    """Write everything about trained entries into a folder.

    Args:
        out: the folder.
        trained: what to compare.
        split: on whose faces it was judged.
    """
    figures = {one.entry.name: summary(one) for one in trained}
    content = [
        {
            "name": one.entry.name,
            "recipe": asdict(one.entry.recipe),
            "figures": _plain(figures[one.entry.name]),
            "classes": _plain(by_class(one)),
            "history": one.history,
        }
        for one in trained
    ]
    write_whole(out / "comparison.json", json.dumps(content, indent=1) + "\n")
    write_whole(out / "comparison.csv", _csv(figures))
    comparison_plots.draw_history(out / "accuracy.png", trained, "accuracy")
    comparison_plots.draw_history(out / "loss.png", trained, "loss")
    comparison_plots.draw_roc(out / "roc.png", trained)
    comparison_plots.draw_precision_recall(out / "precision_recall.png", trained)
    comparison_plots.draw_classes(out / "classes.png", trained)
    timed = all(np.isfinite(one.milliseconds) for one in trained)
    if timed:
        comparison_plots.draw_cost(out / "cost.png", trained)
    write_whole(out / "README.md", _page(trained, figures, split, timed))


def _page(
    trained: Sequence[Trained], figures: dict[str, dict[str, Any]], split: str, timed: bool
) -> str:
    faces = sorted({len(one.truth) for one in trained})
    counted = " or ".join(f"{count}" for count in faces)
    return section(
        "# Classifiers compared",
        f"Written by `mask_detector compare`. All figures are of the {counted} faces of `{split}` "
        f"at least {SCORED_WIDTH:g} px wide, from calibrated probabilities of the averaged "
        f"weights that did best on val. {_violation(trained)} *Macro* is the mean over the "
        "classes, each against the rest. AUC is the area under the ROC curve, AP the average "
        "precision.",
        "## What was trained",
        _recipes(trained),
        "## Figures",
        _table(figures, ("macro F1", "accuracy", "log loss", "violation ROC AUC", "violation AP",
                         "macro ROC AUC", "macro AP")),
        picture("classes.png", "F1 of every class"),
        "## Cost",
        "Size is that of the `.tflite` file with float16 weights. "
        + ("Times are medians of one thread with LiteRT, a batch of four, all networks "
           "taking turns: compare them with each other, machines differ."
           if timed else "Times need ai-edge-litert, which was not installed."),
        _table(figures, ("parameters", "kB", "ms per face", "updates", "minutes")),
        *([picture("cost.png", "Macro F1 over time per face")] if timed else []),
        "## By class",
        _classes(trained),
        "## Training",
        "Accuracy and loss by update: of training on varied crops and smoothed labels with "
        "dropout, of val on plain ones with the averaged weights.",
        picture("accuracy.png", "Accuracy over updates"),
        picture("loss.png", "Loss over updates"),
        "## Curves",
        "The key gives the areas of both panels: AUC, below it AP.",
        picture("roc.png", "ROC curves"),
        picture("precision_recall.png", "Precision-recall curves"),
        "Everything in numbers: [comparison.csv](comparison.csv), "
        "[comparison.json](comparison.json).",
    )  # fmt: skip


def _violation(trained: Sequence[Trained]) -> str:
    """What counts as one: two classes know nothing of how a mask is worn."""
    text = "*Violation* is everything but a mask worn correctly"
    two = [one.entry.name for one in trained if len(one.view.names) == 2]
    if not two:
        return text + "."
    if len(two) == len(trained):
        return "*Violation* is no mask, or one below the mouth."
    return f"{text}; of {', '.join(two)}, with two classes: no mask, or one below the mouth."


def _recipes(trained: Sequence[Trained]) -> str:
    """What the recipes differ in as a table, then what they share and is not the default."""
    recipes = [asdict(one.entry.recipe) for one in trained]
    default = asdict(Recipe())
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
    return table(("name", *differ), rows) + (f"\n\nAll of them: {shared}." if shared else "")


def _table(figures: dict[str, dict[str, Any]], columns: Sequence[str]) -> str:
    rows = [(name, *(_cell(each[c]) for c in columns)) for name, each in figures.items()]
    return table(("name", *columns), rows)


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(value)


def _classes(trained: Sequence[Trained]) -> str:
    rows = [
        (one.entry.name, name, each["faces"], each["precision"], each["recall"], each["F1"])
        for one in trained
        for name, each in by_class(one).items()
    ]
    return table(("name", "class", "faces", "precision", "recall", "F1"), rows)


def _csv(figures: dict[str, dict[str, Any]]) -> str:
    text = io.StringIO()
    columns = list(next(iter(figures.values())))
    writer = csv.DictWriter(text, ["name", *columns], lineterminator="\n")
    writer.writeheader()
    for name, each in figures.items():
        writer.writerow({"name": name, **_plain(each)})
    return text.getvalue()


def _plain(value: Any) -> Any:
    """Figures rounded, and None for what is not known, which JSON has no number for."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return round(value, 5) if np.isfinite(value) else None
    return value
