# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels in CSV files: one line per face.

Known are the columns ``filename,width,height,class,xmin,ymin,xmax,ymax`` of many converters from
PASCAL VOC, in any order if the first line names them, ``path,x1,y1,x2,y2,class`` of
keras-retinanet, and Open Images' ``ImageID,…,LabelName,…,XMin,XMax,YMin,YMax``, whose boxes are
fractions of the image; so are those of a file in which all are at most 1. Columns are separated by
commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import ImageIndex
from mask_detector_training.data.formats.image_reading import WRONG_SIZE
from mask_detector_training.data.formats.labeled_image import LabeledFace, LabeledImage
from mask_detector_training.data.formats.record import BAD_BOX
from mask_detector_training.data.formats.split_names import split_in_stem
from mask_detector_training.data.formats.text_files import MALFORMED, read_label_text
from mask_detector_training.data.formats.tree import walk_files

SUFFIXES = (".csv", ".tsv")
EDGES = ("xmin", "ymin", "xmax", "ymax")
NAMES = {
    "filename": ("filename", "file", "image", "imageid", "imagename", "path", "filepath",
                 "imagepath", "imgname", "img", "imagefilename", "name"),
    "width": ("width", "imagewidth", "imgwidth"),
    "height": ("height", "imageheight", "imgheight"),
    "class": ("class", "classname", "label", "labelname", "category", "name", "classes"),
    "xmin": ("xmin", "x1", "left"),
    "ymin": ("ymin", "y1", "top"),
    "xmax": ("xmax", "x2", "right"),
    "ymax": ("ymax", "y2", "bottom"),
    "group": ("isgroupof",),
}  # fmt: skip
"""Column -> its names in headers, in lower case without punctuation."""
OPEN_IMAGES = "imageid"
"""Name of the image column in Open Images, whose boxes are fractions of the image."""
WITHOUT_HEADER = {
    8: ("filename", "width", "height", "class", *EDGES),
    6: ("filename", *EDGES, "class"),
}
"""Number of columns -> their order in files whose first line names none."""
CROWD = "ignore"
EXPECTED = "expected a first line filename,width,height,class,xmin,ymin,xmax,ymax"


def label_files(folder: Path) -> list[Path]:
    """The CSV files with boxes in a folder and its subfolders."""
    found = []
    for file in walk_files(folder, SUFFIXES):
        try:
            _table(file)
        except LabelError:
            continue  # of another program
        found.append(file)
    return found


def read(folder: Path, faults: Faults) -> Iterator[LabeledImage]:
    """Read the labeled images of a folder; images that no file lists are skipped.

    Raises:
        LabelError: no file has columns that are known.
    """
    index, files = ImageIndex(folder), label_files(folder)
    for file in files or walk_files(folder, SUFFIXES):
        table, split = _table(file), split_in_stem(file.stem)
        of_image: dict[str, list[_Row]] = defaultdict(list)
        for row in table.rows:
            of_image[row.cell("filename")].append(row)
        for name, rows in of_image.items():
            where = rows[0].where
            image = faults.attempt(index.find, name, where, file.parent, split)
            size = faults.attempt(_size, rows)
            labeled = [row for row in rows if row.cell("class") or any(map(row.cell, EDGES))]
            faces = [faults.attempt(_face, row, file) for row in labeled]
            kept = faults.all_or_none([image, size, *faces])
            if kept is not None and image is not None and size is not None:
                yield LabeledImage(
                    image=image, where=where, faces=[face for face in faces if face],
                    size=size.value, fractions=table.fractions,
                    splits={split: file.name} if split else {},
                )  # fmt: skip


@dataclass(frozen=True)
class _Row:
    where: str
    cells: list[str]
    columns: dict[str, int]

    def cell(self, column: str) -> str:
        """The content of a column; "" where the row has none."""
        index = self.columns.get(column, len(self.cells))
        return self.cells[index].strip() if index < len(self.cells) else ""


class _Table(NamedTuple):
    rows: list[_Row]
    fractions: bool


class _Size(NamedTuple):
    value: tuple[int, int] | None


def _table(file: Path) -> _Table:
    """The rows of a file.

    Raises:
        LabelError: it cannot be read, or its columns are not known.
    """
    lines = read_label_text(file).split("\n")
    first = next((line for line in lines if line.strip()), "")
    delimiter = max("\t;,", key=first.count)
    try:
        cells = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise LabelError(MALFORMED, f"{file} is not a CSV file: {error}") from error
    filled = [(n, row) for n, row in enumerate(cells, start=1) if any(map(str.strip, row))]
    header = [_plain(name) for name in filled[0][1]] if filled else []
    columns = {
        column: header.index(name)
        for column, names in NAMES.items()
        for name in reversed(names)
        if name in header
    }
    complete = {"filename", "class", *EDGES} <= set(columns)
    if complete and columns["filename"] != columns["class"]:
        filled = filled[1:]
    else:
        order = WITHOUT_HEADER.get(len(header), ())
        columns = {column: index for index, column in enumerate(order)}
        if not filled or not order or not _fits(filled[0][1], columns):
            raise LabelError(MALFORMED, f"{file} line 1: columns are not known; {EXPECTED}")
    rows = [_Row(f"{file} line {number}", row, columns) for number, row in filled]
    return _Table(rows, OPEN_IMAGES in header or _are_fractions(rows))


def _are_fractions(rows: list[_Row]) -> bool:
    """Whether no box of a file is larger than a pixel, so that all are fractions."""
    edges = [row.cell(name) for row in rows for name in EDGES if row.cell(name)]
    return bool(edges) and all(_is_number(edge) and 0 <= float(edge) <= 1 for edge in edges)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _fits(cells: list[str], columns: dict[str, int]) -> bool:
    """Whether the first line of a file without a header has numbers where they belong."""
    numbers = [cells[columns[c]].strip() for c in columns if c not in ("filename", "class")]
    text = cells[columns["class"]].strip()
    return all(map(_is_number, filter(None, numbers))) and not _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _size(rows: list[_Row]) -> _Size:
    """The size that all rows of an image state."""
    stated = {(row.cell("width"), row.cell("height")) for row in rows}
    if len(stated) > 1:
        shown = " and ".join(f"{width} x {height}" for width, height in sorted(stated))
        raise LabelError(WRONG_SIZE, f"{rows[0].where}: lines of the image have sizes {shown}")
    try:
        width, height = (int(float(text)) for text in stated.pop())
    except (ValueError, OverflowError):
        return _Size(None)
    return _Size((width, height) if min(width, height) > 0 else None)


def _face(row: _Row, file: Path) -> LabeledFace:
    texts = [row.cell(name) for name in EDGES]
    try:
        left, top, right, bottom = map(float, texts)
    except ValueError as error:
        raise LabelError(
            BAD_BOX, f"{row.where}: expected numbers xmin, ymin, xmax, ymax, not {texts}"
        ) from error
    name = CROWD if row.cell("group") == "1" else row.cell("class")
    return LabeledFace(row.where, name, file, np.array([left, top, right - left, bottom - top]))
