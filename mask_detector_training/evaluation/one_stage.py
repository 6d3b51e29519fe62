# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One network for faces and masks, beside the product's two: how good, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.face_detector import (
    COLUMNS,
    VOTE_IOU,
    FaceDetector,
    grid_centers,
    iou_matrix,
    letterbox,
)
from mask_detector_ros.perception.models import Model, ModelError, load_manifest
from mask_detector_ros.perception.pipeline import FACE_DETECTOR
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.runtimes import Runtime
from mask_detector_ros.perception.types import CLASS_LABELS, Detections, FloatArray, Image
from mask_detector_training.data.class_mapping import VIEWS
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.evaluation.inference_time import by_turns
from mask_detector_training.evaluation.metrics import average_precision
from mask_detector_training.evaluation.predictions import (
    Scene,
    Shipped,
    process,
    progress,
    scenes_of,
    scoring,
)
from mask_detector_training.evaluation.split_scores import score_pipeline

TIMED_FACES = 4
ROUNDS = 60


class OneStageDetector:
    """A face detector whose rows end with the probabilities of the four wear statuses."""

    def __init__(self, model: Model, runtime: Runtime) -> None:
        """Refuse a detector that tells no statuses.

        Raises:
            ModelError: the model's spec does not list the classes.
        """
        classes = tuple(model.spec.get("classes", ()))
        if classes != CLASS_LABELS:
            raise ModelError(
                f"{model.label} tells {', '.join(classes) or 'faces only'}; a one-stage model "
                f"lists the classes {', '.join(CLASS_LABELS)}: train with --wear and export with "
                "--one-stage"
            )
        self._kept = _KeepingRuntime(runtime)
        self._detector = FaceDetector(model, self._kept)
        self._size = (model.width, model.height)
        self._centers = grid_centers(model.width, model.height, list(model.spec["strides"]))

    def detect(self, image: Image, settings: DetectorSettings) -> Detections:
        """As ``FaceDetector.detect``, with the probabilities filled in.

        The cells that see a face vote on how it wears its mask as they do on its box:
        those whose box overlaps it by ``VOTE_IOU``, weighted by their score.
        """
        found = self._detector.detect(image, settings)
        if not len(found):
            return found
        threshold = min(settings.score_threshold, settings.faint_threshold)
        rows = np.flatnonzero(self._kept.answer[:, 0] >= threshold)
        cells, centers = self._kept.answer[rows], self._centers[rows]
        boxes = np.concatenate([centers - cells[:, 1:3], cells[:, 1:3] + cells[:, 3:5]], 1)
        scale = min(self._size[0] / image.shape[1], self._size[1] / image.shape[0])
        overlaps = iou_matrix(found.boxes * scale, boxes)
        # Where voting moved a box away from all of its voters, the nearest one decides.
        near = overlaps >= np.minimum(VOTE_IOU, overlaps.max(1, keepdims=True))
        weights = near * cells[:, 0]
        told = weights @ cells[:, COLUMNS:] / weights.sum(1, keepdims=True)
        return found.with_(probabilities=told.astype(np.float32))


class _KeepingRuntime:
    """Hands the face columns on and keeps the whole answer to the last picture."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.name, self.form = runtime.name, runtime.form
        self.answer = np.zeros((0, COLUMNS + len(CLASS_LABELS)), np.float32)

    def run(self, images: Image) -> FloatArray:
        answers = self._runtime.run(images)
        self.answer = answers[-1]
        return answers[..., :COLUMNS]


def load_one_stage(folder: Path, runtime: str) -> tuple[OneStageDetector, Model]:
    """The one-stage model of a folder: its ``face_detector``.

    Raises:
        ModelError: there is none, or it cannot be used.
    """
    model = load_manifest(folder).get(FACE_DETECTOR)
    if model is None:
        raise ModelError(f"the manifest in {folder} has no model {FACE_DETECTOR!r}")
    return OneStageDetector(model, runtimes.load(model, runtime)), model


def compare_stages(
    data: Path, split: str, models: Path, one_stage: Path, runtime: str = runtimes.AUTO
) -> dict[str, dict[str, float]]:
    """Average precision per class and time of both ways, measured in one run.

    Args:
        data: the data folder.
        models: folder of the two models as shipped.
        one_stage: folder whose ``face_detector`` tells the statuses as well.

    Returns:
        Figures by name, of ``two stages`` and of ``one stage``.

    Raises:
        ModelError: a model cannot be used.
        ValueError: the data cannot be read.
    """
    shipped = Shipped.load(models, runtime)
    single, model = load_one_stage(one_stage, runtime)
    records = scenes_of(load_split(data, split))
    settings = scoring(model)
    both = {
        "two stages": process(shipped.pipeline, progress(records, "two stages"), shipped.scoring),
        "one stage": [
            Scene(record, single.detect(record.load(), settings))
            for record in progress(records, "one stage")
        ],
    }
    spent = time_stages(shipped, single, records)
    return {
        way: {
            "AP50 of faces": average_precision([scene.answers for scene in scenes]),
            **{f"3 classes: {n}": v for n, v in score_pipeline(scenes, VIEWS[3]).items()},
            **{f"4 classes: {n}": v for n, v in score_pipeline(scenes, VIEWS[4]).items()},
            f"ms per frame with {TIMED_FACES} faces": spent[way],
        }
        for way, scenes in both.items()
    }


def time_stages(
    shipped: Shipped, single: OneStageDetector, records: Sequence[Record]
) -> dict[str, float]:
    """Median milliseconds per frame of both ways, by turns, on one frame with four faces.

    The frame is the first picture whose number of labeled faces comes nearest to four, in
    the detector's size; the classifier always gets four.
    """
    record = min(records, key=lambda r: abs(len(r.boxes) - TIMED_FACES))
    model = shipped.models[FACE_DETECTOR]
    frame, scale = letterbox(record.load(), model.width, model.height)
    some = record.boxes if len(record.boxes) else np.array([[0, 0, 64, 64]])
    boxes = np.resize(some, (TIMED_FACES, 4)) * scale
    settings = DetectorSettings()

    def two_stages() -> None:
        shipped.detector.detect(frame, settings)
        shipped.classifier.classify(shipped.classifier.crop(frame, boxes))

    return by_turns(
        {"two stages": two_stages, "one stage": lambda: single.detect(frame, settings)}, ROUNDS
    )
