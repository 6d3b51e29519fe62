# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the face detector, from label files to calibrated weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.types import Detections
from mask_detector_training.data.box_traditions import (
    TRADITIONS,
    load_traditions,
    refit_labels,
)
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import (
    PSEUDO_LABELS,
    PseudoLabels,
    describe_sources,
    ignore_background,
    load_pseudo_labels,
)
from mask_detector_training.data.sample_stream import stream_batches
from mask_detector_training.data.training_data import load_training_data
from mask_detector_training.detector.detector_loss import DetectorLoss
from mask_detector_training.detector.detector_model import (
    HEIGHT,
    WIDTH,
    DetectorSize,
    build_detector,
    fold_input_scale,
)
from mask_detector_training.detector.detector_recipe import (
    SHIPPED,
    STRIDES,
    DetectorRecipe,
)
from mask_detector_training.detector.mosaic import MAX_FACES, TARGET_COLUMNS, MosaicSampler
from mask_detector_training.detector.yunet_weights import find_weights, load_yunet
from mask_detector_training.distribution import Distribution
from mask_detector_training.evaluation.calibration import calibrate_detector
from mask_detector_training.evaluation.metrics import (
    LOOSE_IOU,
    LabeledDetections,
    average_precision,
)
from mask_detector_training.evaluation.predictions import (
    DETECTOR_MIN_WIDTH_PX,
    EVALUATION_SETTINGS,
    ImageResult,
    detection_records,
    labeled_detections,
)
from mask_detector_training.training_loop import (
    SOURCES,
    EpochScore,
    TrainingLoop,
)
from mask_detector_training.weight_blending import (
    INITIAL,
    NONE,
    blend,
    blended_weights,
    keep_earlier,
    load_run,
    starts_from_run,
)


class KerasRuntime:
    """A Keras model with the interface of a perception runtime."""

    name, file_format = "keras", "keras"

    def __init__(self, model: Any) -> None:
        self._model = model

    def run(self, images: Image) -> FloatArray:
        """The output of the network, float32, for images (B, H, W, 3) uint8."""
        outputs = self._model.predict_on_batch(images.astype(np.float32))
        return np.asarray(outputs, np.float32)


def keras_face_detector(model: Any) -> FaceDetector:
    """A Keras detector built with ``deployed=True``, decoded by the runtime's own code."""
    spec = {"strides": list(STRIDES)}
    return FaceDetector(
        Model("face_detector", "training", WIDTH, HEIGHT, {}, spec), KerasRuntime(model)
    )


def training_labels(
    labels: Mapping[str, PseudoLabels], records: Sequence[Record], recipe: DetectorRecipe
) -> Mapping[str, PseudoLabels]:
    """The labels of the training images by ``Record.key``, changed as the recipe says.

    Raises:
        ValueError: the file of box traditions is missing or malformed.
    """
    if recipe.refit_boxes != NONE:
        file = TRADITIONS if recipe.refit_boxes == SHIPPED else Path(recipe.refit_boxes)
        labels = refit_labels(labels, records, load_traditions(file))
    if recipe.ignore_background:
        labels = ignore_background(labels, records)
    return labels


def _build_model(
    data: Path, recipe: DetectorRecipe, size: DetectorSize, distribution: Distribution
) -> tuple[Any, list[FloatArray]]:
    """The network with its initial weights, and the weights that are blended with its own."""
    import keras

    keras.utils.set_random_seed(recipe.loop.seed)
    with distribution.scope():
        model = build_detector(recipe.side, recipe.side, size, wear_status=recipe.wear_status)
    random_weights = model.get_weights()

    def load(name: str) -> list[FloatArray]:
        model.set_weights(random_weights)
        if starts_from_run(name):
            load_run(model, Path(name))
        elif name != NONE:
            load_yunet(model, find_weights(name, data))
        return list(model.get_weights())

    initial = load(recipe.weights)
    if recipe.blend_with == INITIAL:
        return model, initial
    earlier = load(recipe.blend_with)
    model.set_weights(initial)
    return model, earlier


