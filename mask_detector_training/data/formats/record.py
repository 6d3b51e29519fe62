# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A labeled image, independent of the format of its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.image_reading import load_image

FACE = "face"
"""Status of a face whose wear nobody labeled: a face for the detector, nothing for the
classifier."""
STATUSES = (*CLASS_LABELS, "incorrect", "ignore", FACE)
"""Statuses that a label may have; the first four are the classifier's classes."""
POSSIBLE_CLASSES = {
    **{name: (name,) for name in CLASS_LABELS},
    "incorrect": ("below_mouth", "nose_exposed"),
    "ignore": (),
    FACE: (),
}
"""Classes that a face of each status may be counted or trained as."""
CLOSE_UPS = "crops"
"""Beginning of the names of folders whose images show one face with some surroundings."""
BAD_BOX = "box without area, or not four numbers"
TWO_STATUSES = "one box with two classes"
BOX_OUTSIDE = "box outside the image"


@dataclass(frozen=True, eq=False)
class Record:
    """A labeled image.

    Attributes:
        path: the image file.
        folder: the part of the data it belongs to: ``faces``, ``crops`` or a training-only folder.
        heads: the boxes contain the whole head, not only the face.
        source: name of the data set it comes from.
        group: duplicate group; all images of a group are in the same split.
        size: width and height in pixels; 0, 0 if not known.
        boxes: (N, 4) float32 xywh in pixels.
        statuses: N of ``STATUSES``.
        name: name in ``key``, where the file name may not be unique.
        scores: (N,) float32 in [0, 1], how certain each label is where teachers made it; None for
            labels made by eye.
        complete: all faces in the image are labeled, so that the rest of it is background.
    """

    path: Path
    folder: str
    heads: bool
    source: str
    group: str
    size: tuple[int, int]
    boxes: FloatArray
    statuses: tuple[str, ...]
    name: str = ""
    scores: FloatArray | None = None
    complete: bool = True

    @property
    def close_up(self) -> bool:
        """Whether the image shows one face with some surroundings, by the name of its folder."""
        return self.folder.startswith(CLOSE_UPS)

    @property
    def ignored(self) -> BoolArray:
        """(N,) which labels are ``ignore``: neither a face nor background."""
        return np.array([status == "ignore" for status in self.statuses], bool)

    @property
    def key(self) -> str:
        """Name of the image that is unique in the data and the same on every computer."""
        return f"{self.folder}/{self.name or self.path.name}"

    def load(self) -> Image:
        """Read the image, (H, W, 3) uint8 BGR.

        Raises:
            LabelError: the file is missing or not an image, or has another size than its labels.
        """
        return load_image(self.path, self.size if any(self.size) else None)


def default_group(folder: Path, *names: str) -> str:
    """The duplicate group of an image without a labeled one: a separate group.

    It contains the name of the split, as file names repeat: ``train/1.jpg`` and ``val/1.jpg`` are
    different images.

    Args:
        folder: the folder of the labels; that of the split where there are splits.
        names: path of the image in it.
    """
    return Path(folder.name, *names).as_posix()


def clip_box(where: str, box: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Clip a box from a label file to its image.

    Boxes drawn by hand may extend a little beyond the edge. A box with less than half of its area
    in the image indicates another error, such as swapped columns or a wrong image size.

    Args:
        where: file and line or object, for the error message.
        box: (4,) xywh in pixels.
        size: width and height of the image.

    Raises:
        LabelError: the box has no area, is not finite, or is mostly outside the image.
    """
    shown = "[" + ", ".join(f"{value:g}" for value in box) + "]"
    if not np.isfinite(box).all() or box[2] <= 0 or box[3] <= 0:
        raise LabelError(
            BAD_BOX, f"{where}: box {shown} (x, y, width, height) has no area; draw it again"
        )
    low = np.clip(box[:2], 0, size)
    high = np.clip(box[:2] + box[2:], 0, size)
    if np.prod(high - low) < 0.5 * np.prod(box[2:]):
        raise LabelError(
            BOX_OUTSIDE,
            f"{where}: box {shown} (x, y, width, height) is outside the image, which is "
            f"{size[0]} x {size[1]} pixels; correct the box or the image",
        )
    return np.concatenate([low, high - low]).astype(np.float32)


def first_of_equal(faces: Sequence[tuple[str, str, FloatArray]]) -> list[int]:
    """Indices of faces, of those with the same box and status only the first.

    Args:
        faces: place in the labels, for the error message, status, and box (4,) xywh in pixels.

    Raises:
        LabelError: the same box has two statuses.
    """
    first: dict[tuple[float, ...], int] = {}
    for index, (where, status, box) in enumerate(faces):
        other = faces[first.setdefault(tuple(np.round(box, 1).tolist()), index)]
        if other[1] != status:
            shown = ", ".join(f"{value:g}" for value in box)
            raise LabelError(
                TWO_STATUSES,
                f"{where}: the box [{shown}] (x, y, width, height) is {status!r}, but {other[1]!r} "
                f"in {other[0]}; remove one of them",
            )
    return list(first.values())


def stack_boxes(boxes: list[FloatArray]) -> FloatArray:
    """Stack boxes (4,) to (N, 4) float32; (0, 4) for an empty list."""
    return np.asarray(boxes, np.float32).reshape(-1, 4)
