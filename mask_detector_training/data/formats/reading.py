# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of label files in all formats into records, by split."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_ros.images.image_files import SUFFIXES
from mask_detector_training.data.formats import class_folders, coco, csv_labels, cvat, voc, yolo
from mask_detector_training.data.formats.class_folders import WHOLE_IMAGE
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_size import label_frame
from mask_detector_training.data.formats.jsonl_labels import load_records
from mask_detector_training.data.formats.labeled_image import LabeledImage, make_record
from mask_detector_training.data.formats.orientation import turn_boxes, turned_size
from mask_detector_training.data.formats.recognition import find_parts, recognize_format
from mask_detector_training.data.formats.record import Record
from mask_detector_training.data.formats.split_names import HEADS, SPLITS
from mask_detector_training.data.formats.stated_splits import TWO_SPLITS, divide
from mask_detector_training.data.formats.tree import walk_files

READERS = {"voc": voc.read, "yolo": yolo.read, "coco": coco.read, "cvat": cvat.read,
           "csv": csv_labels.read}  # fmt: skip
TWO_LABELS = "two label files for one image"
TWO_LINES = "two lines for one image"
UNLABELED = "images without labels were skipped"


@dataclass(frozen=True)
class ReadOptions:
    """How label files are read.

    Attributes:
        format_name: one of ``FORMATS``; recognized if None.
        subset: ``faces`` or ``crops``; also the records' ``source`` where the format has none.
            The name of the folder if empty.
        names: statuses of the class names.
        face: x, y, w, h of the face in the images of class folders, as fractions of the image.
        turn: boxes were drawn on the images as they are stored; turn them by EXIF orientation.
        ignore_splits: take no notice of the splits that the data set states.
    """

    format_name: str | None = None
    subset: str = ""
    names: ClassNames = field(default_factory=ClassNames)
    face: tuple[float, float, float, float] = WHOLE_IMAGE
    turn: bool = False
    ignore_splits: bool = False


def read_parts(
    source: Path, options: ReadOptions, faults: Faults, only: Collection[str] | None = None
) -> dict[str, list[Record]]:
    """Read the labels of a file or folder by split; ``""`` where no split is stated.

    Args:
        source: a ``.jsonl`` file, or a folder in any of ``FORMATS``, split or not.
        options: how to read them.
        faults: collects what is wrong; images with a fault are left out.
        only: read these splits; all if None.

    Raises:
        ValueError: the labels as a whole cannot be read, for example in two formats.
    """
    found = find_parts(source, options.format_name)
    wanted = {name: path for name, path in found.items() if not name or not only or name in only}
    # Numbers out of range are reported as faults; NumPy's warnings are not needed.
    with np.errstate(over="ignore", invalid="ignore"):
        if source.is_file() or any(path.is_file() for path in found.values()):
            parts = {name: _read_jsonl(path, options, faults) for name, path in wanted.items()}
            # The data of a training is checked for names that are used twice as a whole.
            parts = _without_repeats(parts if only else _without_two_lines(parts, faults), faults)
        else:
            parts = _read_folders(source, wanted, options, faults, only)
    if options.ignore_splits:
        heads = {name: part for name, part in parts.items() if name == HEADS}
        whole = [record for name, part in parts.items() if name != HEADS for record in part]
        return {"": whole, **heads}
    return parts


def read_labels(
    source: Path,
    *,
    format_name: str | None = None,
    subset: str = "",
    names: ClassNames | None = None,
    face: tuple[float, float, float, float] = WHOLE_IMAGE,
) -> list[Record]:
    """Read all labels of a file or folder, whatever splits it states.

    Args:
        source: a ``.jsonl`` file, or a folder in any of ``FORMATS``.
        format_name, subset, names, face: see ``ReadOptions``.

    Raises:
        ValueError: labels are malformed; the message names files and lines or objects.
    """
    options = ReadOptions(format_name, subset, names or ClassNames(), face)
    faults = Faults()
    with np.errstate(over="ignore", invalid="ignore"):
        if (format_name or recognize_format(source, options.names)) == "jsonl":
            records = [
                record
                for path in ([source] if source.is_file() else find_parts(source).values())
                for record in _read_jsonl(path, options, faults)
            ]
        else:
            images = _labeled_images(source, options, faults)
            records = _records(images, source, options, faults)
    faults.raise_all(source)
    return records


def _read_jsonl(file: Path, options: ReadOptions, faults: Faults) -> list[Record]:
    records = load_records(file, faults)
    if not options.turn:
        return records
    turned = [faults.attempt(_turned, record, str(file)) for record in records]
    faults.left_out += turned.count(None)
    return [record for record in turned if record]


