# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the mask classifier, from label files to calibrated weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception.geometry import face_crop
from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, Image, IntArray
from mask_detector_ros.training.calibrate import calibrate_classifier
from mask_detector_ros.training.classifier_data import (
    SHARES,
    SMALLEST,
    Cropper,
    Dresser,
    Face,
    labelled_faces,
)
from mask_detector_ros.training.classifier_model import (
    CONTEXT,
    SIZE,
    build_classifier,
    load_pretrained,
)
from mask_detector_ros.training.data import check_groups, load_split
from mask_detector_ros.training.loop import BEST, Loop, LoopSettings, load_weights
from mask_detector_ros.training.metrics import confusion, f1_scores
from mask_detector_ros.training.stream import batches
from mask_detector_ros.training.teacher import load_lessons

SCORED_WIDTH = 24.0
"""Narrower faces (pixels of the picture) are left out when classifiers are scored."""


def face_crops(faces: Sequence[Face], size: int, context: float = CONTEXT) -> Image:
    """The faces as the runtime cuts them, (N, size, size, 3) uint8."""
    crops = np.zeros((len(faces), size, size, 3), np.uint8)
    for row, face in enumerate(faces):
        crops[row] = face_crop(face.record.load(), face.box, size, context)
    return crops


def logits_of(model: Any, crops: Image, batch: int = 64) -> FloatArray:
    """Answers of a training-form classifier, (N, 4)."""
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

    Training shows the rare classes more often than they come; ``shift`` (4,) is what would
    undo that, the log of how often a class comes over how often it was shown. How much of
    it is right is found together with the temperature.

    Returns:
        The temperature, and the bias (4,) to add after the division by it.
    """
    best = (np.inf, 1.0, 0.0)
    for part in np.linspace(0, 1, 21):
        for temperature in np.exp(np.linspace(np.log(0.3), np.log(4.0), 105)):
            loss = log_loss(softmax(logits / temperature + part * shift), truth)
            best = min(best, (loss, float(temperature), float(part)))
    return best[1], best[2] * shift


def train_classifier(
    data: Path,
    run: Path,
    settings: LoopSettings,
    *,
    size: int = SIZE,
    alpha: float = 1.0,
    weights: Path | None = None,
    teacher: Path | None = None,
    lessons: Path | None = None,
    dresser: Dresser | None = None,
    dressed: float = 0.0,
    resume: bool = False,
    workers: int = 2,
) -> None:
    """Train on ``faces``, ``crops`` and heads; keep the best on val, then calibrate it.

    Args:
        data: the data folder.
        run: folder for checkpoints, history, best weights and calibration.
        settings: how long and how fast.
        size: side of the crops in pixels.
        alpha: width of MobileNetV2.
        weights: pretrained ImageNet weights (``.npz``); random ones if not given.
        teacher: YuNet's ONNX file, for landmarks and to refit heads.
        lessons: where the teacher's answers are kept; in the run folder if not given.
        dresser: draws masks on bare faces.
        dressed: part of the masked samples that are drawn.
        resume: go on with an earlier run of the same settings.
        workers: threads that prepare samples.
    """
    import keras

    train = load_split(data, "train", heads=True)
    val = load_split(data, "val")
    check_groups(train, val)
    keras.utils.set_random_seed(settings.seed)
    model = build_classifier(size, alpha=alpha)
    if weights is not None:
        load_pretrained(model, weights)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    describe = {"model": "mask_classifier", "size": size, "alpha": alpha, "dressed": dressed}
    loop = Loop(run, model, loss, settings, describe)
    loop.start(resume)
    taught = load_lessons(train, teacher, lessons or run / "lessons.npz")
    shown = labelled_faces(train, taught, SMALLEST)
    cropper = Cropper(shown, size, settings.seed, dresser, dressed)
    counts = np.bincount([face.label for face in shown], minlength=len(CLASS_LABELS))
    shift = np.log(counts / counts.sum() / np.array(SHARES))
    held_out = labelled_faces(val, None, SCORED_WIDTH)
    truth = np.array([face.label for face in held_out])
    crops = face_crops(held_out, size)

    def evaluate() -> tuple[float, str]:
        logits = logits_of(model, crops)
        temperature, bias = fit_calibration(logits, truth, shift)
        probabilities = softmax(logits / temperature + bias)
        loss = log_loss(probabilities, truth)
        scores = f1_scores(confusion(truth, probabilities.argmax(1), len(CLASS_LABELS)))
        each = ", ".join(
            f"{name} {score:.3f}" for name, score in zip(CLASS_LABELS, scores, strict=True)
        )
        words = f"macro F1 {scores.mean():.4f} on val ({each}), log loss {loss:.4f}"
        # The log loss moves where so few rare faces leave the F1 standing still.
        return float(scores.mean()) - 0.2 * loss, words

    stream = batches(
        cropper.sample, loop.step, settings.batch, (size, size, 3), (len(CLASS_LABELS),), workers
    )
    loop.train(stream, evaluate)
    model.set_weights(load_weights(run / BEST))
    temperature, bias = fit_calibration(logits_of(model, crops), truth, shift)
    tqdm.write(f"calibrated on val: {calibrate_classifier(run, temperature, bias)}")
