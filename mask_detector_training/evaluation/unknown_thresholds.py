# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Selection of the thresholds below which the wear status is reported as UNKNOWN.

Few labeled faces are too poor to be classified. Every face is therefore measured as labeled
and degraded: downscaled, blurred and darkened. A quality threshold is set where faces with
just that quality are still classified correctly often enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from sklearn.isotonic import isotonic_regression
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray, Image, IntArray
from mask_detector_ros.perception import frame_status
from mask_detector_ros.perception.face_detector import FaceDetector, iou_matrix
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_training.classifier.classifier_data import Face, labeled_faces
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.predictions import (
    CLASSIFIER_MIN_WIDTH_PX,
    DETECTOR_MIN_WIDTH_PX,
)
from mask_detector_training.figures import figure

WIDTHS_PX = (8, 10, 12, 14, 16, 18, 20, 24, 28)
BLUR_SIGMAS = (0.03, 0.05, 0.08, 0.12, 0.18)
"""Standard deviations of the blur in face widths."""
BRIGHTNESS_FACTORS = (0.4, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02)
"""Factors on the gray values; the sensor noise stays the same."""
SENSOR_NOISE = 2.5
"""Standard deviation of the sensor noise in gray values."""
FACE_SCORE, FACE_IOU = 0.3, 0.4
"""Detections from which the head yaw of labeled faces is taken."""
CONFIDENCES = np.arange(30, 100) / 100
"""Candidates for ``min_confidence``."""


class QualityMeasure(NamedTuple):
    """A quality setting of the pipeline and the faces on which it is chosen.

    Attributes:
        measure: name of the measure in ``FaceMeasurements``.
        sign: +1 where low values are poor, -1 where high values are poor.
        faces: the set of faces, ``UNCHANGED`` or a kind of degradation.
        label: axis label of the plot.
    """

    measure: str
    sign: int
    faces: str
    label: str


UNCHANGED, DOWNSCALED, BLURRED, DARKENED = "unchanged", "downscaled", "blurred", "darkened"
QUALITY_MEASURES = {
    "min_width": QualityMeasure("width", +1, DOWNSCALED, "face width (px)"),
    "min_sharpness": QualityMeasure("sharpness", +1, BLURRED, "sharpness"),
    "min_brightness": QualityMeasure("brightness", +1, DARKENED, "mean gray value"),
    # Degradation cannot turn heads; only the labeled faces in profile are available.
    "max_yaw_ratio": QualityMeasure("yaw_ratio", -1, UNCHANGED, "yaw ratio"),
}
"""By setting name in ``quality``."""


@dataclass(frozen=True, eq=False)
class FaceMeasurements:
    """Image quality and prediction of N faces; all arrays are (N,).

    Attributes:
        width: face width in pixels.
        sharpness, brightness, yaw_ratio: as measured by ``perception.frame_status``; NaN where the
            landmarks are unknown.
        confidence: probability of the predicted class.
        correct: 1 where the predicted class is the labeled one, else 0.
        label: index of the labeled class.
        weight: weight in the precision.
    """

    width: FloatArray
    sharpness: FloatArray
    brightness: FloatArray
    yaw_ratio: FloatArray
    confidence: FloatArray
    correct: FloatArray
    label: IntArray
    weight: FloatArray

    def where(self, chosen: np.ndarray) -> FaceMeasurements:
        """The chosen rows, with unchanged weights."""
        return FaceMeasurements(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def balanced(self) -> FaceMeasurements:
        """The same faces, weighted by one over the number of faces of their class.

        Otherwise the two frequent classes would hide errors in the two rare ones.
        """
        return replace(self, weight=1 / np.bincount(self.label)[self.label])

    @property
    def precision(self) -> float:
        """Weighted fraction of correct predictions."""
        return float((self.correct * self.weight).sum() / self.weight.sum())


def measure_faces(
    detector: FaceDetector, classifier: MaskClassifier, records: Sequence[Record]
) -> dict[str, FaceMeasurements]:
    """Classify all labeled faces, unchanged and degraded.

    Returns:
        Measurements by kind: ``UNCHANGED``, ``DOWNSCALED``, ``BLURRED`` and ``DARKENED``.
    """
    rows: dict[str, list[list[float]]] = {
        quality.faces: [] for quality in QUALITY_MEASURES.values()
    }
    for record in tqdm(records, desc="degraded faces", unit="image"):
        faces = labeled_faces([record], None, DETECTOR_MIN_WIDTH_PX)
        if not faces:
            continue
        image = record.load()
        for face, yaw_ratio in zip(faces, _yaw_ratios(detector, image, faces), strict=True):
            rows[UNCHANGED].append(_measure(classifier, image, face.box, face.label, yaw_ratio))
            if face.box[2] >= CLASSIFIER_MIN_WIDTH_PX:
                for kind, degraded, box in _degrade(image, face.box):
                    rows[kind].append(_measure(classifier, degraded, box, face.label, yaw_ratio))
    measured = {}
    for kind, values in rows.items():
        width, sharpness, brightness, yaw_ratio, confidence, correct, label = (
            np.array(values).reshape(-1, 7).T
        )
        measured[kind] = FaceMeasurements(
            width, sharpness, brightness, yaw_ratio, confidence, correct, label.astype(np.int64),
            np.ones(len(label)),
        ).balanced()  # fmt: skip
    return measured


def _yaw_ratios(detector: FaceDetector, image: Image, faces: Sequence[Face]) -> FloatArray:
    """Yaw ratio (N,) of labeled faces, from the landmarks of detected faces; NaN if not found."""
    found = detector.detect(image, DetectorSettings(score_threshold=FACE_SCORE))
    yaw_ratios = np.full(len(faces), np.nan)
    if len(found):
        overlaps = iou_matrix(np.stack([face.box for face in faces]), found.boxes)
        matched = overlaps.max(1) >= FACE_IOU
        yaw_ratios[matched] = frame_status.yaw_ratio(found.landmarks)[overlaps.argmax(1)][matched]
    return yaw_ratios


def _measure(
    classifier: MaskClassifier, image: Image, box: FloatArray, label: int, yaw_ratio: float
) -> list[float]:
    """One row of ``FaceMeasurements``, without the weight."""
    crops = classifier.crop(image, box[np.newaxis])
    probabilities = classifier.classify(crops)[0]
    gray = frame_status.inner_gray(crops[0], classifier.context, classifier.below)
    return [
        box[2], frame_status.sharpness(gray), gray.mean(), yaw_ratio, probabilities.max(),
        probabilities.argmax() == label, label,
    ]  # fmt: skip


def _degrade(image: Image, box: FloatArray) -> Iterator[tuple[str, Image, FloatArray]]:
    """Degraded crops around a face: the kind of degradation, the image, and the box in it."""
    x, y, w, h = box
    margin = max(w, h)
    x0, y0 = max(0, int(x - margin)), max(0, int(y - margin))
    crop = image[y0 : int(y + h + margin), x0 : int(x + w + margin)]
    inner = np.array([x - x0, y - y0, w, h])
    for width in WIDTHS_PX:
        if width < w:
            size = [max(1, round(side * width / w)) for side in crop.shape[1::-1]]
            small = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield DOWNSCALED, small, inner * np.tile(np.array(size) / crop.shape[1::-1], 2)
    for sigma in BLUR_SIGMAS:
        yield BLURRED, np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma * w), np.uint8), inner
    random = np.random.default_rng(int(1000 * w))
    for factor in BRIGHTNESS_FACTORS:
        dark = crop * factor + random.normal(0, SENSOR_NOISE, crop.shape)
        yield DARKENED, np.clip(dark + 0.5, 0, 255).astype(np.uint8), inner