def _turned(record: Record, where: str) -> Record:
    size, orientation = label_frame(record.path, where, record.size, True, None)
    boxes = turn_boxes(record.boxes, size, orientation)
    return replace(record, size=turned_size(size, orientation), boxes=boxes)


def _read_folders(
    source: Path,
    parts: dict[str, Path],
    options: ReadOptions,
    faults: Faults,
    only: Collection[str] | None,
) -> dict[str, list[Record]]:
    """Read the folders of splits, or one folder and the splits that it states."""
    folder_of: dict[Path, Path] = {}
    images: list[LabeledImage] = []
    heads: list[LabeledImage] = []
    for name, path in parts.items():
        found = _labeled_images(path, options, faults)
        folder_of.update((labeled.image, path) for labeled in found)
        (heads if name == HEADS else images).extend(found)
    if "" not in parts and not only:
        inside = {image for folder in parts.values() for image in walk_files(folder, SUFFIXES)}
        _note_unlabeled(source, inside, faults)
    divided = {"": images} if options.ignore_splits else divide(images, source, faults)
    divided = {**divided, HEADS: heads} if heads else divided
    return {
        split: [
            record
            for folder in dict.fromkeys(folder_of[labeled.image] for labeled in part)
            for record in _records(
                [labeled for labeled in part if folder_of[labeled.image] == folder],
                folder, replace(options, subset=options.subset or source.name), faults,
            )
        ]
        for split, part in divided.items()
        if not only or split in only or not split
    }  # fmt: skip


def _labeled_images(folder: Path, options: ReadOptions, faults: Faults) -> list[LabeledImage]:
    """The labeled images of a folder; those with two label files are faults."""
    format_name = options.format_name or recognize_format(folder, options.names)
    left_out = faults.left_out
    if format_name == "classes":
        found = class_folders.read(folder, faults, options.names, options.face)
    else:
        found = READERS[format_name](folder, faults)
    images = list(
        tqdm(found, desc=f"{folder.name} ({format_name})", unit="image", leave=False, delay=1)
    )
    if not images and not faults.errors:
        raise ValueError(
            f"there are no labeled images in {folder}: its label files ({format_name}) list none; "
            "check the folder, or name the format with --from"
        )
    if faults.left_out == left_out:
        _note_unlabeled(folder, {labeled.image for labeled in images}, faults)
    return _without_doubles(images, faults)


def _note_unlabeled(folder: Path, labeled: Collection[Path], faults: Faults) -> None:
    for path in walk_files(folder, SUFFIXES):
        if path not in labeled:
            faults.note(UNLABELED, str(path))


def _without_doubles(images: Sequence[LabeledImage], faults: Faults) -> list[LabeledImage]:
    of_path: dict[Path, list[LabeledImage]] = defaultdict(list)
    for labeled in images:
        of_path[labeled.image].append(labeled)
    for path, several in of_path.items():
        if len(several) > 1:
            where = " and ".join(labeled.where for labeled in several)
            faults.errors.append(
                LabelError(TWO_LABELS, f"{path} is labeled by {where}; remove all but one")
            )
            faults.left_out += 1
    return [several[0] for several in of_path.values() if len(several) == 1]


def _records(
    images: Iterable[LabeledImage], folder: Path, options: ReadOptions, faults: Faults
) -> list[Record]:
    subset = options.subset or folder.name
    made = [
        make_record(labeled, folder, subset, options.names, options.turn, faults)
        for labeled in tqdm(
            images, desc=f"{folder.name} (sizes)", unit="image", leave=False, delay=1
        )
    ]
    return [record for record in made if record]


def _without_two_lines(parts: dict[str, list[Record]], faults: Faults) -> dict[str, list[Record]]:
    """The parts without images that are in one of them twice."""
    kept = {}
    for part, records in parts.items():
        lines = Counter(record.path for record in records)
        for path, count in lines.items():
            if count > 1:
                message = f"{path} is labeled by {count} lines; remove all but one"
                faults.errors.append(LabelError(TWO_LINES, message))
                faults.left_out += 1
        kept[part] = [record for record in records if lines[record.path] == 1]
    return kept


def _without_repeats(parts: dict[str, list[Record]], faults: Faults) -> dict[str, list[Record]]:
    """The parts; the splits without images that are in a split before."""
    split_of: dict[Path, str] = {}
    kept: dict[str, list[Record]] = {split: [] for split in parts}
    for split, records in parts.items():
        for record in records:
            other = split_of.setdefault(record.path, split) if split in SPLITS else split
            if other == split:
                kept[split].append(record)
                continue
            message = f"{record.path} is in {other} and in {split}; remove it from one of them"
            faults.errors.append(LabelError(TWO_SPLITS, message))
            faults.left_out += 1
    return kept
