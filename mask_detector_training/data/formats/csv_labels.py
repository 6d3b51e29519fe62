# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels in CSV files: one line per face.

Known are the columns ``filename,width,height,class,xmin,ymin,xmax,ymax`` of many converters from
PASCAL VOC, in any order if the first line names them, ``path,x1,y1,x2,y2,class`` of
keras-retinanet, ``class,x,y,width,height,filename,…`` of makesense.ai, and Open Images'
``ImageID,…,LabelName,…,XMin,XMax,YMin,YMax``, whose boxes are fractions of the image; so are those
of a file in which all are at most about 1. Columns are separated by commas, semicolons or tabs.
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

from mask_detector_training.data.formats.boxes import FRACTION_LIMIT
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import ImageIndex
from mask_detector_training.data.formats.image_reading import WRONG_SIZE
from mask_detector_training.data.formats.image_size import stated_size
from mask_detector_training.data.formats.labeled_image import CROWD, LabeledFace, LabeledImage
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
    "xmin": ("xmin", "x1", "left", "x", "bboxx", "boxx"),
    "ymin": ("ymin", "y1", "top", "y", "bboxy", "boxy"),
    "xmax": ("xmax", "x2", "right"),
    "ymax": ("ymax", "y2", "bottom"),
    "boxwidth": ("w", "bboxwidth", "boxwidth", "bboxw", "boxw"),
    "boxheight": ("h", "bboxheight", "boxheight", "bboxh", "boxh"),
    "group": ("isgroupof",),
}  # fmt: skip
"""Column -> its names in headers, in lower case without punctuation."""
OPEN_IMAGES = "imageid"
"""Name of the image column in Open Images, whose boxes are fractions of the image."""
SIDES = ("xmin", "ymin", "boxwidth", "boxheight")
"""The columns of boxes that have a corner and a size."""
WITHOUT_HEADER = (
    ("filename", "width", "height", "class", *EDGES),
    ("class", *SIDES, "filename", "width", "height"),
    ("filename", *EDGES, "class"),
)
"""Orders of the columns in files whose first line names none."""
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
        if faults.attempt(_check_corner, file, table) is None:
            continue
        of_image: dict[str, list[_Row]] = defaultdict(list)
        for row in table.rows:
            of_image[row.cell("filename")].append(row)
        for name, rows in of_image.items():
            where = rows[0].where
            image = faults.attempt(index.find, name, where, file.parent, split)
            size = faults.attempt(_size, rows)
            labeled = [row for row in rows if row.is_face]
            faces = [faults.attempt(_face, row, file) for row in labeled]
            if size is None:
                faces.append(None)
            if image is None:
                faults.left_out += 1
                continue
            yield LabeledImage(
                image=image, where=where, faces=faces,
                size=size.value if size else None, fractions=table.fractions,
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

    @property
    def is_face(self) -> bool:
        """Whether the row labels a face; if not, it names an image without faces."""
        return bool(self.cell("class")) or any(map(self.cell, self.box_columns))

    @property
    def box_columns(self) -> tuple[str, ...]:
        """The columns of the box."""
        return SIDES if "boxwidth" in self.columns else EDGES


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
    columns = _named(header)
    if columns:
        filled = filled[1:]
    else:
        orders = ({c: i for i, c in enumerate(o)} for o in WITHOUT_HEADER if len(o) == len(header))
        columns = next((order for order in orders if _fits(filled[0][1], order)), {})
    if not columns:
        raise LabelError(MALFORMED, f"{file} line 1: columns are not known; {EXPECTED}")
    rows = [_Row(f"{file} line {number}", row, columns) for number, row in filled]
    return _Table(rows, OPEN_IMAGES in header or _are_fractions(rows))


def _check_corner(file: Path, table: _Table) -> bool:
    if table.fractions and table.rows[0].box_columns == SIDES:
        raise LabelError(
            MALFORMED,
            f"{file}: x and y of boxes in fractions of the image can be their corner or their "
            "center; write xmin, ymin, xmax, ymax",
        )
    return True


def _named(header: list[str]) -> dict[str, int]:
    """Column -> index in a first line; empty if it does not name all that are needed."""
    columns = {
        column: header.index(name)
        for column, names in NAMES.items()
        for name in reversed(names)
        if name in header
    }
    if not {"xmax", "ymax"} <= set(columns):
        # Without other columns of the box, the size in a row is that of the box.
        for side, size in (("boxwidth", "width"), ("boxheight", "height")):
            if side not in columns and size in header:
                columns[side] = header.index(size)
                columns.pop(size)
    box = EDGES if {"xmax", "ymax"} <= set(columns) else SIDES
    wanted = {"filename", "class", *box}
    unwanted = {*EDGES, *SIDES} - wanted
    if not wanted <= set(columns) or columns["filename"] == columns["class"]:
        return {}
    return {column: index for column, index in columns.items() if column not in unwanted}


def _are_fractions(rows: list[_Row]) -> bool:
    """Whether no box of a file is larger than a pixel, so that all are fractions."""
    numbers = [row.cell(name) for row in rows for name in row.box_columns if row.cell(name)]
    return bool(numbers) and all(
        _is_number(number) and 1 - FRACTION_LIMIT <= float(number) <= FRACTION_LIMIT
        for number in numbers
    )


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
    return _Size(stated_size(*stated.pop()))


def _face(row: _Row, file: Path) -> LabeledFace:
    texts = [row.cell(name) for name in row.box_columns]
    try:
        left, top, right, bottom = map(float, texts)
    except ValueError as error:
        expected = "xmin, ymin, xmax, ymax" if row.box_columns == EDGES else "x, y, width, height"
        raise LabelError(
            BAD_BOX, f"{row.where}: expected numbers {expected}, not {texts}"
        ) from error
    name = CROWD if row.cell("group") == "1" else row.cell("class")
    box = np.array([left, top, right, bottom])
    if row.box_columns == EDGES:
        box[2:] -= box[:2]
    return LabeledFace(row.where, name, file, box)