def train_detector(
    data: Path,
    run: Path,
    recipe: DetectorRecipe,
    *,
    size: DetectorSize | None = None,
    teacher: Path | None = None,
    second_teacher: Path | None = None,
    pseudo_labels: Path | None = None,
    resume: bool = False,
    workers: int = 2,
    tensorboard: bool = False,
    skip_faulty: bool = False,
    corrections: bool = True,
    distribution: Distribution | None = None,
) -> None:
    """Train on ``faces``, ``crops`` and heads; keep and calibrate the best weights on val.

    Args:
        data: the data folder.
        run: the run folder, for checkpoints, history, best weights and calibration.
        recipe: the samples, the outputs and the training loop.
        size: channels of the network; the shipped network's if None.
        teacher: YuNet's ONNX file, for pseudo-labels; without them there are no landmarks.
        second_teacher: CenterFace's ONNX file; see ``load_pseudo_labels``.
        pseudo_labels: file of the pseudo-labels; in the run folder if None.
        resume: continue an earlier run with the same settings.
        workers: number of threads that prepare samples.
        tensorboard: also write the history for TensorBoard.
        skip_faulty: leave out images whose labels or files have faults, instead of refusing.
        corrections: correct the labels for which there is a correction.
        distribution: the devices and processes that train together; one device if None.

    Raises:
        ValueError: the data or the run folder cannot be used.
    """
    size, side = size or DetectorSize(), recipe.side
    distribution = distribution or Distribution()
    # First of all: a wrong file of weights is reported now, not after the check of the data.
    model, earlier = _build_model(data, recipe, size, distribution)
    train, val = load_training_data(data, skip_faulty=skip_faulty, corrections=corrections)
    pseudo_labels = pseudo_labels or run / PSEUDO_LABELS
    scored = [*train, *val]
    val = list(detection_records(val))
    empty = Detections.empty()
    if all(ImageResult(record, empty).labeled_detections.ignored.all() for record in val):
        raise ValueError(
            f"val contains no labeled face at least {DETECTOR_MIN_WIDTH_PX:g} pixels wide to "
            "score on"
        )
    sources = describe_sources(scored, teacher, pseudo_labels, run, second_teacher)
    config = {**recipe.config, "size": dataclasses.asdict(size), SOURCES: sources}
    loop = TrainingLoop(
        run, model, DetectorLoss(side), recipe.loop, config,
        tensorboard=tensorboard, distribution=distribution,
    )  # fmt: skip
    loop.start(resume)
    distribution.on_chief(lambda: keep_earlier(run, earlier))
    refined = distribution.chief_first(
        lambda: load_pseudo_labels(train, teacher, pseudo_labels, second_teacher)
    )
    sampler = MosaicSampler(
        train,
        training_labels(refined, train, recipe),
        side,
        recipe.loop.seed,
        recipe.synthetic_masks,
        recipe.covers,
    )
    deployed = build_detector(size=size, deployed=True)
    detector = keras_face_detector(deployed)

    def detect(nms_iou: float) -> list[LabeledDetections]:
        fold_input_scale(loop.scored, deployed)
        settings = dataclasses.replace(EVALUATION_SETTINGS, nms_iou=nms_iou)
        return labeled_detections(detector, val, settings)

    def evaluate() -> EpochScore:
        # What is exported is scored: a blend may be better where its weights alone are not.
        loop.scored.set_weights(blend(run, recipe.config, loop.scored.get_weights()))
        found = detect(EVALUATION_SETTINGS.nms_iou)
        ap50, ap30 = average_precision(found), average_precision(found, LOOSE_IOU)
        # Both count: finding the faces, and framing them.
        return EpochScore(
            (ap50 + ap30) / 2, f"AP30 {ap30:.4f}, AP50 {ap50:.4f} on val",
            {"val_ap30": ap30, "val_ap50": ap50},
        )  # fmt: skip

    batches = stream_batches(
        sampler.sample, loop.step, recipe.loop.batch_size, (side, side, 3),
        (MAX_FACES, TARGET_COLUMNS), workers, distribution.shard,
    )  # fmt: skip
    loop.train(batches, evaluate)

    def calibrate() -> None:
        loop.scored.set_weights(blended_weights(run, recipe.config))
        tqdm.write(f"calibrated on val: {calibrate_detector(run, detect)}")

    distribution.on_chief(calibrate)
