# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corrections of wrong wear statuses in the labels, kept in a file beside the code.

The labels themselves stay as they are. A correction counts if the data has the image, a face in
that place, and the old status. A data folder may have a file of its own, ``corrections.yaml``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.formats.record import STATUSES, Record

CORRECTIONS = Path(__file__).with_name("corrections.yaml")
"""The corrections of the data with which the shipped models were trained and tested."""
MAX_DISTANCE_PX = 1.5
"""Largest difference between the corners of a correction's box and those of the labeled one."""
FIELDS = {"image", "box", "old", "new", "reason"}


@dataclass(frozen=True, eq=False)
class Correction:
    """Another status of one labeled face.

    Attributes:
        image: ``Record.key``.
        box: (4,) xywh in pixels, as labeled.
        old: labeled status.
        new: right status.
        reason: why, in a few words.
    """

    image: str
    box: FloatArray
    old: str
    new: str
    reason: str


class Corrections:
    """Corrections by image."""

    def __init__(self, corrections: Iterable[Correction]) -> None:
        """Group them by image."""
        self._of_image: dict[str, list[Correction]] = defaultdict(list)
        for correction in corrections:
            self._of_image[correction.image].append(correction)

    @classmethod
    def load(cls, root: Path | None = None) -> Corrections:
        """Read the corrections of this project, and those in a data folder.

        Args:
            root: the data folder; None for those of this project only.

        Raises:
            ValueError: a file is malformed.
        """
        own = [] if root is None else [root / CORRECTIONS.name]
        return cls(
            correction
            for file in (CORRECTIONS, *own)
            if file.is_file()
            for correction in _read(file)
        )

    def right(self, image: str, box: FloatArray, status: str) -> str:
        """The right status of a labeled face.

        Args:
            image: ``Record.key``.
            box: (4,) xywh in pixels, as labeled.
            status: as labeled.
        """
        correction = self._find(image, box, status)
        return status if correction is None else correction.new

    def apply(self, records: Sequence[Record]) -> list[Record]:
        """The records with right statuses; those without a correction are the same objects."""
        corrected = []
        for record in records:
            faces = zip(record.boxes, record.statuses, strict=True)
            right = tuple(self.right(record.key, box, status) for box, status in faces)
            same = right == record.statuses
            corrected.append(record if same else replace(record, statuses=right))
        return corrected

    def found(self, records: Iterable[Record]) -> list[Correction]:
        """The corrections that count for the records."""
        found = [
            self._find(record.key, box, status)
            for record in records
            for box, status in zip(record.boxes, record.statuses, strict=True)
        ]
        return [correction for correction in found if correction]

    def outdated(self, records: Sequence[Record]) -> list[Correction]:
        """The corrections for images of the records whose labels are other ones by now."""
        found = {id(correction) for correction in self.found(records)}
        known = [c for record in records for c in self._of_image.get(record.key, ())]
        return [correction for correction in known if id(correction) not in found]

    def _find(self, image: str, box: FloatArray, status: str) -> Correction | None:
        for correction in self._of_image.get(image, ()):
            far = np.abs(_corners(correction.box) - _corners(box)).max()
            if far <= MAX_DISTANCE_PX and correction.old == status:
                return correction
        return None


def _corners(box: FloatArray) -> FloatArray:
    return np.concatenate([box[:2], box[:2] + box[2:]])


def _read(file: Path) -> list[Correction]:
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8")) or []
        if not isinstance(rows, list):
            raise ValueError("expected a list")
        return [_correction(number, row) for number, row in enumerate(rows, 1)]
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"file of corrections {file} is malformed: {error}") from error


def _correction(number: int, row: Any) -> Correction:
    where = f"entry {number}"
    if not isinstance(row, dict) or set(row) != FIELDS:
        raise ValueError(f"{where}: expected {', '.join(sorted(FIELDS))}")
    box = np.asarray(row["box"], np.float32)
    if box.shape != (4,) or not np.isfinite(box).all():
        raise ValueError(f"{where}: expected box [x, y, w, h]")
    wrong = [str(row[name]) for name in ("old", "new") if row[name] not in STATUSES]
    if wrong or row["old"] == row["new"]:
        text = f"{wrong[0]} is not one of {', '.join(STATUSES)}" if wrong else "old is new"
        raise ValueError(f"{where}: {text}")
    return Correction(str(row["image"]), box, row["old"], row["new"], str(row["reason"]))
