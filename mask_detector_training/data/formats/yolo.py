# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YOLO labels: one text file per image, one face per line.

A line is ``class x y w h``: class index, center and size as fractions of the image. The class
names are in ``classes.txt``, ``obj.names`` or ``data.yaml``. Label files are beside their images,
or in ``labels`` where the images are in ``images``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import yaml

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.image_files import ImageFinder, image_size, read_label_text
from mask_detector_training.data.formats.record import (
    STATUSES,
    Record,
    clip_box,
    default_group,
    stack_boxes,
)

LABELS, IMAGES = "labels", "images"
NAME_FILES = ("classes.txt", "obj.names", "data.yaml")


def class_file(folder: Path) -> Path | None:
    """The file of class names: in the folder, in its ``labels``, or in the folder above."""
    for parent in (folder, folder / LABELS, folder.parent):
        for name in NAME_FILES:
            if (parent / name).is_file():
                return parent / name
    return None


def label_files(folder: Path) -> list[Path]:
    """The text files in ``labels`` folders if there are any, else all except ``classes.txt``."""
    files = [path for path in sorted(folder.rglob("*.txt")) if path.name not in NAME_FILES]
    in_labels = [path for path in files if LABELS in path.relative_to(folder).parts]
    return in_labels or files


def read(folder: Path, subset: str, names: ClassNames) -> Iterator[Record]:
    """Read the labeled images of a folder; images without a text file are skipped.

    Raises:
        ValueError: a file is malformed, or its image is missing (names it).
    """
    names_file = class_file(folder)
    if names_file is None:
        raise ValueError(
            f"{folder} holds YOLO labels, but no file of class names; expected "
            f"{', '.join(NAME_FILES)} in it or in the folder above"
        )
    class_names = _read_class_names(names_file)
    finder = ImageFinder()
    for file in label_files(folder):
        image = finder.find(file.stem, _image_folders(file, folder))
        if image is None:
            raise ValueError(
                f"{file}: its image is neither beside it nor in {IMAGES}/; add the image or "
                "remove the file"
            )
        size = image_size(image)
        boxes, statuses = [], []
        for number, line in enumerate(read_label_text(file).split("\n"), start=1):
            if line.strip():
                where = f"{file} line {number}"
                index, box = _row(where, line)
                if not 0 <= index < len(class_names):
                    raise ValueError(
                        f"{where}: class index {index}, but {names_file} has {len(class_names)} "
                        f"classes (0 to {len(class_names) - 1})"
                    )
                statuses.append(names.status(class_names[index], names_file))
                corner = np.concatenate([box[:2] - box[2:] / 2, box[2:]])
                boxes.append(clip_box(where, corner * np.tile(size, 2), size))
        yield Record(
            path=image,
            folder=subset,
            heads=False,
            source=subset,
            group=default_group(folder, image.stem),
            size=size,
            boxes=stack_boxes(boxes),
            statuses=tuple(statuses),
            name=image.relative_to(folder.parent).as_posix(),
        )


def _image_folders(file: Path, folder: Path) -> list[Path]:
    """Folders of the image of a label file: ``images`` in place of ``labels``, or beside it."""
    parts = file.parent.relative_to(folder).parts
    swapped = [IMAGES if name == LABELS else name for name in parts]
    return [folder.joinpath(*swapped), file.parent]


def _row(where: str, line: str) -> tuple[int, FloatArray]:
    columns = line.split()
    if len(columns) != 5:
        raise ValueError(
            f"{where}: {len(columns)} columns; expected 5: class index, center x, center y, "
            "width, height"
        )
    try:
        return int(columns[0]), np.array([float(text) for text in columns[1:]])
    except ValueError as error:
        raise ValueError(
            f"{where}: {error}; expected a class index and four fractions of the image"
        ) from error


def _read_class_names(file: Path) -> list[str]:
    text = read_label_text(file)
    if file.suffix != ".yaml":
        return [line.strip() for line in text.rstrip().split("\n")]
    try:
        content = yaml.safe_load(text)
        listed = content["names"]
        if isinstance(listed, dict):
            listed = [listed[number] for number in range(len(listed))]
        if isinstance(listed, list):
            return [str(name) for name in listed]
    except (yaml.YAMLError, KeyError, TypeError, RecursionError, ValueError) as error:
        raise ValueError(f"{file} has no class names: {error!r}; expected names") from error
    raise ValueError(f"{file}: names must be a list, not {listed!r}")


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
    write_atomically(folder / LABELS / "classes.txt", "\n".join(STATUSES) + "\n")


def write_data_yaml(folder: Path, parts: Sequence[str]) -> None:
    """Write the ``data.yaml`` that YOLO trainers read; the part ``""`` is the folder itself."""
    content: dict[str, object] = {
        part or "train": (Path(part) / IMAGES).as_posix() for part in parts
    }
    content["names"] = dict(enumerate(STATUSES))
    write_atomically(folder / "data.yaml", yaml.safe_dump(content, sort_keys=False))
