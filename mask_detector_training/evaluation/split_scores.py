# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of the classifier and the pipeline on a split."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from mask_detector_ros.arrays import IntArray
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.corrections import Corrections
from mask_detector_training.evaluation.mapped_classes import (
    UNMAPPED,
    is_ambiguous,
    map_probabilities,
    map_statuses,
    predicted_classes,
)
from mask_detector_training.evaluation.metrics import (
    LabeledDetections,
    accuracy,
    average_precision,
    calibration_error,
    class_scores,
    confusion_matrix,
    macro_f1,
    macro_f1_confidence_interval,
    recall_at_false_positive_rate,
)
from mask_detector_training.evaluation.predictions import (
    CLASSIFIER_MIN_WIDTH_PX,
    DETECTOR_MIN_WIDTH_PX,
    VIOLATION_MIN_WIDTH_PX,
    FacePredictions,
    ImageResult,
)


def mapped_classes(faces: FacePredictions, mapping: ClassMapping) -> tuple[IntArray, IntArray]:
    """True and predicted class indices of the faces whose status has a class in the mapping."""
    truth = map_statuses(mapping, faces.statuses)
    known = truth != UNMAPPED
    return truth[known], predicted_classes(mapping, faces.probabilities)[known]


def select_classes(faces: FacePredictions, min_width: float) -> FacePredictions:
    """The faces labeled with one of the four classes, at least ``min_width`` pixels wide."""
    return faces.where(np.isin(faces.statuses, CLASS_LABELS) & (faces.widths >= min_width))


def four_class_interval(faces: FacePredictions) -> tuple[float, float]:
    """95 % confidence interval of the macro F1 over the four classes."""
    truth, predicted = mapped_classes(faces, CLASS_MAPPINGS[4])
    groups = [record.group for record in faces.records]
    return macro_f1_confidence_interval(truth, predicted, groups, len(CLASS_LABELS))


def score_classifier(faces: FacePredictions) -> dict[str, Any]:
    """F1, calibration error and recall of violations on labeled boxes.

    The labels count as they are; a second macro F1 shows what the project's corrections change.
    """
    large = select_classes(faces, CLASSIFIER_MIN_WIDTH_PX)
    truth, predicted = mapped_classes(large, CLASS_MAPPINGS[4])
    low, high = four_class_interval(large)
    report: dict[str, Any] = {
        "faces": len(large),
        "macro F1": macro_f1(truth, predicted),
        "macro F1, 95 % interval, lower end": low,
        "macro F1, 95 % interval, upper end": high,
        "accuracy": accuracy(truth, predicted),
        **_score_corrected(faces),
    }
    scores = class_scores(truth, predicted, len(CLASS_LABELS))
    for index, name in enumerate(CLASS_LABELS):
        report[f"{name} precision"] = float(np.nan_to_num(scores.precision[index]))
        report[f"{name} recall"] = float(np.nan_to_num(scores.recall[index]))
        report[f"{name} F1"] = float(scores.f1[index])
    report["calibration error"] = calibration_error(large.probabilities, truth)
    wide = select_classes(faces, VIOLATION_MIN_WIDTH_PX)
    report["recall of violations at 1 % false alarms"] = recall_at_false_positive_rate(
        1 - wide.probabilities[:, CLASS_LABELS.index("correct")], wide.statuses != "correct"
    )
    report["confusion matrix (rows: ground truth)"] = confusion_matrix(
        truth, predicted, len(CLASS_LABELS)
    ).tolist()
    return report


def _score_corrected(faces: FacePredictions) -> dict[str, Any]:
    """Number of labels that a correction changes, and macro F1 with all of them."""
    corrections = Corrections.load()
    labels = zip(faces.records, faces.boxes, faces.statuses, strict=True)
    right = [corrections.right(record.key, box, str(status)) for record, box, status in labels]
    corrected = dataclasses.replace(faces, statuses=np.array(right, np.str_))
    large = select_classes(corrected, CLASSIFIER_MIN_WIDTH_PX)
    wide = faces.widths >= CLASSIFIER_MIN_WIDTH_PX
    return {
        "corrected labels": int((corrected.statuses != faces.statuses)[wide].sum()),
        "macro F1 with corrected labels": macro_f1(*mapped_classes(large, CLASS_MAPPINGS[4])),
    }


def class_detections(
    results: Sequence[ImageResult], mapping: ClassMapping, name: str
) -> list[LabeledDetections]:
    """Detections predicted as a class, against the labeled faces of that class.

    The predicted class is that of the most probable status. Its score is the product of face
    score and class probability. Labeled faces of an unmapped status are ignored where they
    may belong to the class.
    """
    images = []
    index = mapping.names.index(name)
    for result in results:
        probabilities = result.faces.probabilities
        predicted = predicted_classes(mapping, probabilities) == index
        scores = result.faces.scores * map_probabilities(mapping, probabilities)[:, index]
        statuses = result.record.statuses
        ambiguous = np.array([is_ambiguous(mapping, status, name) for status in statuses], bool)
        labeled = (map_statuses(mapping, statuses) == index) | ambiguous
        boxes = result.record.boxes[labeled]
        ignored = ambiguous[labeled] | (boxes[:, 2] < DETECTOR_MIN_WIDTH_PX)
        images.append(
            LabeledDetections(result.faces.boxes[predicted], scores[predicted], boxes, ignored)
        )
    return images


def score_pipeline(
    results: Sequence[ImageResult], mapping: ClassMapping = CLASS_MAPPINGS[3]
) -> dict[str, float]:
    """AP50 of each class of a mapping, detected and classified, and their mean.

    A class without labeled faces is NaN and left out of the mean.
    """
    each = {
        f"AP50 {name}": average_precision(class_detections(results, mapping, name))
        for name in mapping.names
    }
    known = [value for value in each.values() if np.isfinite(value)]
    return {"mean AP50": float(np.mean(known)) if known else float("nan"), **each}
