# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pseudo-labels: face boxes and landmarks that teachers find in the training images.

YuNet's landmarks complete the labeled faces, and its boxes replace boxes around whole heads.
Faces that nobody labeled are ignored in training if one teacher finds them. If both YuNet and
CenterFace find them, they are faces, with the mean of the two scores. So are labeled ``ignore``
boxes in which both find a face: of 80 drawn at random one was none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.face_detector import iom_matrix, iou_matrix
from mask_detector_training.data.datasets import FACE, Record
from mask_detector_training.data.run_labels import labels_of_run
from mask_detector_training.data.teacher_files import TeacherFile
from mask_detector_training.data.teachers import DetectedFaces
from mask_detector_training.data.training_only import MIN_TEACHER_FACE_PX

LOG = logging.getLogger(__name__)
PSEUDO_LABELS = "pseudo_labels.npz"
"""File of the teachers' detections in a run folder."""
MIN_IOU = 0.35
"""IoU from which a detection is matched with a labeled face."""
MIN_IGNORED_SCORE = 0.5
"""Score from which an unmatched detection of YuNet is kept as an ignored face."""
MIN_IGNORED_SCORE_2 = 0.45
"""The same for a detection that only the second teacher has."""
MIN_AGREED_SCORES = (0.5, 0.4, 1.1)
"""Scores from which a face that both teachers find is a face: YuNet, CenterFace, their sum.

On scenes of val, 0.966 of the faces found so are labeled, and 0.914 of the labeled ones are found
(IoU 0.3)."""
MIN_AGREED_IOU = 0.4
"""IoU from which both teachers mean the same face."""
MAX_AGREED_IOM = 0.3
"""A face that overlaps a labeled face more than this, relative to the smaller box, may be that face
in another box, so it is ignored."""


@dataclass(frozen=True, eq=False)
class PseudoLabels:
    """The faces of a labeled image, completed with the teachers' detections.

    Attributes:
        boxes: (N, 4) xywh in pixels; the labeled faces first, then those that only teachers found.
            Boxes of whole heads are replaced by YuNet's box of the face, those of ``ignore`` in
            which both teachers find a face by the mean of theirs.
        landmarks: (N, 5, 2) in pixels, NaN where YuNet did not find the face.
        ignored: (N,) bool, neither a face nor background for the detector.
        statuses: N statuses; ``face`` instead of ``ignore`` if both teachers found the face.
        scores: (N,) in [0, 1], how certain it is that each is a face: 1 where it was labeled by
            eye, the teachers' score elsewhere.
    """

    boxes: FloatArray
    landmarks: FloatArray
    ignored: BoolArray
    statuses: tuple[str, ...]
    scores: FloatArray


def match_detections(
    record: Record, found: DetectedFaces, second: DetectedFaces | None = None
) -> PseudoLabels:
    """Match the teachers' detections in an image with its labels, greedily by IoU.

    Args:
        record: the labeled image.
        found: YuNet's detections.
        second: CenterFace's detections; None if it did not see the image.
    """
    own = _own_detections(record, found)
    labels = _labeled_faces(record, found, own)
    unlabeled = ~np.isin(np.arange(len(found.boxes)), own) & (found.scores >= MIN_IGNORED_SCORE)
    if second is None:
        return _with_ignored(labels, found[unlabeled], record.boxes)
    one, other = pair_detections(found, second)
    agreed = _mean(found[one], second[other])
    certain = agreed.boxes[:, 2] >= MIN_TEACHER_FACE_PX
    if record.scores is None:
        labels = _with_promoted(labels, own, one[certain], agreed[certain])
    new = unlabeled[one]
    certain &= _overlap(iom_matrix, agreed.boxes, labels.boxes) <= MAX_AGREED_IOM
    labels = _append(labels, agreed[new & certain], FACE)
    labels = _with_ignored(labels, agreed[new & ~certain], record.boxes)
    alone = unlabeled & ~np.isin(np.arange(len(unlabeled)), one)
    labels = _with_ignored(labels, found[alone], record.boxes)
    only_second = second[second.scores >= MIN_IGNORED_SCORE_2]
    return _with_ignored(labels, only_second, np.concatenate([labels.boxes, found.boxes]))


