# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions of the exported models on labeled images, computed as on the robot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.face_detector import FaceDetector, drop_nested
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.pipeline import FACE_DETECTOR, MASK_CLASSIFIER, MaskPipeline
from mask_detector_ros.perception.pipeline_settings import DetectorSettings, PipelineSettings
from mask_detector_ros.perception.types import CLASS_LABELS, Detections
from mask_detector_training.data.datasets import FACE, Record
from mask_detector_training.evaluation.metrics import LabeledDetections

DETECTOR_MIN_WIDTH_PX = 12.0
"""Narrower labeled faces are ignored in the metrics of the detector."""
CLASSIFIER_MIN_WIDTH_PX = 24.0
"""Narrower labeled faces are left out of the metrics of the classifier."""
VIOLATION_MIN_WIDTH_PX = 32.0
"""Narrower labeled faces are left out of the recall of violations at 1 % false alarms."""
WIDTH_BANDS_PX = ((12.0, 24.0), (24.0, 48.0), (48.0, np.inf))
EVALUATION_SETTINGS = DetectorSettings(
    score_threshold=0.02, low_confidence_threshold=0.02, max_faces=300, nms_iom=1.0
)
"""Low-confidence detections are kept, because average precision needs them. Nested boxes are kept
because here each would count as a reported face; see ``drop_nested_as_on_robot``."""


def band_name(low: float, high: float) -> str:
    """Name of a range of face widths in pixels."""
    return f"{low:g}-{high:g} px" if np.isfinite(high) else f"{low:g}+ px"


def evaluation_settings(model: Model) -> DetectorSettings:
    """``EVALUATION_SETTINGS`` with the NMS threshold in the manifest entry of a detector."""
    return dataclasses.replace(EVALUATION_SETTINGS, nms_iou=float(model.spec["nms_iou"]))


@dataclasses.dataclass(frozen=True)
class ModelSet:
    """The two models of a model folder, alone and as a pipeline, on one thread.

    Attributes:
        detector: the face detector alone.
        classifier: the mask classifier alone.
        pipeline: both, as on the robot.
        models: manifest entries by model name.
        runtime: name of the model runtime.
    """

    detector: FaceDetector
    classifier: MaskClassifier
    pipeline: MaskPipeline
    models: dict[str, Model]
    runtime: str

    @classmethod
    def load(cls, folder: Path, runtime: str = runtimes.AUTO) -> ModelSet:
        """Load the models of a folder's ``manifest.yaml``.

        Raises:
            ModelError: a model cannot be used.
        """
        pipeline = MaskPipeline(folder, runtime=runtime)
        models = pipeline.models
        networks = {name: runtimes.load(model, runtime) for name, model in models.items()}
        return cls(
            FaceDetector(models[FACE_DETECTOR], networks[FACE_DETECTOR]),
            MaskClassifier(models[MASK_CLASSIFIER], networks[MASK_CLASSIFIER]),
            pipeline,
            models,
            pipeline.runtime,
        )

    @property
    def score_threshold(self) -> float:
        """Score threshold of the detector, as calibrated on val."""
        return float(self.models[FACE_DETECTOR].spec["score_threshold"])

    @property
    def evaluation_settings(self) -> DetectorSettings:
        """Settings that keep low-confidence detections."""
        return evaluation_settings(self.models[FACE_DETECTOR])


def ignored_faces(record: Record) -> BoolArray:
    """Which labeled faces (T,) count neither as found nor as missed: narrow ones and ``ignore``."""
    return np.asarray(record.ignored | (record.boxes[:, 2] < DETECTOR_MIN_WIDTH_PX))


@dataclasses.dataclass(frozen=True, eq=False)
class ImageResult:
    """A labeled image and the faces detected in it."""

    record: Record
    faces: Detections

    @property
    def labeled_detections(self) -> LabeledDetections:
        """Detections against all labeled faces; narrow ones and ``ignore`` are ignored."""
        ignored = ignored_faces(self.record)
        return LabeledDetections(self.faces.boxes, self.faces.scores, self.record.boxes, ignored)


def drop_nested_as_on_robot(faces: Detections) -> Detections:
    """Without the boxes nested in a face, where faces are reported as by default."""
    robot = DetectorSettings()
    reported = faces.scores >= robot.score_threshold
    return faces[drop_nested(faces.boxes, reported, robot.nms_iom)]


