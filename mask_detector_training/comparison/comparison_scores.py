# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures a comparison is decided by."""

from __future__ import annotations

from typing import Any

import numpy as np

from mask_detector_training.classifier.classifier_training import log_loss
from mask_detector_training.comparison.curves import (
    Curve,
    one_vs_rest,
    precision_recall,
    roc,
)
from mask_detector_training.comparison.entry_training import Trained
from mask_detector_training.evaluation.metrics import accuracy, confusion, f1_scores, macro_f1


def table_of(trained: Trained) -> Any:
    """Confusion table (classes, classes) of the likeliest classes."""
    answers = trained.probabilities.argmax(1)
    return confusion(trained.truth, answers, len(trained.view.names))


def violation_curves(trained: Trained) -> tuple[Curve, Curve]:
    """ROC and precision-recall curve for telling what is not worn correctly."""
    wrong = trained.view.violations(trained.truth)
    suspicion = trained.view.suspicion(trained.probabilities)
    return roc(wrong, suspicion), precision_recall(wrong, suspicion)


def class_curves(trained: Trained) -> tuple[Curve, Curve]:
    """ROC and precision-recall curve as means of the classes', each against the rest."""
    answers = trained.truth, trained.probabilities
    return one_vs_rest(roc, *answers), one_vs_rest(precision_recall, *answers)


def summary(trained: Trained) -> dict[str, Any]:
    """Figures by the words that head their column."""
    counts, last = table_of(trained), trained.history[-1]
    (ranked, precise), (macro_ranked, macro_precise) = (
        violation_curves(trained), class_curves(trained)
    )  # fmt: skip
    return {
        "macro F1": macro_f1(counts),
        "accuracy": accuracy(counts),
        "log loss": log_loss(trained.probabilities, trained.truth),
        "violation ROC AUC": ranked.area,
        "violation AP": precise.area,
        "macro ROC AUC": macro_ranked.area,
        "macro AP": macro_precise.area,
        "parameters": trained.parameters,
        "kB": round(trained.kilobytes),
        "ms per face": trained.milliseconds,
        "updates": last["step"],
        "minutes": last["minutes"],
    }


def by_class(trained: Trained) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of every class, and how many faces it has."""
    counts = table_of(trained)
    right = np.diag(counts).astype(np.float64)
    with np.errstate(invalid="ignore"):
        precision, recall = right / counts.sum(0), right / counts.sum(1)
    return {
        name: {
            "faces": int(counts[index].sum()),
            "precision": float(precision[index]),
            "recall": float(recall[index]),
            "F1": float(f1_scores(counts)[index]),
        }
        for index, name in enumerate(trained.view.names)
    }