def precision_by_quality(
    faces: FaceMeasurements, quality: QualityMeasure
) -> tuple[FloatArray, FloatArray]:
    """Precision as a function of a quality measure, assuming that it grows with quality.

    Isotonic regression (Barlow et al., 1972, "Statistical Inference under Order Restrictions").

    Returns:
        The measure (K,), ordered from poor to good quality, and the weighted fraction of
        correct predictions (K,).
    """
    values = getattr(faces, quality.measure)
    known = ~np.isnan(values)
    order = np.argsort(quality.sign * values[known], kind="stable")
    correct, weight = faces.correct[known][order], faces.weight[known][order]
    if len(correct):
        correct = isotonic_regression(correct, sample_weight=weight)
    return values[known][order], correct


def choose_confidence(faces: FaceMeasurements, precision: float) -> float:
    """The lowest confidence threshold with the given precision of the classified faces.

    Raises:
        ValueError: no threshold reaches it.
    """
    for confidence in CONFIDENCES:
        classified = faces.where(faces.confidence >= confidence)
        if len(classified.correct) and classified.precision >= precision:
            return float(confidence)
    raise ValueError(
        f"no confidence threshold gives a precision of {precision:.1%}; choose a lower --precision"
    )


def choose_quality_threshold(
    faces: FaceMeasurements, quality: QualityMeasure, edge_precision: float
) -> float | None:
    """The most tolerant quality threshold at which faces reach the given precision.

    None where even the poorest faces reach it, or no faces do.
    """
    values, precision = precision_by_quality(faces, quality)
    enough = np.flatnonzero(precision >= edge_precision)
    if not len(enough) or enough[0] == 0:
        return None
    return float(values[enough[0]])


def choose_thresholds(
    measured: dict[str, FaceMeasurements], precision: float, edge_precision: float
) -> dict[str, float | None]:
    """Choose ``min_confidence`` on unchanged faces, then the quality thresholds beyond it.

    Args:
        measured: from ``measure_faces``.
        precision: of all classified faces, for ``min_confidence``.
        edge_precision: of the faces at the threshold, for the quality thresholds.

    Returns:
        Threshold by setting name; None where no threshold is needed, or none reaches it.
    """
    unchanged = measured[UNCHANGED]
    large = unchanged.where(unchanged.width >= CLASSIFIER_MIN_WIDTH_PX).balanced()
    confidence = choose_confidence(large, precision)
    chosen: dict[str, float | None] = {"min_confidence": confidence}
    for name, quality in QUALITY_MEASURES.items():
        faces = measured[quality.faces]
        classified = faces.where(faces.confidence >= confidence)
        chosen[name] = choose_quality_threshold(classified, quality, edge_precision)
    return chosen


def plot_thresholds(
    path: Path, measured: dict[str, FaceMeasurements], chosen: dict[str, float | None]
) -> None:
    """Plot precision over each quality measure, with the chosen thresholds."""
    min_confidence = chosen["min_confidence"] or 0.0
    curves = ((0.0, "all faces"), (min_confidence, f"confidence ≥ {min_confidence:g}"))
    with figure(path, 9, 6, nrows=2, ncols=2, sharey=True) as axes:
        for panel, (name, quality) in zip(axes.flat, QUALITY_MEASURES.items(), strict=True):
            faces = measured[quality.faces]
            for confidence, label in curves:
                classified = faces.where(faces.confidence >= confidence)
                panel.step(*precision_by_quality(classified, quality), label=label)
            threshold = chosen[name]
            if threshold is not None:
                label = f"{name} = {threshold:.3g}"
                panel.axvline(threshold, color="black", linestyle=":", label=label)
            panel.set(xlabel=f"{quality.label}, {quality.faces} faces", ylabel="precision")
            panel.legend(loc="lower left" if quality.sign < 0 else "lower right")