def detect_faces(
    detector: FaceDetector, records: Iterable[Record], settings: DetectorSettings
) -> list[ImageResult]:
    """Run the detector alone on every image."""
    return [
        ImageResult(record, drop_nested_as_on_robot(detector.detect(record.load(), settings)))
        for record in records
    ]


def labeled_detections(
    detector: FaceDetector, records: Iterable[Record], settings: DetectorSettings
) -> list[LabeledDetections]:
    """Detections of the detector alone with the ground truth of every image."""
    return [result.labeled_detections for result in detect_faces(detector, records, settings)]


def run_pipeline(
    pipeline: MaskPipeline, records: Iterable[Record], settings: DetectorSettings
) -> list[ImageResult]:
    """Run the pipeline on every image, without tracking.

    All settings except those of the detector are the defaults.
    """
    pipeline.settings = PipelineSettings(detector=settings)
    return [
        ImageResult(record, drop_nested_as_on_robot(pipeline.process(record.load()).faces))
        for record in records
    ]


@dataclasses.dataclass(frozen=True, eq=False)
class FacePredictions:
    """Predictions of the classifier for labeled faces, cropped by their labeled boxes.

    Attributes:
        records: N records, the image of each face.
        boxes: (N, 4) xywh pixels.
        statuses: (N,) labeled status names.
        probabilities: (N, 4) in the order of ``CLASSES``.
    """

    records: tuple[Record, ...]
    boxes: FloatArray
    statuses: FloatArray
    probabilities: FloatArray

    def __len__(self) -> int:
        return len(self.records)

    @property
    def widths(self) -> FloatArray:
        """(N,) face widths in pixels."""
        return self.boxes[:, 2]

    @property
    def sources(self) -> FloatArray:
        """(N,) names of the data sets that the images come from."""
        return np.array([record.source for record in self.records], np.str_)

    def where(self, chosen: BoolArray) -> FacePredictions:
        """The faces for which ``chosen`` (N,) is true."""
        rows = np.flatnonzero(chosen)
        return FacePredictions(
            tuple(self.records[row] for row in rows),
            self.boxes[rows],
            self.statuses[rows],
            self.probabilities[rows],
        )


def classify_image(
    classifier: MaskClassifier, image: Image, record: Record, chosen: BoolArray
) -> FacePredictions:
    """Classify labeled faces of one image (H, W, 3) uint8 BGR.

    Faces without a labeled wear status are left out.

    Args:
        classifier: the classifier.
        image: the image that the boxes of ``record`` are in.
        record: the labels.
        chosen: (T,) which of the labeled faces.
    """
    known = [status not in ("ignore", FACE) for status in record.statuses]
    rows = np.flatnonzero(chosen & np.array(known, bool))
    boxes = record.boxes[rows]
    return FacePredictions(
        (record,) * len(rows),
        boxes,
        np.array([record.statuses[row] for row in rows], np.str_),
        classifier.classify(classifier.crop(image, boxes)),
    )


def collect_predictions(parts: Sequence[FacePredictions]) -> FacePredictions:
    """The predictions of several images as one."""
    return FacePredictions(
        tuple(record for part in parts for record in part.records),
        np.concatenate([np.zeros((0, 4), np.float32), *(part.boxes for part in parts)]),
        np.concatenate([np.zeros(0, np.str_), *(part.statuses for part in parts)]),
        np.concatenate(
            [np.zeros((0, len(CLASS_LABELS)), np.float32), *(part.probabilities for part in parts)]
        ),
    )


def classify_faces(classifier: MaskClassifier, records: Iterable[Record]) -> FacePredictions:
    """Classify every labeled face, except narrow ones and those without a labeled wear status."""
    parts = []
    for record in records:
        chosen = record.boxes[:, 2] >= DETECTOR_MIN_WIDTH_PX
        if chosen.any():
            parts.append(classify_image(classifier, record.load(), record, chosen))
    return collect_predictions(parts)


def detection_records(records: Sequence[Record]) -> Sequence[Record]:
    """The images for evaluating the detector: those of ``faces``, or all without any."""
    return [r for r in records if r.folder == "faces"] or records


def with_progress(records: Sequence[Record], text: str) -> Iterable[Record]:
    """The records, with a progress bar."""
    bar: Iterable[Record] = tqdm(records, desc=text, unit="image", smoothing=0.05)
    return bar
