# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the face detector, from label files to the best weights of a run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.types import Detections, FloatArray, Image
from mask_detector_training.data.datasets import check_groups, check_names, load_split
from mask_detector_training.data.pseudo_labels import LESSONS, described_sources, load_lessons
from mask_detector_training.data.sample_stream import batches
from mask_detector_training.detector.detector_loss import DetectorLoss
from mask_detector_training.detector.detector_model import (
    HEIGHT,
    STRIDES,
    WIDTH,
    DetectorSize,
    build_detector,
    fold_input_scale,
)
from mask_detector_training.detector.mosaic import MAX_FACES, TARGET_COLUMNS, Composer
from mask_detector_training.evaluation.calibration import calibrate_detector
from mask_detector_training.evaluation.metrics import Answers, average_precision
from mask_detector_training.evaluation.predictions import (
    SCORED,
    SMALLEST_FOUND,
    Scene,
    face_answers,
    scenes_of,
)
from mask_detector_training.training_loop import BEST, SOURCES, Loop, LoopSettings, load_weights


class KerasRuntime:
    """A Keras model where the perception pipeline expects a runtime."""

    name, form = "keras", "keras"

    def __init__(self, model: Any) -> None:
        self._model = model

    def run(self, inputs: Image) -> FloatArray:
        """(B, H, W, 3) uint8 -> the network's answer."""
        answers = self._model.predict_on_batch(inputs.astype(np.float32))
        return np.asarray(answers, np.float32)


def detector_of(model: Any) -> FaceDetector:
    """A deployed Keras detector, decoded by the runtime's own code."""
    spec = {"strides": list(STRIDES)}
    return FaceDetector(
        Model("face_detector", "training", WIDTH, HEIGHT, {}, spec), KerasRuntime(model)
    )


def train_detector(
    data: Path,
    run: Path,
    settings: LoopSettings,
    *,
    side: int = 320,
    size: DetectorSize | None = None,
    wear: bool = False,
    dressed: float = 0.0,
    teacher: Path | None = None,
    lessons: Path | None = None,
    resume: bool = False,
    workers: int = 2,
    tensorboard: bool = False,
) -> None:
    """Train on ``faces``, ``crops`` and refitted heads; keep the best on ``faces/val``.

    Args:
        data: the data folder.
        run: folder for checkpoints, history and the best weights.
        settings: how long and how fast.
        side: of the square training samples, pixels.
        size: of the network.
        wear: whether it also tells how masks are worn.
        dressed: part of the bare faces that get a mask drawn on.
        teacher: YuNet's ONNX file; without it there are no landmarks.
        lessons: where the teacher's answers are kept; in the run folder if not given.
        resume: go on with an earlier run of the same settings.
        workers: threads that prepare samples.
        tensorboard: keep the history for TensorBoard, too.
    """
    import keras

    size = size or DetectorSize()
    if side < 2 * max(STRIDES) or side % max(STRIDES):
        raise ValueError(
            f"--side is {side}; expected a multiple of {max(STRIDES)} from {2 * max(STRIDES)} on"
        )
    train = load_split(data, "train", heads=True)
    val = load_split(data, "val")
    check_groups(train, val)
    check_names(train)
    lessons = lessons or run / LESSONS
    sources = described_sources([*train, *val], teacher, lessons)
    val = list(scenes_of(val))
    if all(Scene(record, Detections.empty()).answers.neutral.all() for record in val):
        raise ValueError(
            f"val holds no labeled face of {SMALLEST_FOUND:g} pixels width and more to score on"
        )
    keras.utils.set_random_seed(settings.seed)
    model = build_detector(side, side, size, wear=wear)
    describe = {
        "model": "face_detector", "side": side, "size": dataclasses.asdict(size), "wear": wear,
        "dressed": dressed, SOURCES: sources,
    }  # fmt: skip
    loop = Loop(run, model, DetectorLoss(side), settings, describe, tensorboard=tensorboard)
    loop.start(resume)
    taught = load_lessons(train, teacher, lessons)
    composer = Composer(train, taught, side, settings.seed, dressed)
    deployed = build_detector(size=size, deployed=True)
    detector = detector_of(deployed)

    def answers(overlap: float) -> list[Answers]:
        fold_input_scale(model, deployed)
        return face_answers(detector, val, dataclasses.replace(SCORED, nms_iou=overlap))

    def evaluate() -> tuple[float, str]:
        score = average_precision(answers(SCORED.nms_iou))
        return score, f"AP50 {score:.4f} on val"

    stream = batches(
        composer.sample, loop.step, settings.batch, (side, side, 3),
        (MAX_FACES, TARGET_COLUMNS), workers,
    )  # fmt: skip
    loop.train(stream, evaluate)
    model.set_weights(load_weights(run / BEST))
    tqdm.write(f"calibrated on val: {calibrate_detector(run, answers)}")
