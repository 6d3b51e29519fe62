# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of exported files on labeled images, preprocessed as on the robot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_detector import COLUMNS, FaceDetector, letterbox
from mask_detector_ros.perception.mask_classifier import split_covered
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.runtimes import Runtime
from mask_detector_training.classifier.classifier_data import (
    Face,
    crop_faces,
    face_classes,
    labeled_faces,
)
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import (
    LabeledDetections,
    average_precision,
    macro_f1,
    match_images,
)
from mask_detector_training.evaluation.one_stage import RecordingRuntime
from mask_detector_training.evaluation.predictions import (
    CLASSIFIER_MIN_WIDTH_PX,
    ImageResult,
    detection_records,
    evaluation_settings,
)
from mask_detector_training.export.networks import Network

Item = TypeVar("Item")
CALIBRATION_IMAGES = 300
"""Images of train from which the quantization ranges of int8 are taken."""
TIMED_FACES = 4
"""Batch size when a classifier is timed."""
BATCH = 8


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of a file for all images of a check.

    Attributes:
        probabilities: all output probabilities, for the difference from Keras.
        detections: detections in each image; empty for a classifier.
    """

    probabilities: FloatArray
    detections: list[LabeledDetections]


class ExportCheck(Protocol):
    """Comparison of the exported files of one network."""

    metric: str
    """Name of the metric returned by ``accuracy``."""
    unit: str
    """Unit that ``timed`` consists of: frame or face."""
    timed: Image
    """(B, H, W, 3) batch for the inference time."""

    def predict(self, runtime: Runtime, text: str) -> Predictions:
        """Run a file on all images; ``text`` is shown at the progress bar."""
        ...

    def agreement(self, a: Predictions, b: Predictions) -> float:
        """Fraction of equal predictions, 0..1."""
        ...

    def accuracy(self, predictions: Predictions) -> float:
        """Metric on the labels, 0..1."""
        ...

    def calibration_images(self, records: Sequence[Record]) -> Iterator[Image]:
        """Some images of other records as the network gets them, (H, W, 3) uint8."""
        ...


class ClassifierCheck:
    """Check on labeled faces, cropped by their labeled boxes."""

    metric, unit = "macro F1", "face"

    def __init__(self, network: Network, records: Sequence[Record]) -> None:
        self._size = network.width
        self._mapping = CLASS_MAPPINGS[ClassifierRecipe.from_config(network.config).classes]
        faces = labeled_faces(records, None, CLASSIFIER_MIN_WIDTH_PX, self._mapping)
        if not faces:
            raise ValueError(
                f"the images contain no labeled face at least {CLASSIFIER_MIN_WIDTH_PX:g} pixels "
                "wide to check the files on; use more --images"
            )
        self._crops = crop_faces(faces, self._size)
        self._truth = face_classes(faces, self._mapping)
        self.timed = self._crops[np.arange(TIMED_FACES) % len(self._crops)]

    def predict(self, runtime: Runtime, text: str) -> Predictions:
        """See ``ExportCheck.predict``."""
        starts = tqdm(range(0, len(self._crops), BATCH), text, leave=False)
        rows = [runtime.run(self._crops[start : start + BATCH]) for start in starts]
        return Predictions(np.concatenate(rows), [])

    def agreement(self, a: Predictions, b: Predictions) -> float:
        """Fraction of the faces with the same predicted class."""
        return float((a.probabilities.argmax(1) == b.probabilities.argmax(1)).mean())

    def accuracy(self, predictions: Predictions) -> float:
        """Macro F1 of the classes."""
        classes, _ = split_covered(predictions.probabilities, len(self._mapping.names))
        return macro_f1(self._truth, classes.argmax(1))

    def calibration_images(self, records: Sequence[Record]) -> Iterator[Image]:
        """Face crops, as many of each class, so that the ranges include rare classes."""
        faces = labeled_faces(records, None, CLASSIFIER_MIN_WIDTH_PX, self._mapping)
        classes = face_classes(faces, self._mapping)
        chosen: list[Face] = []
        for index in range(len(self._mapping.names)):
            own = [face for face, c in zip(faces, classes, strict=True) if c == index]
            chosen += evenly_spaced(own, CALIBRATION_IMAGES // len(self._mapping.names))
        for face in tqdm(chosen, "calibration images for int8", leave=False):
            yield crop_faces([face], self._size)[0]


class DetectorCheck:
    """Check on whole images with labeled faces."""

    metric, unit = "AP50", "frame"

    def __init__(self, network: Network, records: Sequence[Record]) -> None:
        self._records = detection_records(records)
        self._threshold = float(network.entry["score_threshold"])
        entry = {k: v for k, v in network.entry.items() if k != "classes"}
        self._model = Model(network.name, "check", network.width, network.height, {}, entry)
        self.timed = self._letterbox(self._records[0])[np.newaxis]

    def _letterbox(self, record: Record) -> Image:
        return letterbox(record.load(), self._model.width, self._model.height)[0]

    def predict(self, runtime: Runtime, text: str) -> Predictions:
        """See ``ExportCheck.predict``.

        The probabilities of the wear status are multiplied by that of a face, because they are
        meaningless elsewhere.
        """
        recorder = RecordingRuntime(runtime)
        detector = FaceDetector(self._model, recorder)
        settings = evaluation_settings(self._model)
        detections: list[LabeledDetections] = []
        probabilities: list[FloatArray] = []
        for record in tqdm(self._records, text, leave=False):
            result = ImageResult(record, detector.detect(record.load(), settings))
            detections.append(result.labeled_detections)
            face, wear_status = recorder.output[..., :1], recorder.output[..., COLUMNS:]
            probabilities.append(np.concatenate([face, face * wear_status], axis=-1))
        return Predictions(np.concatenate(probabilities), detections)

    def agreement(self, a: Predictions, b: Predictions) -> float:
        """Fraction of the faces above the score threshold that both detect (IoU >= 0.5)."""
        common, total = 0, 0
        for one, other in zip(a.detections, b.detections, strict=True):
            one, other = one.above(self._threshold), other.above(self._threshold)
            ignored = np.zeros(len(one.boxes), bool)
            pairs = LabeledDetections(other.boxes, other.scores, one.boxes, ignored)
            common += 2 * int(match_images([pairs])[1].sum())
            total += len(one.boxes) + len(other.boxes)
        return common / total if total else 1.0

    def accuracy(self, predictions: Predictions) -> float:
        """AP50."""
        return average_precision(predictions.detections)

    def calibration_images(self, records: Sequence[Record]) -> Iterator[Image]:
        """Whole images in the input size of the network."""
        chosen = evenly_spaced(detection_records(records), CALIBRATION_IMAGES)
        for record in tqdm(chosen, "calibration images for int8", leave=False):
            yield self._letterbox(record)


def evenly_spaced(items: Sequence[Item], count: int) -> list[Item]:
    """At most ``count`` items, evenly spaced in the sequence."""
    indices = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[index] for index in indices]


def check_for(network: Network, records: Sequence[Record]) -> ExportCheck:
    """The check for a network on labeled images."""
    detector = network.name == "face_detector"
    return DetectorCheck(network, records) if detector else ClassifierCheck(network, records)
