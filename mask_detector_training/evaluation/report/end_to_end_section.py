# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report's parts about the whole product: UNKNOWN, and both networks together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mask_detector_ros.perception.pipeline_settings import ClassifierSettings
from mask_detector_ros.perception.types import CLASS_LABELS, BoolArray, UnknownReason
from mask_detector_training.data.class_mapping import VIEWS
from mask_detector_training.evaluation.end_to_end import Met
from mask_detector_training.evaluation.metrics import accuracy, macro_f1
from mask_detector_training.evaluation.predictions import BANDS, Scene, band_name
from mask_detector_training.evaluation.split_scores import score_pipeline
from mask_detector_training.markdown_text import percent, section, table

CORRECT = CLASS_LABELS.index("correct")
CLASS_COLUMNS = [f"precision {name.replace('_', ' ')}" for name in CLASS_LABELS]


def unknown_part(met: Met) -> str:
    """How often the product says UNKNOWN, why, and what that is good for."""
    found = len(met.reasons)
    least = ClassifierSettings().min_confidence
    return section(
        "## UNKNOWN",
        "What the product says of a single frame with its default settings: a face that is "
        "seen too poorly, or whose likeliest class is less probable than "
        f"{least:g}, is UNKNOWN. {met.labeled} faces of the four classes are labeled "
        f"in the scenes; {found} of them ({percent(found / max(met.labeled, 1))}) are "
        f"found, and of these **{percent(met.unknown_rate)}** are UNKNOWN.",
        table(("what is said", "faces", "part"), _reasons(met)),
        table(("face width", "found", "UNKNOWN"), _by_width(met)),
        "### What is gained by it",
        table(
            ("answers", "faces", "accuracy", "macro F1", "correct ones accused", *CLASS_COLUMNS),
            [
                ("all found faces", *_figures(met, np.ones(found, bool))),
                ("those that are told", *_figures(met, met.told)),
                ("those held back", *_figures(met, ~met.told)),
            ],
        ),
    )


def _reasons(met: Met) -> list[tuple[Any, ...]]:
    rows = []
    for reason in UnknownReason:
        count = int((met.reasons == reason).sum())
        if count or reason == UnknownReason.NONE:
            name = "a status" if reason == UnknownReason.NONE else f"UNKNOWN, {reason.label}"
            rows.append((name, count, percent(count / max(len(met.reasons), 1))))
    return rows


def _by_width(met: Met) -> list[tuple[Any, ...]]:
    rows = []
    for low, high in BANDS:
        inside = (met.widths >= low) & (met.widths < high)
        rate = float((~met.told[inside]).mean()) if inside.any() else float("nan")
        rows.append((band_name(low, high), int(inside.sum()), percent(rate)))
    return rows


def _figures(met: Met, chosen: BoolArray) -> tuple[Any, ...]:
    counts = met.table(chosen)
    precision = np.diag(counts) / np.where(counts.sum(0) > 0, counts.sum(0), np.nan)
    correct = counts[CORRECT]
    accused = 1 - correct[CORRECT] / correct.sum() if correct.any() else float("nan")
    return (int(chosen.sum()), accuracy(counts), macro_f1(counts), percent(accused), *precision)


def pipeline_part(scenes: Sequence[Scene]) -> str:
    """Average precision of each class, found and told."""
    parts = [
        "## Pipeline",
        "Found and told: a found face counts as its likeliest class, scored by the product of "
        "face score and the class's probability. Faces labeled just `incorrect` are neutral "
        "to the two classes they may be of in the 4-class view.",
    ]
    for number in (3, 4):
        scores = score_pipeline(scenes, VIEWS[number])
        rows = [(name.removeprefix("AP50 "), value) for name, value in scores.items()]
        parts.append(table((f"{number} classes", "AP50"), [*rows[1:], ("mean", rows[0][1])]))
    return section(*parts)
