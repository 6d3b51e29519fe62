# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of label files in several formats into records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_training.data.formats import class_folders, voc, yolo
from mask_detector_training.data.formats.class_folders import WHOLE_IMAGE
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.jsonl_labels import UNSPLIT, load_records
from mask_detector_training.data.formats.record import Record

FORMATS = ("jsonl", "voc", "yolo", "classes")
"""Formats that can be read; ``classes`` are class folders."""
SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""Names that the folder of each split may have; case is ignored."""
HEADS = "heads"
"""Name of the labels whose boxes contain the whole head; not a split."""


def recognize_format(source: Path) -> str:
    """Which of ``FORMATS`` the labels in a file or folder have.

    Raises:
        ValueError: there are no labels, or labels in several formats.
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
        raise ValueError(f"{source} holds labels in several formats; name one with --from")
    if not found and class_folders.class_folders(source):
        return "classes"
    if not found:
        raise ValueError(
            f"{source} holds no labels; expected .jsonl files, PASCAL VOC .xml files, YOLO .txt "
            f"files with {' or '.join(yolo.NAME_FILES)}, or one folder of images per class"
        )
    return found[0]


def read_labels(
    source: Path,
    *,
    format_name: str | None = None,
    subset: str = "",
    names: ClassNames | None = None,
    face: tuple[float, float, float, float] = WHOLE_IMAGE,
) -> list[Record]:
    """Read all labels of a file or folder.

    Args:
        source: a ``.jsonl`` file, or a folder in one of the other formats.
        format_name: one of ``FORMATS``; recognized if None.
        subset: ``faces`` or ``crops``; also the records' ``source`` where the format has none.
            The name of the folder if empty.
        names: statuses of the class names.
        face: x, y, w, h of the face in the images of class folders, as fractions of the image.

    Raises:
        ValueError: a label is malformed; the message names the file and the line or object.
    """
    format_name = format_name or recognize_format(source)
    names, subset = names or ClassNames(), subset or source.name
    # Numbers out of range are reported as errors; NumPy's warnings are not needed.
    with np.errstate(over="ignore", invalid="ignore"):
        return _read(source, format_name, subset, names, face)


def _read(
    source: Path,
    format_name: str,
    subset: str,
    names: ClassNames,
    face: tuple[float, float, float, float],
) -> list[Record]:
    if format_name == "jsonl":
        return load_records(source)
    if format_name == "voc":
        found = voc.read(source, subset, names)
    elif format_name == "yolo":
        found = yolo.read(source, subset, names)
    else:
        found = class_folders.read(source, subset, names, face)
    # Shows progress, as formats without image sizes decode every image.
    return list(tqdm(found, desc=f"{source.name} ({format_name})", unit="image", leave=False))


def split_path(folder: Path, split: str) -> Path | None:
    """Path of the labels of a split or of the heads; None if they do not exist.

    It is a file such as ``train.jsonl``, or else a folder ``train``.
    """
    file = folder / f"{split}.jsonl"
    if file.is_file():
        return file
    below = sorted(path for path in folder.iterdir() if path.is_dir())
    return next((path for path in below if path.name.lower() in SPLITS.get(split, (split,))), None)


def find_parts(source: Path, format_name: str | None = None) -> dict[str, Path]:
    """The label files or folders in a source: its ``.jsonl`` files, else its splits, by name.

    The name is ``""`` where the source is not split. With a ``format_name`` other than ``jsonl``,
    ``.jsonl`` files are skipped.

    Raises:
        ValueError: the source does not exist.
    """
    if not source.exists():
        raise ValueError(f"{source} does not exist; check the path")
    files = [source] if source.is_file() else sorted(source.glob("*.jsonl"))
    if files and format_name in (None, "jsonl"):
        return {"" if file.stem == UNSPLIT else file.stem: file for file in files}
    splits = {split: split_path(source, split) for split in (*SPLITS, HEADS)}
    return {split: path for split, path in splits.items() if path} or {"": source}
