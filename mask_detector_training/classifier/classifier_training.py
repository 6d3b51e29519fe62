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

from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import FloatArray, Image, IntArray
from mask_detector_training.classifier.backbones import freeze
from mask_detector_training.classifier.classifier_data import (
    SMALLEST,
    Cropper,
    Face,
    dress,
    labeled_faces,
    truth_of,
)
from mask_detector_training.classifier.classifier_losses import build_loss
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT, build_classifier
from mask_detector_training.classifier.pretrained import load_pretrained
from mask_detector_training.classifier.recipe import Recipe
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.data.datasets import Record, check_groups, check_names, load_split
from mask_detector_training.data.pseudo_labels import LESSONS, described_sources, load_lessons
from mask_detector_training.data.sample_stream import batches
from mask_detector_training.evaluation.calibration import calibrate_classifier
from mask_detector_training.evaluation.metrics import confusion, f1_scores
from mask_detector_training.training_loop import (
    BEST,
    CHECKPOINT,
    SOURCES,
    Loop,
    Scored,
    load_weights,
)

SCORED_WIDTH = 24.0
"""Narrower faces (pixels of the picture) are left out when classifiers are scored."""


def scored_faces(records: Sequence[Record], view: View) -> list[Face]:
    """The faces classifiers are scored on.

    Raises:
        ValueError: there are none.
    """
    faces = labeled_faces(records, None, SCORED_WIDTH, view)
    if not faces:
        raise ValueError(
            f"the {len(records)} pictures to score on hold no face of at least {SCORED_WIDTH:g} "
            f"pixels width labeled {', '.join(view.of)}; give others"
        )
    return faces


def face_crops(faces: Sequence[Face], size: int) -> Image:
    """The faces as the runtime cuts them, (N, size, size, 3) uint8."""
    crops = np.zeros((len(faces), size, size, 3), np.uint8)
    for row, face in enumerate(faces):
        crops[row] = face_crop(face.record.load(), face.box, size, CONTEXT, BELOW)
    return crops


def answers_of(model: Any, crops: Image, batch: int = 64) -> FloatArray:
    """What a classifier, in either form, says of crops, (N, classes)."""
    parts = [
        np.asarray(model.predict_on_batch(crops[i : i + batch].astype(np.float32)))
        for i in range(0, len(crops), batch)
    ]
    return np.concatenate(parts)


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities over the last axis."""
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def log_loss(probabilities: FloatArray, truth: IntArray) -> float:
    """Mean negative log-likelihood of the true classes."""
    chosen = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, 1e-9)).mean())


def fit_calibration(
    logits: FloatArray, truth: IntArray, shift: FloatArray
) -> tuple[float, FloatArray]:
    """Temperature and bias whose probabilities are likeliest, by search over a grid.

    Training shows the rare classes more often than they come; ``shift`` (classes,) is what would
    undo that, the log of how often a class comes over how often it was shown. How much of
    it is right is found together with the temperature.

    Returns:
        The temperature, and the bias (classes,) to add after the division by it.
    """
    best = (np.inf, 1.0, 0.0)
    for part in np.linspace(0, 1, 21):
        for temperature in np.exp(np.linspace(np.log(0.3), np.log(4.0), 105)):
            loss = log_loss(softmax(logits / temperature + part * shift), truth)
            best = min(best, (loss, float(temperature), float(part)))
    return best[1], best[2] * shift


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Labeled crops that take no part in training, and how answers to them are judged.

    Attributes:
        crops: (N, size, size, 3) uint8 BGR.
        truth: (N,) classes.
        view: says which classes.
        shift: (classes,) what would undo the shares of training; see ``fit_calibration``.
    """

    crops: Image
    truth: IntArray
    view: View
    shift: FloatArray

    @classmethod
    def load(cls, faces: Sequence[Face], shown: Sequence[Face], view: View, size: int) -> HeldOut:
        """Crops of held-out faces; ``shown`` are the faces training draws from."""
        counts = np.bincount(truth_of(shown, view), minlength=len(view.names))
        shift = np.log(counts / counts.sum() / np.array(view.shares))
        return cls(face_crops(faces, size), truth_of(faces, view), view, shift)

    def calibration(self, logits: FloatArray) -> tuple[float, FloatArray]:
        """Temperature and bias (classes,) for answers to these crops."""
        return fit_calibration(logits, self.truth, self.shift)

    def score(self, model: Any, loss: Callable[[Any, Any], Any]) -> Scored:
        """How good a training-form classifier is once it is calibrated.

        The figures ``val_loss`` and ``val_accuracy`` are those of the answers as they are,
        as for the training's own.
        """
        logits = answers_of(model, self.crops)
        temperature, bias = self.calibration(logits)
        probabilities = softmax(logits / temperature + bias)
        likely = log_loss(probabilities, self.truth)
        names = self.view.names
        scores = f1_scores(confusion(self.truth, probabilities.argmax(1), len(names)))
        each = ", ".join(f"{n} {score:.3f}" for n, score in zip(names, scores, strict=True))
        words = f"macro F1 {scores.mean():.4f} on val ({each}), log loss {likely:.4f}"
        targets = np.eye(len(names), dtype=np.float32)[self.truth]
        figures = {
            "val_loss": float(np.mean(loss(targets, logits))),
            "val_accuracy": float((logits.argmax(1) == self.truth).mean()),
        }
        # A few rare faces make the F1 jump; the log loss moves with each of them. Every
        # class counts alike, or the two easy ones would decide.
        losses = [log_loss(probabilities[of], self.truth[of]) for of in self._members()]
        return Scored(-float(np.mean(losses)), words, figures)

    def _members(self) -> list[np.ndarray]:
        """Which crops belong to every class that there is."""
        return [self.truth == c for c in np.unique(self.truth)]


