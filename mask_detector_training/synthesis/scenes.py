# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures whose bare faces can be dressed: from labeled data, or found by the models."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import FloatArray, Image, WearStatus
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources.pictures import PictureSource
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.data.pseudo_labels import Faces, Teacher, teach
from mask_detector_training.synthesis.draw import why_not_dressable

BARE = WearStatus.NO_MASK.label
_UNTOLD = "too poor to tell whether masked"
_NOWHERE: FloatArray = np.zeros((0, 5, 2), np.float32)


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture and its faces.

    Attributes:
        record: the picture; its boxes and statuses are those of the faces.
        labeled: people labeled it, not a model.
        landmarks: (N, 5, 2) pixels, NaN where not found.
        bare: indices of the faces that can be dressed.
        skipped: how many of its faces cannot, by reason.
    """

    record: Record
    labeled: bool
    landmarks: FloatArray
    bare: tuple[int, ...]
    skipped: Counter[str]


def is_data_folder(source: Path) -> bool:
    """Whether a folder has the layout of the training data."""
    return any(source.glob("faces/*.jsonl")) or any(source.glob("crops/*.jsonl"))


def records_of(source: Path, split: str) -> tuple[list[Record], bool]:
    """The pictures of a data folder, of a folder of pictures, or one picture.

    Returns:
        The records, and whether they are labeled. Of a data folder only pictures with a
        bare face; the others hold no boxes yet.

    Raises:
        ValueError: there is nothing to dress.
        SourceError: a folder without pictures.
    """
    if source.is_dir() and is_data_folder(source):
        records = [r for r in load_split(source, split) if BARE in r.statuses]
        if not records:
            raise ValueError(f"no face of {split} in {source} has the status {BARE}")
        return records, True
    if not source.exists():
        raise ValueError(
            f"{source} does not exist; expected a data folder, a folder of pictures or a picture"
        )
    name = str(source)
    found = PictureSource.folder(name, False) if source.is_dir() else PictureSource.single(name)
    nothing = np.zeros((0, 4), np.float32)
    files = list(found.files)
    return [Record(f, "faces", False, "", f.stem, (0, 0), nothing, ()) for f in files], False


class Finder:
    """Finds faces and their landmarks with the teacher, or with the shipped models."""

    def __init__(self, teacher: Path | None, models: Path | None = None) -> None:
        """Load what is needed.

        Args:
            teacher: YuNet's file; the shipped face detector gives the landmarks when None.
            models: folder of the shipped models; found by itself when None.

        Raises:
            ValueError: the teacher's file is missing.
        """
        self._teacher = None if teacher is None else Teacher(teacher)
        self._pipeline = Pipeline(models or find_resource("models"))

    def scene(self, record: Record, labeled: bool) -> Scene:
        """The faces of a picture, and which of them can be dressed.

        Without labels the shipped models tell where faces are and whether they are bare.

        Raises:
            ValueError: the file is labeled, but no picture.
        """
        try:
            image = record.load()
        except ValueError:
            if labeled:
                raise
            return Scene(record, False, _NOWHERE, (), Counter({"unreadable picture": 1}))
        if not labeled:
            faces = self._pipeline.process(image).faces
            words = tuple(WearStatus(int(status)).label for status in faces.status)
            size = (image.shape[1], image.shape[0])
            record = replace(record, size=size, boxes=faces.boxes, statuses=words)
        taught = teach(record, self._look(image))
        landmarks = taught.landmarks[: len(record.boxes)]
        bare, skipped = [], Counter[str]()
        for index, status in enumerate(record.statuses):
            reason = _why_not(status, record.boxes[index], landmarks[index], image)
            if reason is None:
                bare.append(index)
            else:
                skipped[reason] += 1
        return Scene(record, labeled, landmarks, tuple(bare), skipped)

    def _look(self, image: Image) -> Faces:
        if self._teacher is not None:
            return self._teacher.faces(image)
        faces = self._pipeline.process(image).faces
        return Faces(faces.boxes, faces.scores, faces.landmarks)


def _why_not(status: str, box: FloatArray, landmarks: FloatArray, image: Image) -> str | None:
    if status in ("ignore", WearStatus.UNKNOWN.label):
        return _UNTOLD
    if status != BARE:
        return "already masked"
    return why_not_dressable(box, landmarks, image.shape)