def _own_detections(record: Record, found: DetectedFaces) -> IntArray:
    """The detection of each labeled face, (N,); -1 where there is none."""
    overlaps = iou_matrix(record.boxes, found.boxes)
    if record.heads:
        inside = _fraction_inside(found.boxes, record.boxes).T
        overlaps = np.maximum(overlaps, inside * 0.5)
    own = np.full(len(record.boxes), -1)
    rows, columns = _greedy_pairs(overlaps, MIN_IOU)
    own[rows] = columns
    return own


def _greedy_pairs(overlaps: FloatArray, least: float) -> tuple[IntArray, IntArray]:
    """Rows and columns (P,) of the largest overlaps (N, M) from ``least``, each used once."""
    left, pairs = overlaps.copy(), []
    while left.max(initial=-1.0) >= least:
        row, column = np.unravel_index(np.argmax(left), left.shape)
        left[row, :] = left[:, column] = -1.0
        pairs.append((int(row), int(column)))
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return rows, columns


def _labeled_faces(record: Record, found: DetectedFaces, own: IntArray) -> PseudoLabels:
    """The labeled faces with the landmarks of their detections, and heads with their boxes."""
    boxes, matched = record.boxes.copy(), own >= 0
    landmarks = np.full((len(boxes), 5, 2), np.nan, np.float32)
    landmarks[matched] = found.landmarks[own[matched]]
    ignored = record.ignored
    if record.heads:
        boxes[matched] = found.boxes[own[matched]]
        # Without a detection the box of the face inside the head is unknown.
        ignored |= ~matched
    scores = np.ones(len(boxes), np.float32) if record.scores is None else record.scores
    return PseudoLabels(boxes, landmarks, ignored, record.statuses, scores)


def _with_promoted(
    labels: PseudoLabels, own: IntArray, agreed_rows: IntArray, agreed: DetectedFaces
) -> PseudoLabels:
    """The labels with those ``ignore`` boxes as faces on which both teachers agree.

    Args:
        labels: the labeled faces.
        own: YuNet's detection of each.
        agreed_rows: YuNet's detections on which both agree.
        agreed: what they agree on.
    """
    boxes, scores, ignored = labels.boxes.copy(), labels.scores.copy(), labels.ignored.copy()
    statuses = list(labels.statuses)
    for row, column in enumerate(own):
        which = np.flatnonzero(agreed_rows == column)
        if statuses[row] == "ignore" and len(which):
            boxes[row], scores[row] = agreed.boxes[which[0]], agreed.scores[which[0]]
            statuses[row], ignored[row] = FACE, False
    return PseudoLabels(boxes, labels.landmarks, ignored, tuple(statuses), scores)


def ignore_background(
    labels: Mapping[str, PseudoLabels], records: Iterable[Record]
) -> dict[str, PseudoLabels]:
    """The labels with the whole image ignored, besides its faces, where faces may be unlabeled.

    A detector then learns no background there; see ``Record.complete``.
    """
    changed = dict(labels)
    for record in records:
        if not record.complete:
            whole = np.array([[0, 0, *record.size, 1, *[np.nan] * 10]], np.float32)
            changed[record.key] = _append(
                changed[record.key], DetectedFaces.from_rows(whole), "ignore"
            )
    return changed


def pair_detections(first: DetectedFaces, second: DetectedFaces) -> tuple[IntArray, IntArray]:
    """Rows of the faces that both teachers find, greedily by IoU: (N,) of each."""
    rows, others = _greedy_pairs(iou_matrix(first.boxes, second.boxes), MIN_AGREED_IOU)
    low, low_second, low_sum = MIN_AGREED_SCORES
    one, other = first.scores[rows], second.scores[others]
    sure = (one >= low) & (other >= low_second) & (one + other >= low_sum)
    return rows[sure], others[sure]