def train_classifier(
    data: Path,
    run: Path,
    recipe: Recipe,
    *,
    teacher: Path | None = None,
    lessons: Path | None = None,
    resume: bool = False,
    workers: int = 2,
    tensorboard: bool = False,
) -> None:
    """Train on ``faces``, ``crops`` and heads; keep the best on val, then calibrate it.

    Args:
        data: the data folder.
        run: folder for checkpoints, history, best weights and calibration.
        recipe: what to build, and how to train it.
        teacher: YuNet's ONNX file, for landmarks and to refit heads.
        lessons: where the teacher's answers are kept; in the run folder if not given.
        resume: go on with an earlier run of the same settings.
        workers: threads that prepare samples.
        tensorboard: keep the history for TensorBoard, too.
    """
    import keras

    view, size = VIEWS[recipe.classes], recipe.size
    train = load_split(data, "train", heads=True)
    val = load_split(data, "val")
    check_groups(train, val)
    check_names(train)
    scored, lessons = scored_faces(val, view), lessons or run / LESSONS
    keras.utils.set_random_seed(recipe.seed)
    model = build_classifier(recipe)
    if not (run / CHECKPOINT).is_file():
        load_pretrained(model, recipe, data)
    freeze(model, recipe.trainable)
    loss = build_loss(recipe.loss)
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    loop = Loop(
        run, model, loss, recipe.loop,
        {**recipe.described, SOURCES: described_sources([*train, *val], teacher, lessons)},
        metrics=[accuracy], tensorboard=tensorboard,
    )  # fmt: skip
    loop.start(resume)
    taught = load_lessons(train, teacher, lessons)
    shown = labeled_faces(train, taught, SMALLEST, view)
    dresser = dress if recipe.dressed > 0 else None
    cropper = Cropper(shown, size, recipe.seed, dresser, recipe.dressed, view)
    held_out = HeldOut.load(scored, shown, view, size)
    stream = batches(
        cropper.sample, loop.step, recipe.batch, (size, size, 3), (len(view.names),), workers
    )
    loop.train(stream, lambda: held_out.score(model, loss))
    model.set_weights(load_weights(run / BEST))
    temperature, bias = held_out.calibration(answers_of(model, held_out.crops))
    tqdm.write(f"calibrated on val: {calibrate_classifier(run, temperature, bias)}")
