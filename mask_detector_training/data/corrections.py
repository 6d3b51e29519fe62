# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corrections of wrong wear statuses in the labels, kept in a file beside the code.

The labels themselves stay as they are. A correction counts if the data has the image, a face in
that place, and the old status.
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
    def load(cls, file: Path = CORRECTIONS) -> Corrections:
        """Read a file of corrections.

        Raises:
            ValueError: the file is missing or malformed.
        """
        if not file.is_file():
            raise ValueError(f"file of corrections {file} does not exist")
        try:
            rows = yaml.safe_load(file.read_text(encoding="utf-8")) or []
            if not isinstance(rows, list):
                raise ValueError("expected a list")
            return cls([_correction(number, row) for number, row in enumerate(rows, 1)])
        except (yaml.YAMLError, ValueError) as error:
            raise ValueError(f"file of corrections {file} is malformed: {error}") from error

    def apply(self, records: Sequence[Record]) -> list[Record]:
        """The records with right statuses; those without a correction are the same objects."""
        return [self._corrected(record) for record in records]

    def found(self, records: Iterable[Record]) -> list[Correction]:
        """The corrections that count for the records."""
        return [correction for record in records for _, correction in self._faces(record)]

    def outdated(self, records: Iterable[Record]) -> list[Correction]:
        """The corrections for images of the records whose labels are other ones by now."""
        return [
            correction
            for record in records
            for correction in self._of_image.get(record.key, ())
            if correction not in [found for _, found in self._faces(record)]
        ]

    def _corrected(self, record: Record) -> Record:
        statuses = list(record.statuses)
        for row, correction in self._faces(record):
            statuses[row] = correction.new
        return (
            record
            if tuple(statuses) == record.statuses
            else replace(record, statuses=tuple(statuses))
        )

    def _faces(self, record: Record) -> list[tuple[int, Correction]]:
        """The faces that have a correction, by row."""
        corners = _corners(record.boxes)
        found = []
        for correction in self._of_image.get(record.key, ()):
            far = np.abs(corners - _corners(correction.box[np.newaxis])).max(1, initial=0)
            row = int(far.argmin()) if len(far) else -1
            if row >= 0 and far[row] <= MAX_DISTANCE_PX and record.statuses[row] == correction.old:
                found.append((row, correction))
        return found


def _corners(boxes: FloatArray) -> FloatArray:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)


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
