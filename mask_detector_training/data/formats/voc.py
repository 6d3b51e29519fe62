# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PASCAL VOC labels as LabelImg writes them: one XML file per picture.

The XML files lie beside the pictures, or in ``Annotations`` next to ``JPEGImages`` or
``images``. Coordinates count from 0, ``xmax`` and ``ymax`` are edges, as in LabelImg.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.image_files import PictureFinder, measure
from mask_detector_training.data.formats.record import (
    Record,
    box_inside,
    own_group,
    stack_boxes,
)

LABELS, PICTURES = "Annotations", "JPEGImages"


def label_files(folder: Path) -> list[Path]:
    """The XML files in ``folder`` and below it."""
    return sorted(folder.rglob("*.xml"))


def read(folder: Path, part: str, names: ClassNames) -> Iterator[Record]:
    """Every labeled picture of a folder; pictures without an XML file are left out.

    Raises:
        ValueError: a file is not what is expected, or its picture is missing (says which).
    """
    finder = PictureFinder()
    for file in label_files(folder):
        yield _record(file, folder, part, names, finder)


def _record(
    file: Path, folder: Path, part: str, names: ClassNames, finder: PictureFinder
) -> Record:
    try:
        root = ElementTree.fromstring(file.read_bytes())
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ValueError(f"{file} is not well-formed XML: {error}; write it again") from error
    if root.tag != "annotation":
        raise ValueError(f"{file} is no PASCAL VOC file: expected <annotation>, not <{root.tag}>")
    # Only the name: the path in the file is that of another machine.
    named = (root.findtext("filename") or "").replace("\\", "/").rpartition("/")[2].strip()
    beside = file.parent
    around = (beside, beside.parent / PICTURES, beside.parent / "images", beside.parent, folder)
    picture = (finder.find(named, around) if named else None) or finder.find(file.stem, around)
    if picture is None:
        raise ValueError(
            f"{file}: its picture {named or file.stem!r} is neither beside it nor in "
            f"{PICTURES}/ or images/; add the picture or remove the file"
        )
    size = _size(root) or measure(picture)
    boxes, statuses = [], []
    for number, thing in enumerate(root.iter("object"), start=1):
        where = f"{file} object {number}"
        statuses.append(names.status(thing.findtext("name") or "", file))
        boxes.append(box_inside(where, _box(where, thing), size))
    source = (root.findtext("source/database") or "").strip()
    return Record(
        path=picture,
        folder=part,
        heads=False,
        source=part if source in ("", "Unknown") else source,
        group=(root.findtext("group") or "").strip() or own_group(folder, picture.stem),
        size=size,
        boxes=stack_boxes(boxes),
        statuses=tuple(statuses),
        name=picture.relative_to(folder.parent).as_posix(),
    )


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """Width and height; some tools leave them out or write 0 or nonsense."""
    try:
        width, height = (int(root.findtext(f"size/{name}") or 0) for name in ("width", "height"))
    except ValueError:
        return None
    return (width, height) if 0 < min(width, height) <= max(width, height) < 1 << 20 else None


def _box(where: str, thing: ElementTree.Element) -> FloatArray:
    texts = [thing.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
    try:
        left, top, right, bottom = (float(text or "") for text in texts)
    except ValueError as error:
        raise ValueError(
            f"{where}: expected <bndbox> with numbers xmin, ymin, xmax, ymax, not {texts}"
        ) from error
    return np.array([left, top, right - left, bottom - top])


def write(folder: Path, records: Sequence[Record]) -> None:
    """Write ``Annotations/*.xml`` for pictures that lie in ``JPEGImages``.

    Edges are rounded to whole pixels and clipped to the picture, as LabelImg needs them.
    """
    for record in records:
        root = ElementTree.Element("annotation")
        _add(root, "folder", PICTURES)
        _add(root, "filename", record.path.name)
        _add(_add(root, "source"), "database", record.source)
        _add(root, "group", record.group)  # not part of VOC; other tools pass over it
        size = _add(root, "size")
        for name, value in zip(("width", "height", "depth"), (*record.size, 3), strict=True):
            _add(size, name, str(value))
        _add(root, "segmented", "0")
        for box, status in zip(record.boxes, record.statuses, strict=True):
            thing = _add(root, "object")
            for name, text in (
                ("name", status), ("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")
            ):  # fmt: skip
                _add(thing, name, text)
            outline = _add(thing, "bndbox")
            for name, edge in zip(
                ("xmin", "ymin", "xmax", "ymax"), _edges(box, record.size), strict=True
            ):
                _add(outline, name, str(edge))
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="utf-8")
        write_whole(folder / LABELS / f"{record.path.stem}.xml", text)


def _edges(box: FloatArray, size: tuple[int, int]) -> list[int]:
    """Whole left, top, right, bottom in the picture, at least a pixel apart."""
    low = np.clip(np.round(box[:2]), 0, np.subtract(size, 1))
    high = np.clip(np.round(box[:2] + box[2:]), low + 1, size)
    return [int(edge) for edge in (*low, *high)]


def _add(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text
    return child
