# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores and calibration of a mask classifier on faces that take no part in its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image, IntArray
from mask_detector_training.classifier.classifier_calibration import (
    fit_calibration,
    fit_covered_bias,
    log_loss,
)
from mask_detector_training.classifier.classifier_data import (
    Face,
    crop_faces,
    face_classes,
    labeled_faces,
)
from mask_detector_training.classifier.drawn_covers import covered_crops
from mask_detector_training.data.class_mapping import ClassMapping
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import PseudoLabels
from mask_detector_training.evaluation.metrics import class_scores
from mask_detector_training.evaluation.predictions import CLASSIFIER_MIN_WIDTH_PX
from mask_detector_training.training_loop import EpochScore


def scored_faces(
    records: Sequence[Record],
    mapping: ClassMapping,
    pseudo_labels: Mapping[str, PseudoLabels] | None = None,
) -> list[Face]:
    """The faces on which classifiers are scored; with landmarks if there are pseudo-labels.

    Raises:
        ValueError: there are none.
    """
    faces = labeled_faces(records, pseudo_labels, CLASSIFIER_MIN_WIDTH_PX, mapping)
    if not faces:
        raise ValueError(
            f"the {len(records)} images to score on contain no face at least "
            f"{CLASSIFIER_MIN_WIDTH_PX:g} pixels wide labeled {', '.join(mapping.class_of)}; "
            "add such faces to the split"
        )
    return faces


def predict(model: Any, crops: Image, batch_size: int = 64) -> FloatArray:
    """The output of a classifier for crops (N, size, size, 3): logits or probabilities (N, C)."""
    parts = [
        np.asarray(model.predict_on_batch(crops[i : i + batch_size].astype(np.float32)))
        for i in range(0, len(crops), batch_size)
    ]
    return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class ValidationSet:
    """Labeled crops that take no part in training, and the scores of a classifier on them.

    Attributes:
        crops: (N, size, size, 3) uint8 BGR.
        classes: true classes (N,).
        mapping: the classes.
        prior_shift: (classes,) corrects the class frequencies of training; see
            ``fit_calibration``.
        covered: (M, size, size, 3) crops of bare faces with a drawn cover over the mouth.
    """

    crops: Image
    classes: IntArray
    mapping: ClassMapping
    prior_shift: FloatArray
    covered: Image

    @classmethod
    def load(
        cls, faces: Sequence[Face], train_faces: Sequence[Face], mapping: ClassMapping, size: int
    ) -> ValidationSet:
        """Cut the crops of validation faces; ``train_faces`` give the class frequencies."""
        counts = np.bincount(face_classes(train_faces, mapping), minlength=len(mapping.names))
        prior_shift = np.log(counts / counts.sum() / np.array(mapping.sampling_fractions))
        return cls(
            crop_faces(faces, size), face_classes(faces, mapping), mapping, prior_shift,
            covered_crops(faces, size),
        )  # fmt: skip

    def fit_calibration(self, logits: FloatArray) -> tuple[float, FloatArray]:
        """Temperature and bias (outputs,) for the logits (N, outputs) of these crops."""
        count = len(self.mapping.names)
        temperature, bias = fit_calibration(logits[:, :count], self.classes, self.prior_shift)
        if logits.shape[1] > count:
            calibrated = logits / temperature
            calibrated[:, :count] += bias
            bias = np.append(bias, fit_covered_bias(calibrated))
        return temperature, bias

    def score(self, model: Any, loss: Callable[[Any, Any], Any]) -> EpochScore:
        """Score a classifier (``deployed=False``) after calibration.

        The score is the negative log loss, every class weighted equally. The metrics
        ``val_loss`` and ``val_accuracy`` are without calibration, as in training.
        """
        logits = predict(model, self.crops)
        temperature, bias = self.fit_calibration(logits)
        names = self.mapping.names
        covers = self._describe_covers(model, temperature, bias)
        logits = logits[:, : len(names)]
        calibrated = logits / temperature + bias[: len(names)]
        scores = class_scores(self.classes, calibrated.argmax(1), len(names)).f1
        by_class = ", ".join(f"{n} {score:.3f}" for n, score in zip(names, scores, strict=True))
        summary = (
            f"macro F1 {scores.mean():.4f} on val ({by_class}), "
            f"log loss {log_loss(calibrated, self.classes):.4f}{covers}"
        )
        targets = np.eye(len(names), dtype=np.float32)[self.classes]
        metrics = {
            "val_loss": float(np.mean(loss(targets, logits))),
            "val_accuracy": float((logits.argmax(1) == self.classes).mean()),
        }
        # The F1 of a class with few faces jumps from epoch to epoch; its log loss does not.
        # Weighted equally, because otherwise the two frequent classes would decide.
        losses = [log_loss(calibrated[rows], self.classes[rows]) for rows in self._class_rows()]
        return EpochScore(-float(np.mean(losses)), summary, metrics)

    def _describe_covers(self, model: Any, temperature: float, bias: FloatArray) -> str:
        """What becomes of covered mouths; empty without any."""
        if not len(self.covered):
            return ""
        calibrated = predict(model, self.covered) / temperature + bias
        chosen = calibrated.argmax(1)
        correct = float((chosen == self.mapping.names.index(self.mapping.correct_class)).mean())
        hidden = float((chosen == len(self.mapping.names)).mean())
        return f"; covered mouths: {correct:.3f} {self.mapping.correct_class}, {hidden:.3f} covered"

    def _class_rows(self) -> list[BoolArray]:
        """Which crops (N,) belong to each class that occurs."""
        return [self.classes == c for c in np.unique(self.classes)]
