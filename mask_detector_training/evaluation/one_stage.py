# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One-stage detection, which also predicts the wear status, compared with the two models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
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
from mask_detector_ros.perception.types import CLASS_LABELS, Detections
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.evaluation.inference_time import time_interleaved
from mask_detector_training.evaluation.metrics import average_precision
from mask_detector_training.evaluation.predictions import (
    ImageResult,
    ModelSet,
    detection_records,
    evaluation_settings,
    run_pipeline,
    with_progress,
)
from mask_detector_training.evaluation.split_scores import score_pipeline

TIMED_FACES = 4
ROUNDS = 60


class RecordingRuntime:
    """Model runtime that returns the face columns only and records the last complete output.

    Attributes:
        output: (B, cells, columns) float32, the last output.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.name, self.file_format = runtime.name, runtime.file_format
        self.output = np.zeros((1, 0, COLUMNS + len(CLASS_LABELS)), np.float32)

    def run(self, images: Image) -> FloatArray:
        """See ``Runtime.run``."""
        self.output = self._runtime.run(images)
        return self.output[..., :COLUMNS]


class OneStageDetector:
    """A face detector whose network also outputs the probabilities of the four wear statuses."""

    def __init__(self, model: Model, runtime: Runtime) -> None:
        """Use a one-stage model.

        Raises:
            ModelError: the model's manifest entry does not list the classes.
        """
        classes = tuple(model.spec.get("classes", ()))
        if classes != CLASS_LABELS:
            raise ModelError(
                f"{model.label} predicts {', '.join(classes) or 'faces only'}; a one-stage model "
                f"lists the classes {', '.join(CLASS_LABELS)}: train with --wear-status and export "
                "with --one-stage"
            )
        self._recorder = RecordingRuntime(runtime)
        self._detector = FaceDetector(model, self._recorder)
        self._size = (model.width, model.height)
        self._centers = grid_centers(model.width, model.height, list(model.spec["strides"]))

    def detect(self, image: Image, settings: DetectorSettings) -> Detections:
        """As ``FaceDetector.detect``, with the probabilities filled in.

        The probabilities of a face are the mean over the cells whose box has an IoU of at least
        ``VOTE_IOU`` with it, weighted by their score: the same box voting (Gidaris and
        Komodakis, 2015, "Object Detection via a Multi-region and Semantic Segmentation-aware
        CNN Model") as for its box.
        """
        found = self._detector.detect(image, settings)
        if not len(found):
            return found
        threshold = min(settings.score_threshold, settings.low_confidence_threshold)
        output = self._recorder.output[-1]
        rows = np.flatnonzero(output[:, 0] >= threshold)
        cells, centers = output[rows], self._centers[rows]
        boxes = np.concatenate([centers - cells[:, 1:3], cells[:, 1:3] + cells[:, 3:5]], 1)
        scale = min(self._size[0] / image.shape[1], self._size[1] / image.shape[0])
        overlaps = iou_matrix(found.boxes * scale, boxes)
        # Where voting moved a box away from all of its voters, the nearest cell decides.
        near = overlaps >= np.minimum(VOTE_IOU, overlaps.max(1, keepdims=True))
        weights = near * cells[:, 0]
        probabilities = weights @ cells[:, COLUMNS:] / weights.sum(1, keepdims=True)
        return found.with_(probabilities=probabilities.astype(np.float32))


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
    """AP50 per class and inference time of two stages and one stage, measured in one run.

    Args:
        data: the data folder.
        split: ``train``, ``val`` or ``test``.
        models: folder of the face detector and the mask classifier.
        one_stage: folder whose ``face_detector`` also predicts the wear status.
        runtime: one of ``runtimes.CHOICES``.

    Returns:
        Metrics by name, of ``two stages`` and of ``one stage``.

    Raises:
        ModelError: a model cannot be used.
        ValueError: the data cannot be read.
    """
    model_set = ModelSet.load(models, runtime)
    detector, model = load_one_stage(one_stage, runtime)
    records = detection_records(load_split(data, split))
    settings = evaluation_settings(model)
    results = {
        "two stages": run_pipeline(
            model_set.pipeline,
            with_progress(records, "two stages"),
            model_set.evaluation_settings,
        ),
        "one stage": [
            ImageResult(record, detector.detect(record.load(), settings))
            for record in with_progress(records, "one stage")
        ],
    }
    times = time_stages(model_set, detector, records)
    return {
        stages: {
            "AP50 of faces": average_precision([image.labeled_detections for image in images]),
            **{f"3 classes: {n}": v for n, v in score_pipeline(images, CLASS_MAPPINGS[3]).items()},
            **{f"4 classes: {n}": v for n, v in score_pipeline(images, CLASS_MAPPINGS[4]).items()},
            f"ms per frame with {TIMED_FACES} faces": times[stages],
        }
        for stages, images in results.items()
    }


def time_stages(
    model_set: ModelSet, one_stage: OneStageDetector, records: Sequence[Record]
) -> dict[str, float]:
    """Median milliseconds per frame with four faces, for two stages and for one stage.

    The frame is the first image whose number of labeled faces is nearest to four, in the input
    size of the detector. The classifier always gets four faces.
    """
    record = min(records, key=lambda r: abs(len(r.boxes) - TIMED_FACES))
    model = model_set.models[FACE_DETECTOR]
    frame, scale = letterbox(record.load(), model.width, model.height)
    labeled = record.boxes if len(record.boxes) else np.array([[0, 0, 64, 64]])
    boxes = np.resize(labeled, (TIMED_FACES, 4)) * scale
    settings = DetectorSettings()

    def two_stages() -> None:
        model_set.detector.detect(frame, settings)
        model_set.classifier.classify(model_set.classifier.crop(frame, boxes))

    return time_interleaved(
        {"two stages": two_stages, "one stage": lambda: one_stage.detect(frame, settings)}, ROUNDS
    )
