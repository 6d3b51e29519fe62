# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""COCO labels: a JSON file with ``images``, ``annotations`` and ``categories``.

Boxes are x, y, width, height in pixels; an annotation without a box may have polygons instead.
Crowds (``iscrowd``) get the status ``ignore``. See https://cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.formats.boxes import enclosing_box
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import ImageIndex, have_folders
from mask_detector_training.data.formats.image_size import stated_size
from mask_detector_training.data.formats.labeled_image import CROWD, LabeledFace, LabeledImage
from mask_detector_training.data.formats.record import BAD_BOX
from mask_detector_training.data.formats.split_names import split_in_stem
from mask_detector_training.data.formats.text_files import MALFORMED, read_label_text
from mask_detector_training.data.formats.tree import walk_files

KEYS = ("images", "annotations", "categories")
SAME_ID = "images or categories with the same id"
DANGLING = "annotation of an image or a category that does not exist"


def load_json(file: Path) -> Any:
    """The content of a JSON file.

    Raises:
        LabelError: it cannot be read; names line and column.
    """
    try:
        return json.loads(read_label_text(file))
    except json.JSONDecodeError as error:
        raise LabelError(
            MALFORMED,
            f"{file} line {error.lineno} column {error.colno}: {error.msg}; it is no complete "
            "JSON file, write it again",
        ) from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, LabelError):
            raise
        raise LabelError(MALFORMED, f"{file} is not a JSON file: {error!r}") from error


def is_coco(content: object) -> bool:
    """Whether JSON content is that of COCO labels."""
    if not isinstance(content, dict) or "images" not in content:
        return False
    entries = content.get("annotations")
    first = entries[0] if isinstance(entries, list) and entries else None
    captions = isinstance(first, dict) and "caption" in first
    return "annotations" in content and not captions


def label_files(folder: Path) -> list[Path]:
    """The JSON files of COCO labels in a folder and its subfolders, by content or name."""
    found = []
    for file in walk_files(folder, [".json"]):
        named = file.name.lower().startswith(("instances_", "_annotations.coco"))
        try:
            content = None if named else load_json(file)
        except LabelError:
            continue  # of another program
        if named or is_coco(content):
            found.append(file)
    return found


def read(folder: Path, faults: Faults) -> Iterator[LabeledImage]:
    """Read the labeled images of a folder; images that no file lists are skipped."""
    index = ImageIndex(folder)
    for file in label_files(folder):
        labels = faults.attempt(_Labels, file)
        if labels is not None:
            yield from labels.read(index, faults)


class _Labels:
    """One file of COCO labels."""

    def __init__(self, file: Path) -> None:
        content = load_json(file)
        for key in KEYS:
            entries = content.get(key) if isinstance(content, dict) else None
            if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
                raise LabelError(
                    MALFORMED, f"{file}: {key!r} must be a list of objects; is it a COCO file?"
                )
        self._file = file
        self._images: list[dict[str, Any]] = content["images"]
        self._whole_paths = have_folders(image.get("file_name") for image in self._images)
        self._annotations: list[dict[str, Any]] = content["annotations"]
        self._categories: dict[str, str] = {}
        for category in content["categories"]:
            key, name = _id(category.get("id")), str(category.get("name"))
            other = self._categories.setdefault(key, name)
            if other != name:
                raise LabelError(
                    SAME_ID,
                    f"{file}: the categories {other!r} and {name!r} have the same id {key}; give "
                    "each its own",
                )

    def read(self, index: ImageIndex, faults: Faults) -> Iterator[LabeledImage]:
        split = split_in_stem(self._file.stem)
        ids = Counter(_id(image.get("id")) for image in self._images)
        of_image: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for number, annotation in enumerate(self._annotations):
            where = f"{self._file} annotation {annotation.get('id', f'number {number}')}"
            image_id = _id(annotation.get("image_id"))
            if image_id not in ids:
                faults.errors.append(
                    LabelError(DANGLING, f"{where}: there is no image with the id {image_id}")
                )
            of_image[image_id].append((where, annotation))
        for image in self._images:
            where = f"{self._file} image {image.get('id')}"
            path = faults.attempt(self._path, image, where, index, split, ids)
            entries = of_image[_id(image.get("id"))]
            faces = [faults.attempt(self._face, *entry) for entry in entries]
            if path is None:
                faults.left_out += 1
                continue
            yield LabeledImage(
                image=path, where=where, faces=faces,
                size=stated_size(image.get("width"), image.get("height")),
                splits={split: self._file.name} if split else {},
            )  # fmt: skip

    def _path(
        self,
        image: dict[str, Any],
        where: str,
        index: ImageIndex,
        split: str | None,
        ids: Counter[str],
    ) -> Path:
        name = image.get("file_name")
        if not isinstance(name, str) or not name.strip():
            raise LabelError(MALFORMED, f"{where} has no file_name")
        count = ids[_id(image.get("id"))]
        if count > 1:
            raise LabelError(
                SAME_ID,
                f"{where} ({name}): {count} images have this id, so that it is not known whose "
                "the annotations are; give each its own",
            )
        return index.find(name, where, self._file.parent, split, whole_paths=self._whole_paths)

    def _face(self, where: str, annotation: dict[str, Any]) -> LabeledFace:
        category = _id(annotation.get("category_id"))
        if category not in self._categories:
            raise LabelError(DANGLING, f"{where}: there is no category with the id {category}")
        name = CROWD if annotation.get("iscrowd") == 1 else self._categories[category]
        return LabeledFace(where, name, self._file, _box(where, annotation))


def _id(value: object) -> str:
    """An id for comparison: some tools write the same one as a number and as text."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _box(where: str, annotation: dict[str, Any]) -> FloatArray:
    """The box of an annotation, else the one around its polygons."""
    box, polygons = annotation.get("bbox"), annotation.get("segmentation")
    try:
        if box:
            return np.array(box, np.float64).reshape(4)
        if isinstance(polygons, list) and polygons:
            points = np.concatenate([np.array(p, np.float64).reshape(-1, 2) for p in polygons])
            return enclosing_box(points)
    except (TypeError, ValueError, OverflowError) as error:
        raise LabelError(
            BAD_BOX, f"{where}: expected bbox with four numbers x, y, width, height, not {box!r}"
        ) from error
    raise LabelError(BAD_BOX, f"{where} has neither bbox nor polygons; draw the box")
