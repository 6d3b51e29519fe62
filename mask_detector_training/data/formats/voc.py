# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PASCAL VOC labels as LabelImg writes them: one XML file per image.

The XML files are beside the images, or in ``Annotations`` next to ``JPEGImages`` or ``images``.
Coordinates start at 0; ``xmax`` and ``ymax`` are the far edges of the box, as in LabelImg.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.image_files import ImageFinder, image_size
from mask_detector_training.data.formats.record import (
    Record,
    clip_box,
    default_group,
    stack_boxes,
)

LABELS, IMAGES = "Annotations", "JPEGImages"


def label_files(folder: Path) -> list[Path]:
    """The XML files in a folder and its subfolders."""
    return sorted(folder.rglob("*.xml"))


def read(folder: Path, subset: str, names: ClassNames) -> Iterator[Record]:
    """Read the labeled images of a folder; images without an XML file are skipped.

    Raises:
        ValueError: a file is malformed, or its image is missing (names it).
    """
    finder = ImageFinder()
    for file in label_files(folder):
        yield _record(file, folder, subset, names, finder)


def _record(
    file: Path, folder: Path, subset: str, names: ClassNames, finder: ImageFinder
) -> Record:
    try:
        root = ElementTree.fromstring(file.read_bytes())
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ValueError(f"{file} is not well-formed XML: {error}; write it again") from error
    if root.tag != "annotation":
        raise ValueError(
            f"{file} is not a PASCAL VOC file: expected <annotation>, not <{root.tag}>"
        )
    # The name only: the path in the file may be that of another computer.
    name = (root.findtext("filename") or "").replace("\\", "/").rpartition("/")[2].strip()
    parent = file.parent
    folders = (parent, parent.parent / IMAGES, parent.parent / "images", parent.parent, folder)
    image = (finder.find(name, folders) if name else None) or finder.find(file.stem, folders)
    if image is None:
        raise ValueError(
            f"{file}: its image {name or file.stem!r} is neither beside it nor in "
            f"{IMAGES}/ or images/; add the image or remove the file"
        )
    size = _size(root) or image_size(image)
    boxes, statuses = [], []
    for number, element in enumerate(root.iter("object"), start=1):
        where = f"{file} object {number}"
        statuses.append(names.status(element.findtext("name") or "", file))
        boxes.append(clip_box(where, _box(where, element), size))
    source = (root.findtext("source/database") or "").strip()
    return Record(
        path=image,
        folder=subset,
        heads=False,
        source=subset if source in ("", "Unknown") else source,
        group=(root.findtext("group") or "").strip() or default_group(folder, image.stem),
        size=size,
        boxes=stack_boxes(boxes),
        statuses=tuple(statuses),
        name=image.relative_to(folder.parent).as_posix(),
    )


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """Width and height; None if missing or invalid, as some tools write them."""
    try:
        width, height = (int(root.findtext(f"size/{name}") or 0) for name in ("width", "height"))
    except ValueError:
        return None
    return (width, height) if 0 < min(width, height) <= max(width, height) < 1 << 20 else None


def _box(where: str, element: ElementTree.Element) -> FloatArray:
    texts = [element.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
    try:
        left, top, right, bottom = (float(text or "") for text in texts)
    except ValueError as error:
        raise ValueError(
            f"{where}: expected <bndbox> with numbers xmin, ymin, xmax, ymax, not {texts}"
        ) from error
    return np.array([left, top, right - left, bottom - top])


def write(folder: Path, records: Sequence[Record]) -> None:
    """Write ``Annotations/*.xml`` for images in ``JPEGImages``.

    Edges are rounded to whole pixels and clipped to the image, as LabelImg requires.
    """
    for record in records:
        root = ElementTree.Element("annotation")
        _add(root, "folder", IMAGES)
        _add(root, "filename", record.path.name)
        _add(_add(root, "source"), "database", record.source)
        _add(root, "group", record.group)  # an extension; other tools ignore it
        size = _add(root, "size")
        for name, value in zip(("width", "height", "depth"), (*record.size, 3), strict=True):
            _add(size, name, str(value))
        _add(root, "segmented", "0")
        for box, status in zip(record.boxes, record.statuses, strict=True):
            element = _add(root, "object")
            for name, text in (
                ("name", status), ("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")
            ):  # fmt: skip
                _add(element, name, text)
            outline = _add(element, "bndbox")
            for name, edge in zip(
                ("xmin", "ymin", "xmax", "ymax"), _edges(box, record.size), strict=True
            ):
                _add(outline, name, str(edge))
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="utf-8")
        write_atomically(folder / LABELS / f"{record.path.stem}.xml", text)


def _edges(box: FloatArray, size: tuple[int, int]) -> list[int]:
    """Left, top, right and bottom in whole pixels inside the image, at least a pixel apart."""
    low = np.clip(np.round(box[:2]), 0, np.subtract(size, 1))
    high = np.clip(np.round(box[:2] + box[2:]), low + 1, size)
    return [int(edge) for edge in (*low, *high)]


def _add(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text
    return child
