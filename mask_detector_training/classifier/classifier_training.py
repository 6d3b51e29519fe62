# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the mask classifier, from label files to calibrated weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import BoolArray, FloatArray, Image, IntArray
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_training.classifier.backbones import freeze
from mask_detector_training.classifier.classifier_calibration import fit_calibration, log_loss
from mask_detector_training.classifier.classifier_data import (
    MIN_FACE_WIDTH_PX,
    CropSampler,
    Face,
    draw_synthetic_mask,
    face_classes,
    labeled_faces,
)
from mask_detector_training.classifier.classifier_losses import build_loss
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT, build_classifier
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.classifier.pretrained import load_pretrained
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import (
    PSEUDO_LABELS,
    describe_sources,
    load_pseudo_labels,
)
from mask_detector_training.data.sample_stream import stream_batches
from mask_detector_training.data.training_data import check_classes, load_training_data
from mask_detector_training.evaluation.calibration import calibrate_classifier
from mask_detector_training.evaluation.metrics import class_scores
from mask_detector_training.training_loop import (
    BEST,
    CHECKPOINT,
    SOURCES,
    EpochScore,
    TrainingLoop,
    load_weights,
)

MIN_SCORED_WIDTH_PX = 24.0
"""Faces narrower than this in the image are left out when classifiers are scored."""


def scored_faces(records: Sequence[Record], mapping: ClassMapping) -> list[Face]:
    """The faces on which classifiers are scored.

    Raises:
        ValueError: there are none.
    """
    faces = labeled_faces(records, None, MIN_SCORED_WIDTH_PX, mapping)
    if not faces:
        raise ValueError(
            f"the {len(records)} images to score on contain no face at least "
            f"{MIN_SCORED_WIDTH_PX:g} pixels wide labeled {', '.join(mapping.class_of)}; "
            "add such faces to the split"
        )
    return faces


def crop_faces(faces: Sequence[Face], size: int) -> Image:
    """Crops of faces as the runtime cuts them, (N, size, size, 3) uint8 BGR."""
    crops = np.zeros((len(faces), size, size, 3), np.uint8)
    for row, face in enumerate(faces):
        crops[row] = face_crop(face.record.load(), face.box, size, CONTEXT, BELOW)
    return crops


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
    """

    crops: Image
    classes: IntArray
    mapping: ClassMapping
    prior_shift: FloatArray

    @classmethod
    def load(
        cls, faces: Sequence[Face], train_faces: Sequence[Face], mapping: ClassMapping, size: int
    ) -> ValidationSet:
        """Cut the crops of validation faces; ``train_faces`` give the class frequencies."""
        counts = np.bincount(face_classes(train_faces, mapping), minlength=len(mapping.names))
        prior_shift = np.log(counts / counts.sum() / np.array(mapping.sampling_fractions))
        return cls(crop_faces(faces, size), face_classes(faces, mapping), mapping, prior_shift)

    def fit_calibration(self, logits: FloatArray) -> tuple[float, FloatArray]:
        """Temperature and bias (classes,) for the logits (N, classes) of these crops."""
        return fit_calibration(logits, self.classes, self.prior_shift)

    def score(self, model: Any, loss: Callable[[Any, Any], Any]) -> EpochScore:
        """Score a classifier (``deployed=False``) after calibration.

        The score is the negative log loss, every class weighted equally. The metrics
        ``val_loss`` and ``val_accuracy`` are without calibration, as in training.
        """
        logits = predict(model, self.crops)
        temperature, bias = self.fit_calibration(logits)
        calibrated = logits / temperature + bias
        names = self.mapping.names
        scores = class_scores(self.classes, calibrated.argmax(1), len(names)).f1
        by_class = ", ".join(f"{n} {score:.3f}" for n, score in zip(names, scores, strict=True))
        summary = (
            f"macro F1 {scores.mean():.4f} on val ({by_class}), "
            f"log loss {log_loss(calibrated, self.classes):.4f}"
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

    def _class_rows(self) -> list[BoolArray]:
        """Which crops (N,) belong to each class that occurs."""
        return [self.classes == c for c in np.unique(self.classes)]


def train_classifier(
    data: Path,
    run: Path,
    recipe: ClassifierRecipe,
    *,
    teacher: Path | None = None,
    pseudo_labels: Path | None = None,
    resume: bool = False,
    workers: int = 2,
    tensorboard: bool = False,
    skip_faulty: bool = False,
) -> None:
    """Train on ``faces``, ``crops`` and heads; keep and calibrate the best weights on val.

    Args:
        data: the data folder.
        run: the run folder, for checkpoints, history, best weights and calibration.
        recipe: the network and its training.
        teacher: YuNet's ONNX file, for pseudo-labels: landmarks, and face boxes of heads.
        pseudo_labels: file of the pseudo-labels; in the run folder if None.
        resume: continue an earlier run with the same settings.
        workers: number of threads that prepare samples.
        tensorboard: also write the history for TensorBoard.
        skip_faulty: leave out images whose labels or files have faults, instead of refusing.

    Raises:
        ValueError: the data, the weights or the run folder cannot be used.
    """
    import keras

    mapping, size = CLASS_MAPPINGS[recipe.classes], recipe.size
    train, val = load_training_data(data, skip_faulty=skip_faulty)
    val_faces, pseudo_labels = scored_faces(val, mapping), pseudo_labels or run / PSEUDO_LABELS
    train_faces = labeled_faces(train, None, MIN_FACE_WIDTH_PX, mapping)
    for split, found in (("training", train_faces), ("val", val_faces)):
        names = (mapping.names[index] for index in face_classes(found, mapping))
        check_classes(split, names, mapping, train)
    keras.utils.set_random_seed(recipe.loop.seed)
    model = build_classifier(recipe)
    if not (run / CHECKPOINT).is_file():
        load_pretrained(model, recipe, data)
    freeze(model, recipe.trainable)
    loss = build_loss(recipe.loss)
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    sources = describe_sources([*train, *val], teacher, pseudo_labels, run)
    loop = TrainingLoop(
        run, model, loss, recipe.loop, {**recipe.config, SOURCES: sources},
        metrics=[accuracy], tensorboard=tensorboard,
    )  # fmt: skip
    loop.start(resume)
    refined = load_pseudo_labels(train, teacher, pseudo_labels)
    train_faces = labeled_faces(train, refined, MIN_FACE_WIDTH_PX, mapping)
    mask_drawer = draw_synthetic_mask if recipe.synthetic_masks > 0 else None
    sampler = CropSampler(
        train_faces, size, recipe.loop.seed, mask_drawer, recipe.synthetic_masks, mapping
    )
    validation = ValidationSet.load(val_faces, train_faces, mapping, size)
    batches = stream_batches(
        sampler.sample, loop.step, recipe.loop.batch_size,
        (size, size, 3), (len(mapping.names),), workers,
    )  # fmt: skip
    loop.train(batches, lambda: validation.score(model, loss))
    model.set_weights(load_weights(run / BEST))
    temperature, bias = validation.fit_calibration(predict(model, validation.crops))
    tqdm.write(f"calibrated on val: {calibrate_classifier(run, temperature, bias)}")
