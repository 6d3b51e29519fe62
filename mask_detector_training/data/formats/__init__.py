# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Label files of several kinds, read into one kind of record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_training.data.formats import class_folders, voc, yolo
from mask_detector_training.data.formats.class_folders import WHOLE
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.jsonl_labels import UNSPLIT, load_records
from mask_detector_training.data.formats.record import Record

FORMATS = ("jsonl", "voc", "yolo", "classes")
"""Every format that is read; ``classes`` are class folders."""
SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""Every split, and what its folder may be called, in any case."""
HEADS = "heads"
"""Stem of the labels whose boxes take in the whole head."""


def recognize(source: Path) -> str:
    """Which of ``FORMATS`` the labels in a file or folder have.

    Raises:
        ValueError: there are none, or of more than one format.
    """
    if source.is_file() and source.suffix == ".jsonl":
        return "jsonl"
    if not source.is_dir():
        raise ValueError(f"{source} is neither a folder nor a .jsonl file; check the path")
    if any(source.glob("*.jsonl")):
        return "jsonl"
    has_yolo = bool(yolo.class_file(source) or (source / yolo.LABELS).is_dir())
    found = ["voc"] if voc.label_files(source) else []
    found += ["yolo"] if has_yolo and yolo.label_files(source) else []
    if len(found) > 1:
        raise ValueError(f"{source} holds labels of several formats; say which with --from")
    if not found and class_folders.class_folders(source):
        return "classes"
    if not found:
        raise ValueError(
            f"{source} holds no labels; expected .jsonl files, PASCAL VOC .xml files, YOLO .txt "
            f"files with {' or '.join(yolo.NAME_FILES)}, or one folder of pictures per class"
        )
    return found[0]


def read_labels(
    source: Path,
    *,
    kind: str | None = None,
    part: str = "",
    names: ClassNames | None = None,
    face: tuple[float, float, float, float] = WHOLE,
) -> list[Record]:
    """Read all labels of one file or folder.

    Args:
        source: a ``.jsonl`` file, or the folder of one of the other formats.
        kind: one of ``FORMATS``; recognized if not given.
        part: ``faces`` or ``crops``, and the source of the pictures where the format names none.
        names: what class names mean.
        face: where the face is in the pictures of class folders, as shares of the picture.

    Raises:
        ValueError: something is not as expected; the message names the file and the place.
    """
    kind = kind or recognize(source)
    names, part = names or ClassNames(), part or source.name
    # Absurd numbers are refused by name; NumPy need not warn of them.
    with np.errstate(over="ignore", invalid="ignore"):
        return _read(source, kind, part, names, face)


def _read(
    source: Path, kind: str, part: str, names: ClassNames, face: tuple[float, float, float, float]
) -> list[Record]:
    if kind == "jsonl":
        return load_records(source)
    if kind == "voc":
        found = voc.read(source, part, names)
    elif kind == "yolo":
        found = yolo.read(source, part, names)
    else:
        found = class_folders.read(source, part, names, face)
    # Where the labels do not tell the size of the pictures, all of them are decoded.
    return list(tqdm(found, desc=f"{source.name} ({kind})", unit="picture", leave=False))


def split_path(folder: Path, split: str) -> Path | None:
    """Where a split's or the heads' labels are; None if nowhere.

    They are ``train.jsonl``, else a folder ``train``.
    """
    file = folder / f"{split}.jsonl"
    if file.is_file():
        return file
    below = sorted(path for path in folder.iterdir() if path.is_dir())
    return next((path for path in below if path.name.lower() in SPLITS.get(split, (split,))), None)


def parts_of(source: Path, kind: str | None = None) -> dict[str, Path]:
    """The parts of what a user names: its ``.jsonl`` files, its splits, or ``""``: all of it.

    With a ``kind`` other than ``jsonl`` such files are passed over.

    Raises:
        ValueError: there is no such file or folder.
    """
    if not source.exists():
        raise ValueError(f"{source} does not exist; check the path")
    files = [source] if source.is_file() else sorted(source.glob("*.jsonl"))
    if files and kind in (None, "jsonl"):
        return {"" if file.stem == UNSPLIT else file.stem: file for file in files}
    splits = {split: split_path(source, split) for split in (*SPLITS, HEADS)}
    return {split: path for split, path in splits.items() if path} or {"": source}
