# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Comparison of several classifier recipes: train each, evaluate all on the same faces."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from mask_detector_training.classifier.classifier_validation import scored_faces
from mask_detector_training.comparison.comparison_plan import Entry
from mask_detector_training.comparison.comparison_report import write_comparison
from mask_detector_training.comparison.entry_training import (
    TrainedEntry,
    evaluate_entries,
    train_entry,
)
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.pseudo_labels import PSEUDO_LABELS

RUNS = "runs"


def compare(
    entries: list[Entry],
    data: Path,
    out: Path,
    *,
    split: str = "val",
    teacher: Path | None = None,
    pseudo_labels: Path | None = None,
    workers: int = 2,
) -> list[TrainedEntry]:
    """Train all entries that are not finished, evaluate all, and write tables and plots.

    Args:
        entries: named recipes.
        data: the data folder.
        out: folder of the comparison; the run folders are in its ``runs/``.
        split: split for the evaluation, ``val`` or ``test``.
        teacher: YuNet's ONNX file, for pseudo-labels: landmarks, and face boxes of heads.
        pseudo_labels: file of the pseudo-labels; in ``out`` if None.
        workers: number of threads that prepare samples.

    Raises:
        ValueError: ``out`` holds a run of the same name with other settings.
    """
    records = load_split(data, split)
    for classes in {entry.recipe.classes for entry in entries}:
        scored_faces(records, CLASS_MAPPINGS[classes])
    for number, entry in enumerate(entries, start=1):
        tqdm.write(f"[{number}/{len(entries)}] {entry.name}")
        train_entry(
            entry, data, out / RUNS / entry.slug, teacher=teacher,
            pseudo_labels=pseudo_labels or out / PSEUDO_LABELS, workers=workers,
        )  # fmt: skip
    runs = [(entry, out / RUNS / entry.slug) for entry in entries]
    trained = evaluate_entries(runs, records, split)
    write_comparison(out, trained, split)
    return trained
