# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics of a trained classifier in a comparison."""

from __future__ import annotations

from typing import Any

import numpy as np

from mask_detector_training.comparison.curves import (
    Curve,
    one_vs_rest,
    precision_recall,
    roc,
)
from mask_detector_training.comparison.entry_training import TrainedEntry
from mask_detector_training.evaluation.metrics import accuracy, class_scores, macro_f1

LEAST_PROBABILITY = 1e-9
"""Lower probabilities are raised to this in the log loss, which would become infinite."""


def violation_curves(trained: TrainedEntry) -> tuple[Curve, Curve]:
    """ROC and precision-recall curve of the detection of violations."""
    violations = trained.mapping.is_violation(trained.truth)
    scores = trained.mapping.violation_probability(trained.probabilities)
    return roc(violations, scores), precision_recall(violations, scores)


def class_curves(trained: TrainedEntry) -> tuple[Curve, Curve]:
    """Macro-averaged ROC and precision-recall curve, each class against the rest."""
    data = trained.truth, trained.probabilities
    return one_vs_rest(roc, *data), one_vs_rest(precision_recall, *data)


def summary(trained: TrainedEntry) -> dict[str, Any]:
    """Metrics and costs by column name."""
    violation_roc, violation_precision_recall = violation_curves(trained)
    macro_roc, macro_precision_recall = class_curves(trained)
    truth, predicted = trained.truth, trained.predicted
    true_class = trained.probabilities[np.arange(len(truth)), truth]
    last = trained.history[-1]
    return {
        "macro F1": macro_f1(truth, predicted),
        "accuracy": accuracy(truth, predicted),
        "log loss": float(-np.log(np.maximum(true_class, LEAST_PROBABILITY)).mean()),
        "violation ROC AUC": violation_roc.area,
        "violation AP": violation_precision_recall.area,
        "macro ROC AUC": macro_roc.area,
        "macro AP": macro_precision_recall.area,
        "parameters": trained.parameters,
        "kB": round(trained.kilobytes),
        "ms per face": trained.milliseconds,
        "updates": last["step"],
        "minutes": last["minutes"],
    }


def by_class(trained: TrainedEntry) -> dict[str, dict[str, float]]:
    """Number of faces, precision, recall and F1 of each class."""
    names = trained.mapping.names
    scores = class_scores(trained.truth, trained.predicted, len(names))
    return {
        name: {
            "faces": int(scores.support[index]),
            "precision": float(scores.precision[index]),
            "recall": float(scores.recall[index]),
            "F1": float(scores.f1[index]),
        }
        for index, name in enumerate(names)
    }
