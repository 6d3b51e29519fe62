# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of each part, made from what was said of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import CLASS_LABELS, IntArray
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.evaluation.mapped_classes import (
    LEFT_OUT,
    joined,
    may_be,
    said_in,
    truth_in,
)
from mask_detector_training.evaluation.metrics import (
    OVERLAP,
    Answers,
    accuracy,
    average_precision,
    calibration_error,
    confusion,
    f1_scores,
    macro_f1,
    macro_f1_interval,
    match,
    recall_at_false_alarms,
)
from mask_detector_training.evaluation.predictions import (
    BANDS,
    SMALLEST_ACCUSED,
    SMALLEST_FOUND,
    SMALLEST_TOLD,
    Scene,
    Told,
    band_name,
)


def only_widths(pictures: Sequence[Answers], low: float, high: float) -> list[Answers]:
    """The same answers scored on one range of face widths.

    Other labeled faces become neutral, and so do detections of other widths that meet
    no face at all; they are dropped.
    """
    chosen = []
    for picture in pictures:
        width = picture.truth[:, 2]
        neutral = picture.neutral | (width < low) | (width >= high)
        found = picture.boxes[:, 2]
        fitting = (found >= low) & (found < high)
        if len(picture.truth) and len(found):
            fitting |= iou_matrix(picture.boxes, picture.truth).max(1) >= OVERLAP
        chosen.append(
            Answers(picture.boxes[fitting], picture.scores[fitting], picture.truth, neutral)
        )
    return chosen


def score_detector(scenes: Sequence[Scene], threshold: float) -> dict[str, Any]:
    """Average precision, all and by face width; precision and recall from ``threshold``."""
    pictures = [scene.answers for scene in scenes]
    _, hits, labeled = match([picture.above(threshold) for picture in pictures])
    report: dict[str, Any] = {
        "pictures": len(pictures),
        "faces": labeled,
        "AP50": average_precision(pictures),
    }
    for low, high in BANDS:
        name = f"AP50 {band_name(low, high)}"
        report[name] = average_precision(only_widths(pictures, low, high))
    report["score threshold"] = threshold
    report["precision"] = float(hits.mean()) if len(hits) else 0.0
    report["recall"] = float(hits.sum() / max(labeled, 1))
    return report


def view_table(told: Told, view: View) -> IntArray:
    """Confusion table (C, C) in a view; rows are the truth, columns what was said."""
    truth = truth_in(view, told.statuses)
    known = truth != LEFT_OUT
    return confusion(truth[known], said_in(view, told.probabilities)[known], len(view.names))


def of_classes(told: Told, smallest: float) -> Told:
    """The faces of the four classes that are at least ``smallest`` pixels wide."""
    return told.where(np.isin(told.statuses, CLASS_LABELS) & (told.widths >= smallest))


def interval_of_macro_f1(told: Told) -> tuple[float, float]:
    """Both ends of the 95 % interval of the four classes' macro F1."""
    view = VIEWS[4]
    families = [record.group for record in told.records]
    answers = said_in(view, told.probabilities)
    return macro_f1_interval(truth_in(view, told.statuses), answers, families, len(view.names))


def score_classifier(told: Told) -> dict[str, Any]:
    """F1, calibration and recall at 1 % false alarms on labeled boxes."""
    large = of_classes(told, SMALLEST_TOLD)
    table = view_table(large, VIEWS[4])
    low, high = interval_of_macro_f1(large)
    report: dict[str, Any] = {
        "faces": len(large),
        "macro F1": macro_f1(table),
        "macro F1, 95 % from": low,
        "macro F1, 95 % to": high,
        "accuracy": accuracy(table),
    }
    for index, name in enumerate(CLASS_LABELS):
        right = float(table[index, index])
        report[f"{name} precision"] = right / max(int(table[:, index].sum()), 1)
        report[f"{name} recall"] = right / max(int(table[index].sum()), 1)
        report[f"{name} F1"] = float(f1_scores(table)[index])
    for low, high in BANDS:
        inside = told.where((told.widths >= low) & (told.widths < high))
        report[f"macro F1 {band_name(low, high)}"] = macro_f1(view_table(inside, VIEWS[4]))
    truth = truth_in(VIEWS[4], large.statuses)
    report["calibration error"] = calibration_error(large.probabilities, truth)
    accused = of_classes(told, SMALLEST_ACCUSED)
    report["recall of violations at 1 % false alarms"] = recall_at_false_alarms(
        1 - accused.probabilities[:, CLASS_LABELS.index("correct")], accused.statuses != "correct"
    )
    report["confusion (rows: truth)"] = table.tolist()
    return report


def class_answers(scenes: Sequence[Scene], view: View, name: str) -> list[Answers]:
    """Found and told: what was said to be of one class, against the faces that are.

    The likeliest status of a face counts, with the product of its class's probability and
    the face's score. What the view leaves out is neutral where it may be of the class.
    """
    pictures = []
    index = view.names.index(name)
    for scene in scenes:
        told = scene.faces.probabilities
        mine = said_in(view, told) == index
        scores = scene.faces.scores * joined(view, told)[:, index]
        statuses = scene.record.statuses
        open_ = np.array([may_be(view, status, name) for status in statuses], bool)
        own = (truth_in(view, statuses) == index) | open_
        boxes = scene.record.boxes[own]
        neutral = open_[own] | (boxes[:, 2] < SMALLEST_FOUND)
        pictures.append(Answers(scene.faces.boxes[mine], scores[mine], boxes, neutral))
    return pictures


def score_pipeline(scenes: Sequence[Scene], view: View = VIEWS[3]) -> dict[str, float]:
    """Mean AP50 of a view's classes, found and told as shipped, and each of them.

    Classes that are not labeled are NaN, and left out of the mean.
    """
    each = {
        f"AP50 {name}": average_precision(class_answers(scenes, view, name)) for name in view.names
    }
    known = [value for value in each.values() if np.isfinite(value)]
    return {"mean AP50": float(np.mean(known)) if known else float("nan"), **each}
