# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the models say of labeled pictures, run exactly as the product runs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.pipeline import FACE_DETECTOR, MASK_CLASSIFIER, Pipeline
from mask_detector_ros.perception.pipeline_settings import DetectorSettings, PipelineSettings
from mask_detector_ros.perception.types import CLASS_LABELS, BoolArray, Detections, FloatArray
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import Answers

SMALLEST_FOUND = 12.0
"""Narrower faces (pixels of the picture) are neutral to the detector's figures."""
SMALLEST_TOLD = 24.0
"""Narrower faces are left out of the classifier's figures."""
SMALLEST_ACCUSED = 32.0
"""Narrower faces are left out of the recall at 1 % false alarms."""
BANDS = ((12.0, 24.0), (24.0, 48.0), (48.0, np.inf))
SCORED = DetectorSettings(score_threshold=0.02, max_faces=300)
"""Nearly everything is kept, as average precision needs."""


def band_name(low: float, high: float) -> str:
    """Name of a range of face widths in pixels."""
    return f"{low:g}-{high:g} px" if np.isfinite(high) else f"{low:g}+ px"


@dataclasses.dataclass(frozen=True)
class Shipped:
    """Both models of a model folder, alone and as the product joins them, on one thread.

    Attributes:
        detector: the face detector alone.
        classifier: the mask classifier alone.
        pipeline: both, as the product runs them.
        models: their manifest entries by name.
        runtime: name of the runtime they run in.
    """

    detector: FaceDetector
    classifier: MaskClassifier
    pipeline: Pipeline
    models: dict[str, Model]
    runtime: str

    @classmethod
    def load(cls, folder: Path, runtime: str = runtimes.AUTO) -> Shipped:
        """Load what ``manifest.yaml`` names; raises ModelError where it cannot."""
        pipeline = Pipeline(folder, runtime=runtime)
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
    def threshold(self) -> float:
        """The score from which a face is one, as chosen on val for this detector."""
        return float(self.models[FACE_DETECTOR].spec["score_threshold"])

    @property
    def scoring(self) -> DetectorSettings:
        """Nearly everything is kept."""
        return scoring(self.models[FACE_DETECTOR])


def scoring(model: Model) -> DetectorSettings:
    """``SCORED`` with the overlap that was chosen for a detector."""
    return dataclasses.replace(SCORED, nms_iou=float(model.spec["nms_iou"]))


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """One labeled picture and the faces found in it."""

    record: Record
    faces: Detections

    @property
    def answers(self) -> Answers:
        """Of the detector alone; ``ignore`` and the narrowest faces are neutral."""
        ignored = np.array([s == "ignore" for s in self.record.statuses], bool)
        neutral = ignored | (self.record.boxes[:, 2] < SMALLEST_FOUND)
        return Answers(self.faces.boxes, self.faces.scores, self.record.boxes, neutral)


def find_faces(
    detector: FaceDetector, records: Iterable[Record], settings: DetectorSettings
) -> list[Scene]:
    """What a detector alone finds in every record."""
    return [Scene(record, detector.detect(record.load(), settings)) for record in records]


def face_answers(
    detector: FaceDetector, records: Sequence[Record], settings: DetectorSettings
) -> list[Answers]:
    """What a detector says of every record, ``ignore`` and the narrowest faces neutral."""
    return [scene.answers for scene in find_faces(detector, records, settings)]


def process(
    pipeline: Pipeline, records: Iterable[Record], settings: DetectorSettings
) -> list[Scene]:
    """What the product says of every record, each a picture by itself.

    All settings but the detector's are the defaults.
    """
    pipeline.settings = PipelineSettings(detector=settings)
    return [Scene(record, pipeline.process(record.load()).faces) for record in records]


@dataclasses.dataclass(frozen=True, eq=False)
class Told:
    """What the classifier says of labeled faces, cut by their labeled boxes.

    Attributes:
        records: N, the picture of each face.
        boxes: (N, 4) xywh pixels.
        statuses: (N,) words, the truth.
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
        """(N,) pixels."""
        return self.boxes[:, 2]

    @property
    def sources(self) -> FloatArray:
        """(N,) words, where each face's picture comes from."""
        return np.array([record.source for record in self.records], np.str_)

    def where(self, chosen: BoolArray) -> Told:
        """Some of the faces; ``chosen`` is (N,) bool."""
        kept = np.flatnonzero(chosen)
        return Told(
            tuple(self.records[row] for row in kept),
            self.boxes[kept],
            self.statuses[kept],
            self.probabilities[kept],
        )


def tell_faces(classifier: MaskClassifier, records: Iterable[Record]) -> Told:
    """Classify every labeled face that is not too narrow and no ``ignore``."""
    pictures: list[Record] = []
    statuses: list[str] = []
    boxes: list[FloatArray] = [np.zeros((0, 4), np.float32)]
    probabilities: list[FloatArray] = [np.zeros((0, len(CLASS_LABELS)), np.float32)]
    for record in records:
        told = [
            row
            for row, (box, status) in enumerate(zip(record.boxes, record.statuses, strict=True))
            if status != "ignore" and box[2] >= SMALLEST_FOUND
        ]
        if told:
            pictures += [record] * len(told)
            statuses += [record.statuses[row] for row in told]
            boxes.append(record.boxes[told])
            crops = classifier.crop(record.load(), record.boxes[told])
            probabilities.append(classifier.classify(crops))
    return Told(
        tuple(pictures),
        np.concatenate(boxes),
        np.array(statuses, np.str_),
        np.concatenate(probabilities),
    )


def scenes_of(records: Sequence[Record]) -> Sequence[Record]:
    """The pictures on which finding is scored: scenes, or crops where there are none."""
    return [r for r in records if r.folder == "faces"] or records


def progress(records: Sequence[Record], doing: str) -> Iterable[Record]:
    """The records, with a bar that says how far it is."""
    bar: Iterable[Record] = tqdm(records, desc=doing, unit="picture", smoothing=0.05)
    return bar
