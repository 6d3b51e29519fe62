# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bare faces suitable for synthetic masks, from labeled data or found by the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources.images import ImageSource
from mask_detector_training.data.datasets import FACE, Record, load_split
from mask_detector_training.data.pseudo_labels import match_detections
from mask_detector_training.data.teachers import DetectedFaces, YuNet
from mask_detector_training.synthesis.face_mesh import FaceMesh
from mask_detector_training.synthesis.mask_drawing import unsuitable_reason

BARE = WearStatus.NO_MASK.label
_UNCLASSIFIED = "wear status unknown"
_NO_LANDMARKS: FloatArray = np.zeros((0, 5, 2), np.float32)


@dataclass(frozen=True, eq=False)
class BareFaces:
    """An image and its faces that are suitable for a synthetic mask.

    Attributes:
        record: the image with boxes and statuses of all N faces.
        labeled: whether boxes and statuses are labels, not predictions.
        landmarks: (N, 5, 2) pixels, NaN where not found.
        suitable: indices of the suitable faces.
        skipped: number of other faces by reason.
        meshes: mesh (MESH_POINTS, 3) of faces by index, where masks are placed along meshes.
    """

    record: Record
    labeled: bool
    landmarks: FloatArray
    suitable: tuple[int, ...]
    skipped: Counter[str]
    meshes: Mapping[int, FloatArray] = field(default_factory=dict)


def is_data_folder(source: Path) -> bool:
    """Whether a folder has the layout of the training data."""
    return any(source.glob("faces/*.jsonl")) or any(source.glob("crops/*.jsonl"))


def source_records(source: Path, split: str) -> tuple[list[Record], bool]:
    """The images of a data folder or an image folder, or a single image.

    Returns:
        The records, and whether they are labeled. Of a data folder only the images with a
        bare face. Unlabeled records have no boxes.

    Raises:
        ValueError: the source does not exist, or a data folder has no bare face.
        SourceError: a folder without images.
    """
    if source.is_dir() and is_data_folder(source):
        records = [r for r in load_split(source, split) if BARE in r.statuses]
        if not records:
            raise ValueError(f"no face of {split} in {source} has the status {BARE}")
        return records, True
    if not source.exists():
        raise ValueError(
            f"{source} does not exist; expected a data folder, an image folder or an image"
        )
    name = str(source)
    found = ImageSource.folder(name, False) if source.is_dir() else ImageSource.single(name)
    nothing = np.zeros((0, 4), np.float32)
    files = list(found.files)
    return [Record(f, "faces", False, "", f.stem, (0, 0), nothing, ()) for f in files], False


class FaceFinder:
    """Finds suitable faces and their landmarks with the teacher or the shipped models."""

    def __init__(
        self, teacher: Path | None, models: Path | None = None, mesh: FaceMesh | None = None
    ) -> None:
        """Load the models.

        Args:
            teacher: YuNet's ONNX file for the landmarks; the shipped face detector if None.
            models: model folder; the shipped one if None.
            mesh: finds the face meshes; faces without a usable one are skipped. None for none.

        Raises:
            ValueError: the teacher's file is missing.
        """
        self._teacher = None if teacher is None else YuNet(teacher)
        self._mesh = mesh
        self._pipeline = MaskPipeline(models or find_resource("models"))

    def find(self, record: Record, labeled: bool) -> BareFaces:
        """Find the suitable faces of an image.

        Faces and wear statuses of unlabeled images are predicted by the shipped models.

        Raises:
            ValueError: a labeled image cannot be read.
        """
        try:
            image = record.load()
        except ValueError:
            if labeled:
                raise
            return BareFaces(record, False, _NO_LANDMARKS, (), Counter({"unreadable image": 1}))
        if not labeled:
            faces = self._pipeline.process(image).faces
            statuses = tuple(WearStatus(int(status)).label for status in faces.status)
            size = (image.shape[1], image.shape[0])
            record = replace(record, size=size, boxes=faces.boxes, statuses=statuses)
        matched = match_detections(record, self._detect(image))
        landmarks = matched.landmarks[: len(record.boxes)]
        suitable, skipped = [], Counter[str]()
        meshes: dict[int, FloatArray] = {}
        for index, status in enumerate(record.statuses):
            box, points = record.boxes[index], landmarks[index]
            mesh = None
            reason = _not_bare(status)
            if reason is None and self._mesh is not None:
                mesh = self._mesh.find(image, box, points)
                reason = "no usable face mesh" if mesh is None else None
            reason = reason or unsuitable_reason(box, points, image.shape, mesh)
            if mesh is not None:
                meshes[index] = mesh
            if reason is None:
                suitable.append(index)
            else:
                skipped[reason] += 1
        return BareFaces(record, labeled, landmarks, tuple(suitable), skipped, meshes)

    def _detect(self, image: Image) -> DetectedFaces:
        if self._teacher is not None:
            return self._teacher.detect(image)
        faces = self._pipeline.process(image).faces
        return DetectedFaces(faces.boxes, faces.scores, faces.landmarks)


def _not_bare(status: str) -> str | None:
    """Why a face is not known to be bare; None if it is."""
    if status in ("ignore", FACE, WearStatus.UNKNOWN.label):
        return _UNCLASSIFIED
    return None if status == BARE else "already masked"
