# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good the shipped models are, run exactly as the product runs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.geometry import iou_matrix
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.perception.settings import DetectorSettings
from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, IntArray
from mask_detector_ros.training.classifier_data import Face, labelled_faces
from mask_detector_ros.training.data import Record, load_split
from mask_detector_ros.training.metrics import (
    Answers,
    average_precision,
    calibration_error,
    confusion,
    f1_scores,
    match,
    recall_at_false_alarms,
)

SMALLEST_FOUND = 12.0
"""Narrower faces (pixels of the picture) are neutral to the detector's figures."""
SMALLEST_TOLD = 24.0
"""Narrower faces are left out of the classifier's figures."""
SMALLEST_ACCUSED = 32.0
"""Narrower faces are left out of the recall at 1 % false alarms."""
BANDS = ((12.0, 24.0), (24.0, 48.0), (48.0, np.inf))
THREE = ("correct", "incorrect", "no_mask")
SCORED = DetectorSettings(score_threshold=0.02, max_faces=300)


@dataclasses.dataclass(frozen=True)
class Shipped:
    """Both models of a model folder, in a runtime on one thread."""

    detector: FaceDetector
    classifier: MaskClassifier
    score_threshold: float
    nms_iou: float

    @classmethod
    def load(cls, folder: Path, runtime: str = runtimes.AUTO) -> Shipped:
        """Load what ``manifest.yaml`` names; raises ModelError where it cannot."""
        models = load_manifest(folder)
        face, mask = models["face_detector"], models["mask_classifier"]
        return cls(
            FaceDetector(face, runtimes.load(face, runtime)),
            MaskClassifier(mask, runtimes.load(mask, runtime)),
            float(face.spec["score_threshold"]),
            float(face.spec["nms_iou"]),
        )

    @property
    def scoring(self) -> DetectorSettings:
        """Nearly everything is kept, as average precision needs."""
        return dataclasses.replace(SCORED, nms_iou=self.nms_iou)


def band_name(low: float, high: float) -> str:
    """Name of a range of face widths in pixels."""
    return f"{low:g}-{high:g} px" if np.isfinite(high) else f"{low:g}+ px"


def face_answers(
    detector: FaceDetector, records: Sequence[Record], settings: DetectorSettings
) -> list[Answers]:
    """What a detector says of every record, ``ignore`` and the narrowest faces neutral."""
    pictures = []
    for record in records:
        found = detector.detect(record.load(), settings)
        ignored = np.array([s == "ignore" for s in record.statuses], bool)
        neutral = ignored | (record.boxes[:, 2] < SMALLEST_FOUND)
        pictures.append(Answers(found.boxes, found.scores, record.boxes, neutral))
    return pictures


def only_widths(pictures: Sequence[Answers], low: float, high: float) -> list[Answers]:
    """The same answers scored on one range of face widths.

    Other labelled faces become neutral, and so do detections of other widths that meet
    no face at all; they are dropped.
    """
    chosen = []
    for picture in pictures:
        width = picture.truth[:, 2]
        neutral = picture.neutral | (width < low) | (width >= high)
        found = picture.boxes[:, 2]
        fitting = (found >= low) & (found < high)
        if len(picture.truth) and len(found):
            fitting |= iou_matrix(picture.boxes, picture.truth).max(1) >= 0.5
        chosen.append(
            Answers(picture.boxes[fitting], picture.scores[fitting], picture.truth, neutral)
        )
    return chosen


def best_threshold(pictures: Sequence[Answers]) -> tuple[float, float, float]:
    """Score threshold of the best F1, and the precision and recall there."""
    scores, hits, labelled = match(pictures, 0.5)
    if not hits.any():
        return 0.5, 0.0, 0.0
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hits[order])
    count = np.arange(1, len(order) + 1)
    best = int(np.argmax(2 * right / (count + labelled)))
    return float(scores[order][best]), float(right[best] / count[best]), right[best] / labelled


def score_detector(shipped: Shipped, records: Sequence[Record]) -> dict[str, Any]:
    """Average precision, all and by face width; precision and recall as shipped."""
    pictures = face_answers(shipped.detector, records, shipped.scoring)
    kept = []
    for picture in pictures:
        strong = picture.scores >= shipped.score_threshold
        kept.append(dataclasses.replace(
            picture, boxes=picture.boxes[strong], scores=picture.scores[strong]
        ))  # fmt: skip
    _, hits, labelled = match(kept, 0.5)
    report: dict[str, Any] = {
        "pictures": len(pictures),
        "faces": labelled,
        "AP50": average_precision(pictures),
    }
    for low, high in BANDS:
        name = f"AP50 {band_name(low, high)}"
        report[name] = average_precision(only_widths(pictures, low, high))
    report["score threshold"] = shipped.score_threshold
    report["precision"] = float(hits.mean()) if len(hits) else 0.0
    report["recall"] = float(hits.sum() / max(labelled, 1))
    return report


