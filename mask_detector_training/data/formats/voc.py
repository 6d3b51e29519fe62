# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PASCAL VOC labels as LabelImg writes them: one XML file per image.

The XML files are beside the images, or in ``Annotations`` next to ``JPEGImages`` or ``images``.
Coordinates start at 0; ``xmax`` and ``ymax`` are the far edges of the box, as in LabelImg.
An XML file belongs to the image of its own stem; ``<filename>`` counts only where there is none,
since it stays as it was when image and XML file are renamed together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.data.formats.class_names import written_name
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import (
    ImageFinder,
    name_key,
    only_image,
    without_suffix,
)
from mask_detector_training.data.formats.image_size import stated_size
from mask_detector_training.data.formats.labeled_image import LabeledFace, LabeledImage
from mask_detector_training.data.formats.record import BAD_BOX, Record
from mask_detector_training.data.formats.text_files import MALFORMED, portable_path
from mask_detector_training.data.formats.tree import walk_files
from mask_detector_training.data.formats.xml_files import parse_xml, root_tag

LABELS, IMAGES = "Annotations", "JPEGImages"
OTHER_ROOTS = ("annotations", "dataset")
"""Root elements of CVAT's and imglab's files."""
STALE_NAME = (
    "XML files whose <filename> is another name than that of the image beside them; each goes "
    "with the image of its own stem"
)


def label_files(folder: Path) -> list[Path]:
    """The XML files in a folder and its subfolders, without those of CVAT and imglab."""
    files = walk_files(folder, [".xml"])
    return [file for file in files if root_tag(file) not in OTHER_ROOTS]


def read(folder: Path, faults: Faults) -> Iterator[LabeledImage]:
    """Read the labeled images of a folder; images without an XML file are skipped."""
    finder = ImageFinder()
    for file in label_files(folder):
        root = faults.attempt(_parse, file)
        if root is None:
            faults.left_out += 1
            continue
        image = faults.attempt(_image, file, root, folder, finder, faults)
        faces = [
            faults.attempt(_face, file, number, element)
            for number, element in enumerate(root.iter("object"), start=1)
        ]
        if image is None:
            faults.left_out += 1
            continue
        source = (root.findtext("source/database") or "").strip()
        yield LabeledImage(
            image=image,
            where=str(file),
            faces=faces,
            # Missing or 0 in the files of some tools.
            size=stated_size(root.findtext("size/width"), root.findtext("size/height")),
            source="" if source == "Unknown" else source,
            group=(root.findtext("group") or "").strip(),
        )


def _parse(file: Path) -> ElementTree.Element:
    root = parse_xml(file)
    if root.tag != "annotation":
        raise LabelError(
            MALFORMED, f"{file} is not a PASCAL VOC file: expected <annotation>, not <{root.tag}>"
        )
    return root


def _image(
    file: Path, root: ElementTree.Element, folder: Path, finder: ImageFinder, faults: Faults
) -> Path:
    parent = file.parent
    folders = [
        *finder.folders_of(file, folder), parent.parent / IMAGES, parent.parent / "images",
        parent.parent if parent != folder else parent, folder,
    ]  # fmt: skip
    # The name only: the path in the file may be that of another computer.
    name = portable_path(root.findtext("filename") or "").name
    found = finder.find(without_suffix(file.stem), folders)
    if found and name:
        named = [path for path in found if name_key(path.name) == name_key(name)]
        if not named and name_key(without_suffix(name)) != name_key(found[0].stem):
            faults.note(STALE_NAME, f"{file} ({name})")
        found = named or found
    elif name:
        found = finder.find(without_suffix(name), folders)
    places = f"neither beside it nor in {IMAGES}/ or images/"
    return only_image(found, str(file), name or file.stem, places)


def _face(file: Path, number: int, element: ElementTree.Element) -> LabeledFace:
    where = f"{file} object {number}"
    if len(element.findall("bndbox")) > 1:
        raise LabelError(
            BAD_BOX, f"{where}: more than one <bndbox>; give each face its own <object>"
        )
    texts = [element.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
    try:
        left, top, right, bottom = (float(text or "") for text in texts)
    except ValueError as error:
        raise LabelError(
            BAD_BOX, f"{where}: expected <bndbox> with numbers xmin, ymin, xmax, ymax, not {texts}"
        ) from error
    box = np.array([left, top, right - left, bottom - top])
    return LabeledFace(where, element.findtext("name") or "", file, box)


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
                ("name", written_name(status)), ("pose", "Unspecified"),
                ("truncated", "0"), ("difficult", "0"),
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
