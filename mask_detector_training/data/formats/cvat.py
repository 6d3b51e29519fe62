# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CVAT labels: the XML file of "CVAT for images 1.1".

Boxes are ``xtl``, ``ytl``, ``xbr``, ``ybr`` in pixels; a rotated box, a polygon or a mask
gives the box around it. See https://docs.cvat.ai/docs/manual/advanced/formats/.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.formats.boxes import enclosing_box, rotated_corners
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import ImageIndex, have_folders
from mask_detector_training.data.formats.image_size import stated_size
from mask_detector_training.data.formats.labeled_image import LabeledFace, LabeledImage
from mask_detector_training.data.formats.record import BAD_BOX
from mask_detector_training.data.formats.split_names import split_named
from mask_detector_training.data.formats.text_files import MALFORMED
from mask_detector_training.data.formats.tree import walk_files
from mask_detector_training.data.formats.xml_files import parse_xml, root_tag

ROOT = "annotations"
OTHER_SHAPE = "shape that is no box"
TAG = "tag"
SHAPES = ("box", "polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton", TAG)
TAGGED = "images with tags of the whole image, which are no labels of faces, beside their boxes"


def label_files(folder: Path) -> list[Path]:
    """The XML files of CVAT in a folder and its subfolders."""
    return [file for file in walk_files(folder, [".xml"]) if root_tag(file) == ROOT]


def read(folder: Path, faults: Faults) -> Iterator[LabeledImage]:
    """Read the labeled images of a folder; images that no file lists are skipped."""
    index = ImageIndex(folder)
    for file in label_files(folder):
        root = faults.attempt(_parse, file)
        elements = list(root.iter("image")) if root is not None else []
        whole_paths = have_folders(element.get("name") for element in elements)
        for number, element in enumerate(elements):
            name = element.get("name", "")
            where = f"{file} image {name or number}"
            split = split_named(element.get("subset", ""))
            image = faults.attempt(
                index.find, name, where, file.parent, split, whole_paths=whole_paths
            )
            shapes = _shapes(element, where, faults)
            faces = [
                faults.attempt(_face, f"{where} {shape.tag} {n}", shape, file)
                for n, shape in enumerate(shapes, start=1)
            ]
            if image is None:
                faults.left_out += 1
                continue
            yield LabeledImage(
                image=image, where=where, faces=faces,
                size=stated_size(element.get("width"), element.get("height")),
                splits={split: f"subset in {file.name}"} if split else {},
            )  # fmt: skip


def _parse(file: Path) -> ElementTree.Element:
    root = parse_xml(file)
    if root.find("track") is not None:
        raise LabelError(
            MALFORMED,
            f"{file} labels a video; export the task again as 'CVAT for images 1.1' or COCO, "
            "with its images",
        )
    return root


def _shapes(element: ElementTree.Element, where: str, faults: Faults) -> list[ElementTree.Element]:
    """The shapes of an image; tags of the whole image count only where there is no shape."""
    shapes = [shape for shape in element if shape.tag in SHAPES]
    drawn = [shape for shape in shapes if shape.tag != TAG]
    if drawn and len(drawn) < len(shapes):
        faults.note(TAGGED, where)
    return drawn or shapes


def _face(where: str, shape: ElementTree.Element, file: Path) -> LabeledFace:
    return LabeledFace(where, shape.get("label", ""), file, _box(where, shape))


def _box(where: str, shape: ElementTree.Element) -> FloatArray:
    try:
        if shape.tag == "polygon":
            pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
            return enclosing_box(np.array(pairs, np.float64).reshape(-1, 2))
        if shape.tag == "mask":
            return np.array([float(shape.get(k, "")) for k in ("left", "top", "width", "height")])
        if shape.tag == "box":
            corners = [float(shape.get(name, "")) for name in ("xtl", "ytl", "xbr", "ybr")]
            box = np.array([*corners[:2], corners[2] - corners[0], corners[3] - corners[1]])
            degrees = float(shape.get("rotation", "0"))
            return enclosing_box(rotated_corners(box, degrees)) if degrees else box
    except ValueError as error:
        raise LabelError(
            BAD_BOX, f"{where}: {error}; expected numbers xtl, ytl, xbr, ybr, or points"
        ) from error
    raise LabelError(
        OTHER_SHAPE, f"{where}: the shape {shape.tag!r} does not show where a face is; draw a box"
    )
