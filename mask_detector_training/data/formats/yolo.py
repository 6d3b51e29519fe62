# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YOLO labels: one text file per picture, one face per line.

A line is ``class x y w h``: number of the class, center and size as shares of the picture. The
names of the classes stand in ``classes.txt``, ``obj.names`` or ``data.yaml``. Label files lie
beside their pictures, or in ``labels`` where the pictures lie in ``images``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import yaml

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.image_files import PictureFinder, measure, read_label_text
from mask_detector_training.data.formats.record import (
    STATUSES,
    Record,
    box_inside,
    own_group,
    stack_boxes,
)

LABELS, PICTURES = "labels", "images"
NAME_FILES = ("classes.txt", "obj.names", "data.yaml")


def class_file(folder: Path) -> Path | None:
    """The file that names the classes: in the folder, its ``labels``, or the folder above."""
    for place in (folder, folder / LABELS, folder.parent):
        for name in NAME_FILES:
            if (place / name).is_file():
                return place / name
    return None


def label_files(folder: Path) -> list[Path]:
    """The text files in ``labels`` folders if there are any, else all but ``classes.txt``."""
    files = [path for path in sorted(folder.rglob("*.txt")) if path.name not in NAME_FILES]
    in_labels = [path for path in files if LABELS in path.relative_to(folder).parts]
    return in_labels or files


def read(folder: Path, part: str, names: ClassNames) -> Iterator[Record]:
    """Every labeled picture of a folder; those without a text file are left out.

    Raises:
        ValueError: a file is not what is expected, or its picture is missing (says which).
    """
    naming = class_file(folder)
    if naming is None:
        raise ValueError(
            f"{folder} holds YOLO labels, but no file that names their classes; expected "
            f"{', '.join(NAME_FILES)} in it or in the folder above"
        )
    words = _class_names(naming)
    finder = PictureFinder()
    for file in label_files(folder):
        picture = finder.find(file.stem, _places(file, folder))
        if picture is None:
            raise ValueError(
                f"{file}: its picture is neither beside it nor in {PICTURES}/; add the picture or "
                "remove the file"
            )
        size = measure(picture)
        boxes, statuses = [], []
        for number, line in enumerate(read_label_text(file).split("\n"), start=1):
            if line.strip():
                where = f"{file} line {number}"
                index, shares = _row(where, line)
                if not 0 <= index < len(words):
                    raise ValueError(
                        f"{where}: class number {index}, but {naming} names {len(words)} classes "
                        f"(0 to {len(words) - 1})"
                    )
                statuses.append(names.status(words[index], naming))
                corner = np.concatenate([shares[:2] - shares[2:] / 2, shares[2:]])
                boxes.append(box_inside(where, corner * np.tile(size, 2), size))
        yield Record(
            path=picture,
            folder=part,
            heads=False,
            source=part,
            group=own_group(folder, picture.stem),
            size=size,
            boxes=stack_boxes(boxes),
            statuses=tuple(statuses),
            name=picture.relative_to(folder.parent).as_posix(),
        )


def _places(file: Path, folder: Path) -> list[Path]:
    """Where the picture of a label file may lie: beside it, or in ``images`` for ``labels``."""
    parts = file.parent.relative_to(folder).parts
    swapped = [PICTURES if name == LABELS else name for name in parts]
    return [folder.joinpath(*swapped), file.parent]


def _row(where: str, line: str) -> tuple[int, FloatArray]:
    columns = line.split()
    if len(columns) != 5:
        raise ValueError(
            f"{where}: {len(columns)} columns; expected 5: class number, center x, center y, "
            "width, height"
        )
    try:
        return int(columns[0]), np.array([float(text) for text in columns[1:]])
    except ValueError as error:
        raise ValueError(
            f"{where}: {error}; expected a whole class number and four shares of the picture"
        ) from error


def _class_names(file: Path) -> list[str]:
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
        raise ValueError(f"{file} does not name the classes: {error!r}; expected names") from error
    raise ValueError(f"{file}: names must be a list, not {listed!r}")


def write(folder: Path, records: Sequence[Record]) -> None:
    """Write ``labels/*.txt`` for pictures that lie in ``images``, and the classes' names.

    Boxes are clipped to the picture, as the trainers of YOLO ask for. Sources and groups are
    lost: the format has no place for them.
    """
    for record in records:
        lines = []
        for box, status in zip(record.boxes, record.statuses, strict=True):
            low = np.clip(box[:2], 0, record.size)
            high = np.clip(box[:2] + box[2:], 0, record.size)
            shares = np.concatenate([(low + high) / 2, high - low]) / np.tile(record.size, 2)
            numbers = " ".join(f"{share:.6f}" for share in shares)
            lines.append(f"{STATUSES.index(status)} {numbers}\n")
        write_whole(folder / LABELS / f"{record.path.stem}.txt", "".join(lines))
    # LabelImg looks for the names beside the labels.
    write_whole(folder / LABELS / "classes.txt", "\n".join(STATUSES) + "\n")


def describe(folder: Path, parts: Sequence[str]) -> None:
    """Write the ``data.yaml`` that trainers of YOLO read; ``""`` is the folder itself."""
    content: dict[str, object] = {
        part or "train": (Path(part) / PICTURES).as_posix() for part in parts
    }
    content["names"] = dict(enumerate(STATUSES))
    write_whole(folder / "data.yaml", yaml.safe_dump(content, sort_keys=False))
