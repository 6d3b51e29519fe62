# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Wear status of bare faces that something else than a mask covers.

Nothing of this is a mask: of covers that hide the mouth, UNKNOWN and no mask are right, of the
others no mask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import Detections, WearStatus
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import IOU_THRESHOLD
from mask_detector_training.evaluation.predictions import CLASSIFIER_MIN_WIDTH_PX, ModelSet
from mask_detector_training.synthesis import COVERS, cover_hides_mouth, draw_cover

BARE = WearStatus.NO_MASK.label
UNCOVERED = "nothing"
HIDING, VISIBLE = "all that hide the mouth", "all others"
STATUSES = (
    WearStatus.NO_MASK,
    WearStatus.BELOW_MOUTH,
    WearStatus.NOSE_EXPOSED,
    WearStatus.CORRECT,
    WearStatus.UNKNOWN,
)
Table = dict[str, dict[str, Any]]
"""Number of faces and fractions of the statuses, by kind of cover or by source."""


def measure_drawn_covers(models: ModelSet, records: Iterable[Record]) -> Table:
    """Frame status of labeled bare faces, with each kind of cover drawn on them.

    Of faces at least ``CLASSIFIER_MIN_WIDTH_PX`` wide, in their labeled boxes, with default
    settings. Covers are drawn by the landmarks that the detector finds in the bare face.
    """
    found: dict[str, list[int]] = {kind: [] for kind in (UNCOVERED, *COVERS)}
    for record in records:
        image = record.load()
        bare = _bare_faces(models, image, record)
        if not len(bare):
            continue
        found[UNCOVERED] += models.pipeline.classify(image, bare).frame_status.tolist()
        for kind in COVERS:
            for row in range(len(bare)):
                face = bare[row]
                covered = draw_cover(
                    image, kind, box=face.boxes[0], landmarks=_known(face.landmarks[0]),
                    rng=_generator(kind, face.boxes[0]),
                )  # fmt: skip
                found[kind] += models.pipeline.classify(covered, face).frame_status.tolist()
    table = {kind: _fractions(statuses) for kind, statuses in found.items()}
    for title, hides in ((HIDING, True), (VISIBLE, False)):
        chosen = [found[kind] for kind in COVERS if cover_hides_mouth(kind) == hides]
        table[title] = _fractions([status for statuses in chosen for status in statuses])
    return table


def measure_real_faces(models: ModelSet, records: Iterable[Record]) -> Table:
    """The same for the labeled bare faces as they are, by source."""
    found: dict[str, list[int]] = {}
    for record in records:
        if BARE in record.statuses:
            image = record.load()
            faces = models.pipeline.classify(image, _bare_faces(models, image, record))
            found.setdefault(record.source, []).extend(faces.frame_status.tolist())
    every = [status for statuses in found.values() for status in statuses]
    by_source = {source: _fractions(found[source]) for source in sorted(found)}
    return {**by_source, "all": _fractions(every)}


def _bare_faces(models: ModelSet, image: Image, record: Record) -> Detections:
    """The labeled bare faces, with landmarks where the detector finds the face."""
    bare = np.array([status == BARE for status in record.statuses], bool)
    boxes = record.boxes[bare & (record.boxes[:, 2] >= CLASSIFIER_MIN_WIDTH_PX)]
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


def _fractions(statuses: list[int]) -> dict[str, Any]:
    values = np.array(statuses, np.int64)
    count = len(values)
    return {
        "faces": count,
        **{
            status.label: float((values == status).mean()) if count else float("nan")
            for status in STATUSES
        },
    }
