# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which format the labels in a folder have, and in which parts they come."""

from __future__ import annotations

from pathlib import Path

from mask_detector_training.data.formats import (
    class_folders,
    coco,
    csv_labels,
    cvat,
    voc,
    yolo,
)
from mask_detector_training.data.formats.class_files import EXPECTED, find_class_files
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.foreign import describe_foreign
from mask_detector_training.data.formats.jsonl_labels import UNSPLIT
from mask_detector_training.data.formats.split_names import HEADS, SPLITS
from mask_detector_training.data.formats.tree import files_in, subfolders

FORMATS = ("jsonl", "voc", "yolo", "classes", "coco", "cvat", "csv")
"""Formats that can be read; ``classes`` are class folders."""
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar")


def check_source(source: Path, format_name: str | None = None) -> None:
    """Check that a source is a folder or a ``.jsonl`` file.

    Args:
        source: the file or folder.
        format_name: with ``jsonl`` a file may have any suffix but that of an archive.

    Raises:
        ValueError: it is another file, or does not exist.
    """
    suffix = source.suffix.lower()
    if source.is_file() and suffix in ARCHIVES:
        raise ValueError(f"{source} is an archive; unpack it, and name the folder")
    if source.is_dir() or (source.is_file() and (suffix == ".jsonl" or format_name == "jsonl")):
        return
    if source.is_file():
        raise ValueError(
            f"{source} is neither a folder nor a .jsonl file; name the folder that holds labels "
            "and images"
        )
    raise ValueError(f"{source} does not exist; check the path")


def recognize_format(source: Path, names: ClassNames | None = None) -> str:
    """Which of ``FORMATS`` the labels in a file or folder have.

    Raises:
        ValueError: there are no labels, or labels in several formats.
    """
    found = find_formats(source, names)
    if len(found) > 1:
        shown = ", ".join(f"{name} ({example})" for name, example in found.items())
        raise ValueError(f"{source} holds labels in several formats; name one with --from: {shown}")
    if found:
        return next(iter(found))
    foreign = describe_foreign(source)
    if foreign:
        raise ValueError(foreign)
    inside = next((path for path in subfolders(source) if find_formats(path, names)), None)
    hint = f"; its subfolder {inside.name}/ holds some: name {inside}" if inside else ""
    archives = files_in(source, ARCHIVES)
    if archives:
        hint = f"; {archives[0].name} is an archive: unpack it"
    raise ValueError(
        f"{source} holds no labels; expected .jsonl files, PASCAL VOC .xml files, YOLO .txt "
        f"files with {EXPECTED}, a COCO .json file, a CVAT .xml file, a .csv file with boxes, or "
        f"one folder of images per class{hint}"
    )


def find_formats(source: Path, names: ClassNames | None = None) -> dict[str, Path]:
    """The formats of labels in a file or folder, each with an example.

    ``.jsonl`` files come before all others, class folders after all others.

    Raises:
        ValueError: the source is neither a folder nor a ``.jsonl`` file.
    """
    check_source(source)
    if source.is_file():
        return {"jsonl": source}
    own = files_in(source, [".jsonl"])
    if own:
        return {"jsonl": own[0]}
    files = {
        "voc": voc.label_files(source),
        "yolo": _yolo_files(source),
        "coco": coco.label_files(source),
        "cvat": cvat.label_files(source),
        "csv": csv_labels.label_files(source),
    }
    found = {name: paths[0] for name, paths in files.items() if paths}
    if not found and class_folders.has_class_folders(source, names or ClassNames()):
        return {"classes": source}
    return found


def _yolo_files(source: Path) -> list[Path]:
    """YOLO label files; none if neither class names nor images nor ``labels`` say that they are."""
    files = yolo.label_files(source)
    return files if files and (yolo.has_image(files, source) or find_class_files(source)) else []


def split_path(folder: Path, split: str) -> Path | None:
    """Path of the labels of a split or of the heads; None if they do not exist.

    It is a file such as ``train.jsonl``, or else a folder ``train`` that holds labels.

    Raises:
        ValueError: two folders have names of the split.
    """
    file = folder / f"{split}.jsonl"
    return file if file.is_file() else _split_folder(folder, split)


def _split_folder(folder: Path, split: str) -> Path | None:
    named = [p for p in subfolders(folder) if p.name.lower() in SPLITS.get(split, (split,))]
    found = [path for path in named if find_formats(path)]
    if len(found) > 1:
        shown = " and ".join(map(str, found))
        raise ValueError(f"{shown} are both folders of the split {split}; keep one of them")
    return found[0] if found else None


def find_parts(source: Path, format_name: str | None = None) -> dict[str, Path]:
    """The label files or folders in a source: its ``.jsonl`` files, else its splits, by name.

    The name is ``""`` where the source is not split into files or folders. With a ``format_name``
    other than ``jsonl``, ``.jsonl`` files are skipped.

    Raises:
        ValueError: the source is neither a folder nor a ``.jsonl`` file.
    """
    check_source(source, format_name)
    files = [source] if source.is_file() else files_in(source, [".jsonl"])
    if files and format_name in (None, "jsonl"):
        return {"" if file.stem == UNSPLIT else file.stem: file for file in files}
    if source.is_file():
        return {"": source}
    splits = {split: _split_folder(source, split) for split in (*SPLITS, HEADS)}
    return {split: path for split, path in splits.items() if path} or {"": source}
