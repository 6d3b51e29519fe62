# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several recipes for the classifier, trained one after another and laid side by side."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from mask_detector_training.classifier.classifier_training import scored_faces
from mask_detector_training.comparison.comparison_plan import Entry
from mask_detector_training.comparison.comparison_report import write_comparison
from mask_detector_training.comparison.entry_training import Trained, judge, train_entry
from mask_detector_training.data.class_mapping import VIEWS
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.pseudo_labels import LESSONS

RUNS = "runs"


def compare(
    entries: list[Entry],
    data: Path,
    out: Path,
    *,
    split: str = "val",
    teacher: Path | None = None,
    lessons: Path | None = None,
    workers: int = 2,
) -> list[Trained]:
    """Train what is not yet trained, judge everything, write tables and plots.

    Args:
        entries: the recipes and their names.
        data: the data folder.
        out: folder of the comparison; ``runs/`` in it holds the trainings.
        split: on whose faces the trained classifiers are judged.
        teacher: YuNet's ONNX file, for landmarks and to refit heads.
        lessons: where the teacher's answers are kept; in ``out`` if not given.
        workers: threads that prepare samples.

    Raises:
        ValueError: a run in ``out`` was started with other settings under the same name.
    """
    records = load_split(data, split)
    for classes in {entry.recipe.classes for entry in entries}:
        scored_faces(records, VIEWS[classes])
    for number, entry in enumerate(entries, start=1):
        tqdm.write(f"[{number}/{len(entries)}] {entry.name}")
        train_entry(
            entry, data, out / RUNS / entry.slug, teacher=teacher,
            lessons=lessons or out / LESSONS, workers=workers,
        )  # fmt: skip
    trained = judge([(entry, out / RUNS / entry.slug) for entry in entries], records, split)
    write_comparison(out, trained, split)
    return trained
