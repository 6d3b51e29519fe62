# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YOLO labels: one text file per image, one face per line.

A line is ``class x y w h``: class index, center and size as fractions of the image; further forms
are in ``yolo_rows``, the files of class names in ``class_files``. Label files are beside their
images, or in ``labels`` where the images are in ``images``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import yaml

from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.data.formats.class_files import (
    ClassFile,
    is_class_list,
    read_class_file,
)
from mask_detector_training.data.formats.class_names import written_name
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import ImageFinder, only_image
from mask_detector_training.data.formats.image_reading import image_header
from mask_detector_training.data.formats.labeled_image import LabeledFace, LabeledImage
from mask_detector_training.data.formats.record import STATUSES, Record
from mask_detector_training.data.formats.split_names import split_named
from mask_detector_training.data.formats.text_files import read_label_text
from mask_detector_training.data.formats.tree import walk_files
from mask_detector_training.data.formats.yolo_rows import BAD_ROW, parse_row

LABELS, IMAGES = "labels", "images"
CLASSES = tuple(written_name(status) for status in STATUSES)
"""Class names of written labels."""
PASSED_OVER = "text files that are no labels were passed over"
CONFIDENCES = (
    "label files with a confidence at the end of rows, as a model writes them; they are taken as "
    "labels all the same, so look whether they are right"
)


def label_files(folder: Path, faults: Faults | None = None) -> list[Path]:
    """The label files in a folder and its subfolders.

    A text file is one if an image belongs to it, or its first line looks like a row; lists of
    images, class names and READMEs are not. ``faults`` gets a note on what was passed over.
    """
    finder, found = ImageFinder(), []
    for file in walk_files(folder, [".txt"]):
        if is_class_list(file):
            continue
        if finder.of_label_file(file, folder) or _looks_like_rows(file, folder):
            found.append(file)
        elif faults is not None and not split_named(file.stem):
            faults.note(PASSED_OVER, str(file))
    return found


def has_image(files: Iterable[Path], folder: Path) -> bool:
    """Whether an image belongs to one of the label files."""
    finder = ImageFinder()
    return any(finder.of_label_file(file, folder) for file in files)


def _looks_like_rows(file: Path, folder: Path) -> bool:
    """Whether a file without an image can be the label file of one that is missing."""
    try:
        text = read_label_text(file)
    except LabelError:
        return True  # the reader names what is wrong with it
    first = text.strip().partition("\n")[0].split()
    if not first:
        return LABELS in file.relative_to(folder).parts
    try:
        return len([float(column) for column in first]) >= 5
    except ValueError:
        return False


def read(folder: Path, faults: Faults) -> Iterator[LabeledImage]:
    """Read the labeled images of a folder; images without a text file are skipped.

    Raises:
        ValueError: there are no class names, or two files state different ones.
    """
    class_file, finder = read_class_file(folder), ImageFinder()
    for file in label_files(folder, faults):
        found = finder.of_label_file(file, folder)
        places = f"neither beside it nor in {IMAGES}/"
        image = faults.attempt(only_image, found, str(file), "", places)
        text = faults.attempt(read_label_text, file)
        if image is None or text is None:
            faults.left_out += 1
            if image is not None:
                faults.attempt(image_header, image)
            continue
        lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
        faces = [
            faults.attempt(_face, file, number, line, class_file, faults) for number, line in lines
        ]
        yield LabeledImage(image=image, where=str(file), faces=faces, fractions=True)


def _face(file: Path, number: int, line: str, class_file: ClassFile, faults: Faults) -> LabeledFace:
    where = f"{file} line {number}"
    row = parse_row(where, line, class_file.keypoints)
    names = class_file.names
    if row.class_index not in names:
        raise LabelError(
            BAD_ROW,
            f"{where}: class index {row.class_index}, but {class_file.path} has {len(names)} "
            f"classes ({min(names, default=0)} to {max(names, default=0)})",
        )
    if row.confidence:
        faults.note(CONFIDENCES, where)
    corner = np.concatenate([row.box[:2] - row.box[2:] / 2, row.box[2:]])
    return LabeledFace(where, names[row.class_index], class_file.path, corner)


def write(folder: Path, records: Sequence[Record]) -> None:
    """Write ``labels/*.txt`` for images in ``images``, and the class names.

    Boxes are clipped to the image, as YOLO trainers require. The format has no sources and
    groups, so they are lost.
    """
    for record in records:
        lines = []
        for box, status in zip(record.boxes, record.statuses, strict=True):
            low = np.clip(box[:2], 0, record.size)
            high = np.clip(box[:2] + box[2:], 0, record.size)
            fractions = np.concatenate([(low + high) / 2, high - low]) / np.tile(record.size, 2)
            numbers = " ".join(f"{value:.6f}" for value in fractions)
            lines.append(f"{STATUSES.index(status)} {numbers}\n")
        write_atomically(folder / LABELS / f"{record.path.stem}.txt", "".join(lines))
    # LabelImg reads the names beside the labels.
    write_atomically(folder / LABELS / "classes.txt", "\n".join(CLASSES) + "\n")


def write_data_yaml(folder: Path, parts: Sequence[str]) -> None:
    """Write the ``data.yaml`` that YOLO trainers read; the part ``""`` is the folder itself."""
    content: dict[str, object] = {
        part or "train": (Path(part) / IMAGES).as_posix() for part in parts
    }
    content["names"] = dict(enumerate(CLASSES))
    write_atomically(folder / "data.yaml", yaml.safe_dump(content, sort_keys=False))
