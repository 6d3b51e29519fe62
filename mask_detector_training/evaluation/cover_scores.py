# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Wear status of bare faces that something other than a mask covers.

None of these covers is a mask: where one hides the mouth, UNKNOWN and no mask are right, elsewhere
no mask. The status of uncovered faces shows what recognizing covers costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import (
    CLASS_LABELS,
    CLASSES,
    Detections,
    UnknownReason,
    WearStatus,
)
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import IOU_THRESHOLD
from mask_detector_training.evaluation.predictions import CLASSIFIER_MIN_WIDTH_PX, ModelSet
from mask_detector_training.markdown_text import MetricsTable
from mask_detector_training.synthesis import COVERS, cover_hides_mouth, draw_cover

BARE = WearStatus.NO_MASK.label
UNCOVERED = "nothing"
HIDING, VISIBLE = "all that hide the mouth", "all others"


def measure_drawn_covers(models: ModelSet, records: Iterable[Record]) -> MetricsTable:
    """Frame status of labeled bare faces, with each kind of cover drawn on them.

    Of faces at least ``CLASSIFIER_MIN_WIDTH_PX`` wide, in their labeled boxes, with default
    settings. Covers are drawn by the landmarks that the detector finds in the bare face.

    Returns:
        Number of faces and fractions of the predicted statuses, by kind of cover.
    """
    found: dict[str, list[Detections]] = {kind: [] for kind in (UNCOVERED, *COVERS)}
    for record in records:
        image = record.load()
        bare = _labeled_faces(models, image, record, BARE)
        if not len(bare):
            continue
        found[UNCOVERED].append(models.pipeline.classify(image, bare))
        for kind in COVERS:
            for row in range(len(bare)):
                face = bare[row]
                covered = draw_cover(
                    image, kind, box=face.boxes[0], landmarks=_known(face.landmarks[0]),
                    rng=_generator(kind, face.boxes[0]),
                )  # fmt: skip
                found[kind].append(models.pipeline.classify(covered, face))
    table = {kind: _fractions(faces) for kind, faces in found.items()}
    for title, hides in ((HIDING, True), (VISIBLE, False)):
        chosen = [found[kind] for kind in COVERS if cover_hides_mouth(kind) == hides]
        table[title] = _fractions([faces for every in chosen for faces in every])
    return table


def measure_uncovered(
    models: ModelSet, records: Iterable[Record]
) -> tuple[MetricsTable, MetricsTable]:
    """The same for the labeled faces as they are.

    Returns:
        Two such tables: bare faces by source, and faces of all sources by labeled status.
    """
    by_source: dict[str, list[Detections]] = {}
    by_label: dict[str, list[Detections]] = {label: [] for label in CLASS_LABELS}
    for record in records:
        image = record.load()
        for label in set(CLASS_LABELS) & set(record.statuses):
            labeled = _labeled_faces(models, image, record, label)
            faces = models.pipeline.classify(image, labeled)
            by_label[label].append(faces)
            if label == BARE:
                by_source.setdefault(record.source, []).append(faces)
    sources = {source: _fractions(by_source[source]) for source in sorted(by_source)}
    return sources, {label: _fractions(faces) for label, faces in by_label.items()}


def _labeled_faces(models: ModelSet, image: Image, record: Record, label: str) -> Detections:
    """The faces with a labeled status, with landmarks where the detector finds the face."""
    chosen = np.array([status == label for status in record.statuses], bool)
    boxes = record.boxes[chosen & (record.boxes[:, 2] >= CLASSIFIER_MIN_WIDTH_PX)]
    landmarks = np.full((len(boxes), 5, 2), np.nan, np.float32)
    if len(boxes):
        detected = models.detector.detect(image, models.evaluation_settings)
        if len(detected):
            overlaps = iou_matrix(boxes, detected.boxes)
            near = overlaps.max(1) >= IOU_THRESHOLD
            landmarks[near] = detected.landmarks[overlaps.argmax(1)[near]]
    return Detections.of_boxes(boxes, np.ones(len(boxes)), landmarks)


def _known(landmarks: FloatArray) -> FloatArray | None:
    return landmarks if np.isfinite(landmarks).all() else None


def _generator(kind: str, box: FloatArray) -> np.random.Generator:
    """The same for the same face and cover in every run."""
    place = np.clip(np.rint(box), 0, None).astype(int).tolist()
    return np.random.default_rng([COVERS.index(kind), *place])


def _fractions(parts: Sequence[Detections]) -> dict[str, Any]:
    status = np.concatenate([np.zeros(0, np.int8), *(faces.frame_status for faces in parts)])
    reason = np.concatenate([np.zeros(0, np.int8), *(faces.frame_reason for faces in parts)])

    def fraction(chosen: Any) -> float:
        return float(np.mean(chosen)) if len(status) else float("nan")

    return {
        "faces": len(status),
        **{known.label: fraction(status == known) for known in CLASSES},
        "UNKNOWN": fraction(status == WearStatus.UNKNOWN),
        "of these covered": fraction(reason == UnknownReason.COVERED),
    }
