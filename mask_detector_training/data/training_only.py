# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training-only data: labeled images that are in no split.

These are ``faces/heads.jsonl``, and every folder beside ``faces`` and ``crops`` whose label file
has its name, such as ``pool/pool.jsonl``. Such a folder may have a second file,
``pool/poolval.jsonl``. It measures the agreement with those who labeled the folder; where these
are teachers, it is not the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mask_detector_training.data.formats import HEADS
from mask_detector_training.data.formats.faults import Faults
from mask_detector_training.data.formats.jsonl_labels import load_records
from mask_detector_training.data.formats.record import FACE, Record
from mask_detector_training.data.formats.tree import files_in, subfolders

FOLDERS = ("faces", "crops")
"""Folders with splits."""
MIN_TEACHER_FACE_PX = 10.0
"""Width below which faces that teachers labeled are ignored: their boxes are not reliable.

Against 698 labels of scenes in val, the teachers' agreed boxes of 6 to 12 pixels have a precision
of 0.85, those of 12 to 24 pixels 0.97.
"""


def training_only_folders(root: Path) -> list[Path]:
    """The folders of a data folder that are for training only, by name."""
    beside = [folder for folder in subfolders(root) if folder.name not in FOLDERS]
    return [folder for folder in beside if _label_file(folder).is_file()]


def unread_folders(root: Path) -> list[Path]:
    """Folders of a data folder with ``.jsonl`` files that nothing reads, by name."""
    beside = [folder for folder in subfolders(root) if folder.name not in FOLDERS]
    return [f for f in beside if files_in(f, [".jsonl"]) and not _label_file(f).is_file()]


def load_training_only(root: Path, faults: Faults | None = None) -> list[Record]:
    """The images of ``faces/heads.jsonl`` and of the training-only folders.

    Args:
        root: the data folder.
        faults: collects malformed lines, which are left out; without it they are raised.
    """
    heads = root / "faces" / f"{HEADS}.jsonl"
    records = load_records(heads, faults) if heads.is_file() else []
    for folder in training_only_folders(root):
        records += _load(_label_file(folder), faults)
    return records


def load_agreement(root: Path, faults: Faults | None = None) -> dict[str, list[Record]]:
    """The second label files of the training-only folders, by their name: ``poolval``.

    Args:
        root: the data folder.
        faults: collects malformed lines, which are left out; without it they are raised.
    """
    files = [folder / f"{folder.name}val.jsonl" for folder in training_only_folders(root)]
    return {file.stem: _load(file, faults) for file in files if file.is_file()}


def describe_folders(records: Sequence[Record]) -> list[str]:
    """A line about each training-only folder that the records come from."""
    lines = []
    for folder in dict.fromkeys(r.folder for r in records if r.folder not in FOLDERS):
        own = [record for record in records if record.folder == folder]
        text = f"{folder}/: {len(own)} images for training only"
        if own[0].close_up:
            lines.append(f"{text}, close-ups")
            continue
        complete = sum(record.complete for record in own)
        lines.append(f"{text}, scenes; faces may be without a label in {len(own) - complete}")
    return lines


def _label_file(folder: Path) -> Path:
    return folder / f"{folder.name}.jsonl"


def _load(file: Path, faults: Faults | None) -> list[Record]:
    return [_without_tiny(record) for record in load_records(file, faults, training_only=True)]


def _without_tiny(record: Record) -> Record:
    """The record with teachers' faces below ``MIN_TEACHER_FACE_PX`` ignored."""
    if record.scores is None:
        return record
    statuses = tuple(
        "ignore" if status == FACE and box[2] < MIN_TEACHER_FACE_PX else status
        for box, status in zip(record.boxes, record.statuses, strict=True)
    )
    return replace(record, statuses=statuses)