def agreement(first: DetectedFaces, second: DetectedFaces) -> DetectedFaces:
    """The faces on which both teachers agree, with mean box and score."""
    one, other = pair_detections(first, second)
    return _mean(first[one], second[other])


def _mean(first: DetectedFaces, second: DetectedFaces) -> DetectedFaces:
    """Mean boxes and scores of the same faces, with the landmarks of the first."""
    boxes = (first.boxes + second.boxes) / 2
    return DetectedFaces(boxes, (first.scores + second.scores) / 2, first.landmarks)


def _overlap(measure: Any, boxes: FloatArray, others: FloatArray) -> FloatArray:
    """The largest overlap (N,) of each box with the others; 0 without others."""
    return np.asarray(measure(boxes, others).max(axis=1, initial=0.0))


def _with_ignored(labels: PseudoLabels, faces: DetectedFaces, known: FloatArray) -> PseudoLabels:
    """The labels with those faces appended as ignored that are none of the known boxes."""
    return _append(labels, faces[_overlap(iou_matrix, faces.boxes, known) < MIN_IOU], "ignore")


def _append(labels: PseudoLabels, faces: DetectedFaces, status: str) -> PseudoLabels:
    count = len(faces.boxes)
    return PseudoLabels(
        boxes=np.concatenate([labels.boxes, faces.boxes]).astype(np.float32),
        landmarks=np.concatenate([labels.landmarks, faces.landmarks]).astype(np.float32),
        ignored=np.concatenate([labels.ignored, np.full(count, status == "ignore")]),
        statuses=(*labels.statuses, *(status,) * count),
        scores=np.concatenate([labels.scores, faces.scores]).astype(np.float32),
    )


def _fraction_inside(inner: FloatArray, outer: FloatArray) -> FloatArray:
    """Fraction of each inner box inside each outer box, (N, M) in [0, 1]."""
    a, b = inner[:, None], outer[None]
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared = np.prod(np.clip(high - low, 0, None), -1)
    return shared / np.maximum(np.prod(a[..., 2:], -1), 1e-6)


def describe_sources(
    records: Sequence[Record],
    weights: Path | None,
    file: Path,
    run: Path,
    second: Path | None = None,
) -> dict[str, Any]:
    """What identifies the training data, for ``config.json``: a run resumes with the same only.

    Args:
        records: of train and val; the best weights are chosen on val.
        weights, file, second: as for ``load_pseudo_labels``.
        run: the run folder; see ``labels_of_run``.

    Raises:
        ValueError: labels are new or changed since the start of the run.
    """
    has_pseudo_labels = weights is not None or file.is_file()
    described = {"pseudo_labels": has_pseudo_labels, "labels": labels_of_run(run, records)}
    return {**described, "second_teacher": True} if second is not None else described


def load_pseudo_labels(
    records: Sequence[Record], weights: Path | None, file: Path, second: Path | None = None
) -> dict[str, PseudoLabels]:
    """The pseudo-labels of every record, by ``Record.key``.

    The teachers run on the records that ``file`` lacks, and their detections are added to it.
    With neither weights nor file there are no landmarks, and whole heads are ignored.

    Args:
        records: the labeled images.
        weights: YuNet's ONNX file.
        file: ``.npz`` file of the teachers' detections.
        second: CenterFace's ONNX file. It sees the scenes that were labeled by eye. Without it,
            and without its detections in ``file``, faces that nobody labeled are ignored.

    Raises:
        ValueError: a file cannot be used.
    """
    stored = TeacherFile(file)
    missing = stored.lacking_first(records)
    if missing and weights is None:
        LOG.warning(
            "no --teacher: %d images train without landmarks and without synthetic masks, "
            "whatever --synthetic-masks is",
            len(missing),
        )
    elif missing and weights is not None:
        stored.run_first(missing, weights)
    if second is not None:
        # In close-ups, and where teachers made the labels, it would find nothing of use.
        scenes = [r for r in records if not r.close_up and r.scores is None]
        lacking = stored.lacking_second(scenes)
        if lacking:
            stored.run_second(lacking, second)
    return {r.key: match_detections(r, *stored.detections(r.key)) for r in records}
