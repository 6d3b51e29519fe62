# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sections of the report about the whole pipeline: status UNKNOWN, and AP50 by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mask_detector_ros.arrays import BoolArray
from mask_detector_ros.perception.pipeline_settings import ClassifierSettings
from mask_detector_ros.perception.types import CLASS_LABELS, UnknownReason
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.evaluation.end_to_end import MatchedFaces
from mask_detector_training.evaluation.metrics import accuracy, class_scores, macro_f1
from mask_detector_training.evaluation.predictions import (
    WIDTH_BANDS_PX,
    ImageResult,
    band_name,
)
from mask_detector_training.evaluation.split_scores import score_pipeline
from mask_detector_training.markdown_text import join_blocks, percent, table

CORRECT = CLASS_LABELS.index("correct")
PRECISION_COLUMNS = [f"precision {name.replace('_', ' ')}" for name in CLASS_LABELS]


def unknown_section(faces: MatchedFaces) -> str:
    """How often the status is UNKNOWN, the reasons, and the accuracy gained by it."""
    found = len(faces.reasons)
    min_confidence = ClassifierSettings().min_confidence
    everything = np.ones(found, bool)
    return join_blocks(
        "## Status UNKNOWN",
        "Status in a single frame with default settings: UNKNOWN where the face image is too "
        "poor, or where the most probable class has a probability below "
        f"{min_confidence:g}. Of {faces.labeled} labeled faces of the four classes, {found} "
        f"({percent(found / max(faces.labeled, 1))}) are detected; "
        f"**{percent(faces.unknown_rate)}** of these are UNKNOWN.",
        table(("status", "faces", "fraction"), _reasons(faces)),
        table(("face width", "detected", "UNKNOWN"), _by_width(faces)),
        "### Accuracy with and without UNKNOWN",
        table(
            ("detected faces", "faces", "accuracy", "macro F1", "false alarm rate",
             *PRECISION_COLUMNS),
            [
                ("all", *_scores(faces, everything)),
                ("classified", *_scores(faces, faces.classified)),
                ("UNKNOWN", *_scores(faces, ~faces.classified)),
            ],
        ),
        "All scores are of the most probable class. The false alarm rate is the fraction of the "
        "`correct` faces predicted as another class.",
    )  # fmt: skip


def _reasons(faces: MatchedFaces) -> list[tuple[Any, ...]]:
    rows = []
    for reason in UnknownReason:
        count = int((faces.reasons == reason).sum())
        if count or reason == UnknownReason.NONE:
            name = "classified" if reason == UnknownReason.NONE else f"UNKNOWN, {reason.label}"
            rows.append((name, count, percent(count / max(len(faces.reasons), 1))))
    return rows


def _by_width(faces: MatchedFaces) -> list[tuple[Any, ...]]:
    rows = []
    for low, high in WIDTH_BANDS_PX:
        inside = (faces.widths >= low) & (faces.widths < high)
        rate = float((~faces.classified[inside]).mean()) if inside.any() else float("nan")
        rows.append((band_name(low, high), int(inside.sum()), percent(rate)))
    return rows


def _scores(faces: MatchedFaces, chosen: BoolArray) -> tuple[Any, ...]:
    truth, predicted = faces.truth[chosen], faces.predicted[chosen]
    scores = class_scores(truth, predicted, len(CLASS_LABELS))
    return (
        len(truth), accuracy(truth, predicted), macro_f1(truth, predicted),
        percent(1 - scores.recall[CORRECT]), *scores.precision,
    )  # fmt: skip


def pipeline_section(results: Sequence[ImageResult]) -> str:
    """Average precision of each class, detected and classified."""
    parts = [
        "## Pipeline",
        "Detection and classification together: a detected face counts as its most probable "
        "class, with the product of face score and class probability as score. With four "
        "classes, faces labeled `incorrect` are ignored by the two classes they may belong to.",
    ]
    for number in (3, 4):
        scores = score_pipeline(results, CLASS_MAPPINGS[number])
        rows = [(name.removeprefix("AP50 "), value) for name, value in scores.items()]
        parts.append(table((f"{number} classes", "AP50"), [*rows[1:], ("mean", rows[0][1])]))
    return join_blocks(*parts)