def classify_faces(classifier: MaskClassifier, faces: Sequence[Face]) -> FloatArray:
    """Probabilities (N, 4) of labelled faces, cut by their labelled boxes."""
    rows = [
        classifier.classify(classifier.crop(face.record.load(), face.box[np.newaxis]))
        for face in faces
    ]
    return np.concatenate(rows) if rows else np.zeros((0, len(CLASS_LABELS)), np.float32)


def score_classifier(shipped: Shipped, records: Sequence[Record]) -> dict[str, Any]:
    """F1, calibration and recall at 1 % false alarms on labelled boxes."""
    faces = labelled_faces(records, None, SMALLEST_FOUND)
    probabilities = classify_faces(shipped.classifier, faces)
    truth = np.array([face.label for face in faces], np.int64)
    width = np.array([face.box[2] for face in faces])
    large = width >= SMALLEST_TOLD
    table = confusion(truth[large], probabilities[large].argmax(1), len(CLASS_LABELS))
    scores = f1_scores(table)
    accused = width >= SMALLEST_ACCUSED
    correct = CLASS_LABELS.index("correct")
    report: dict[str, Any] = {
        "faces": int(large.sum()),
        "macro F1": float(scores.mean()),
        "accuracy": float(np.diag(table).sum() / max(table.sum(), 1)),
    }
    for index, name in enumerate(CLASS_LABELS):
        right = float(table[index, index])
        report[f"{name} precision"] = right / max(int(table[:, index].sum()), 1)
        report[f"{name} recall"] = right / max(int(table[index].sum()), 1)
        report[f"{name} F1"] = float(scores[index])
    for low, high in BANDS:
        inside = (width >= low) & (width < high)
        report[f"macro F1 {band_name(low, high)}"] = _macro_f1(truth[inside], probabilities[inside])
    report["calibration error"] = calibration_error(probabilities[large], truth[large])
    report["recall of violations at 1 % false alarms"] = recall_at_false_alarms(
        1 - probabilities[accused, correct], truth[accused] != correct
    )
    report["confusion (rows: truth)"] = table.tolist()
    return report


def _macro_f1(truth: IntArray, probabilities: FloatArray) -> float:
    table = confusion(truth, probabilities.argmax(1), len(CLASS_LABELS))
    return float(f1_scores(table).mean())


def three_class(status: str) -> str:
    """The 3-class view of a status; ``ignore`` stays itself."""
    wrong = ("below_mouth", "nose_exposed", "incorrect")
    return "incorrect" if status in wrong else status


def score_pipeline(shipped: Shipped, records: Sequence[Record]) -> dict[str, Any]:
    """Mean AP50 of correct / incorrect / no_mask, found and told as shipped.

    The likeliest class of a face counts, with the product of its probability and the
    face's score.
    """
    views: dict[str, list[Answers]] = {name: [] for name in THREE}
    for record in records:
        image = record.load()
        found = shipped.detector.detect(image, shipped.scoring)
        told = shipped.classifier.classify(shipped.classifier.crop(image, found.boxes))
        said = [three_class(CLASS_LABELS[i]) for i in told.argmax(1)]
        wrong = [i for i, name in enumerate(CLASS_LABELS) if three_class(name) == "incorrect"]
        sure = {name: told[:, CLASS_LABELS.index(name)] for name in ("correct", "no_mask")}
        sure["incorrect"] = told[:, wrong].sum(1)
        truth = np.array([three_class(s) for s in record.statuses])
        neutral = (truth == "ignore") | (record.boxes[:, 2] < SMALLEST_FOUND)
        for name in THREE:
            mine = np.array([s == name for s in said], bool)
            own = (truth == name) | (truth == "ignore")
            views[name].append(
                Answers(
                    found.boxes[mine],
                    (found.scores * sure[name])[mine],
                    record.boxes[own],
                    neutral[own],
                )
            )
    report: dict[str, Any] = {f"AP50 {n}": average_precision(views[n]) for n in THREE}
    report = {"mean AP50": float(np.mean(list(report.values()))), **report}
    return report


def evaluate(
    what: str, data: Path, split: str, models: Path, runtime: str = runtimes.AUTO
) -> dict[str, Any]:
    """Score ``detector``, ``classifier`` or ``pipeline`` on a split; figures by name."""
    shipped = Shipped.load(models, runtime)
    records = load_split(data, split)
    scenes = [r for r in records if r.folder == "faces"] or records
    if what == "detector":
        return score_detector(shipped, scenes)
    if what == "classifier":
        return score_classifier(shipped, records)
    return score_pipeline(shipped, scenes)


def as_markdown(report: dict[str, Any]) -> str:
    """A report as a Markdown table."""
    lines = ["| figure | value |", "|---|---|"]
    for name, value in report.items():
        shown = f"{value:.4f}" if isinstance(value, float) else str(value)
        lines.append(f"| {name} | {shown} |")
    return "\n".join(lines)
