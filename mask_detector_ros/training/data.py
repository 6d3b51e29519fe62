# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training data: label files, their records, and the guard against leaking splits."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, Image

DATA_VARIABLE = "MASK_DETECTOR_DATA"
STATUSES = (*CLASS_LABELS, "incorrect", "ignore")
"""Every status a label file may hold; the first four are the classifier's classes."""
POSSIBLE = {
    **{name: (name,) for name in CLASS_LABELS},
    "incorrect": ("below_mouth", "nose_exposed"),
    "ignore": (),
}
"""Which classes a face of a status may have."""


@dataclass(frozen=True, eq=False)
class Record:
    """One labelled picture.

    Attributes:
        path: the image file.
        folder: ``faces`` or ``crops``, the part of the data it belongs to.
        heads: the boxes take in the whole head, not just the face.
        source: where the picture comes from.
        group: near-duplicate family; a family never crosses splits.
        size: width and height of the picture in pixels.
        boxes: (N, 4) float32 ``x, y, w, h`` in pixels.
        statuses: N words of ``STATUSES``.
    """

    path: Path
    folder: str
    heads: bool
    source: str
    group: str
    size: tuple[int, int]
    boxes: FloatArray
    statuses: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name that is unique in the whole data, and the same on every machine."""
        return f"{self.folder}/{self.path.name}"

    def load(self) -> Image:
        """The picture, (H, W, 3) uint8 BGR.

        Raises:
            ValueError: the file is missing or no picture.
        """
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"{self.path} cannot be read as a picture; restore the file")
        return image


def data_root(option: str | None) -> Path:
    """The data folder from ``--data``, else from the environment.

    Raises:
        ValueError: neither names a folder.
    """
    named = option or os.environ.get(DATA_VARIABLE)
    if not named:
        raise ValueError(f"no training data: give --data DIR or set {DATA_VARIABLE}")
    root = Path(named)
    if not root.is_dir():
        raise ValueError(f"training data folder {root} does not exist; check --data")
    return root


def load_records(file: Path) -> list[Record]:
    """Read one ``.jsonl`` label file; its pictures lie beside it.

    Raises:
        ValueError: the file is missing, or a row is not what is expected (says which).
    """
    if not file.is_file():
        raise ValueError(f"label file {file} does not exist; check the data folder")
    records = []
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            faces = row["faces"]
            statuses = tuple(face["status"] for face in faces)
            unknown = set(statuses) - set(STATUSES)
            if unknown:
                raise ValueError(f"status {sorted(unknown)} is none of {STATUSES}")
            boxes = np.asarray([face["box"] for face in faces], np.float32).reshape(-1, 4)
            records.append(
                Record(
                    path=file.parent / row["image"],
                    folder=file.parent.name,
                    heads=file.stem == "heads",
                    source=str(row["source"]),
                    group=str(row["group"]),
                    size=(int(row["width"]), int(row["height"])),
                    boxes=boxes,
                    statuses=statuses,
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{file} line {number}: {error!r}; expected image, source, group, width, "
                "height and faces with box [x, y, w, h] and status"
            ) from error
    return records


def load_split(root: Path, split: str, *, heads: bool = False) -> list[Record]:
    """``train``, ``val`` or ``test`` of ``faces`` and ``crops``; optionally the heads too."""
    records = []
    for folder in ("faces", "crops"):
        if (root / folder).is_dir():
            records += load_records(root / folder / f"{split}.jsonl")
    if heads and split == "train" and (root / "faces" / "heads.jsonl").is_file():
        records += load_records(root / "faces" / "heads.jsonl")
    if not records:
        raise ValueError(f"{root} has no {split} split; expected faces/ or crops/ in it")
    return records


def check_groups(train: Iterable[Record], held_out: Iterable[Record]) -> None:
    """Refuse splits that share a near-duplicate family.

    Raises:
        ValueError: names some of the shared groups.
    """
    shared = {r.group for r in train} & {r.group for r in held_out}
    if shared:
        names = ", ".join(sorted(shared)[:5])
        raise ValueError(
            f"{len(shared)} groups lie both in train and in a held-out split ({names}); "
            "move every picture of a group into one split"
        )
