# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One labeled picture, whatever file its labels come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, Image

STATUSES = (*CLASS_LABELS, "incorrect", "ignore")
"""Every status a label file may hold; the first four are the classifier's classes."""
POSSIBLE = {
    **{name: (name,) for name in CLASS_LABELS},
    "incorrect": ("below_mouth", "nose_exposed"),
    "ignore": (),
}
"""Which classes a face of a status may have."""


@dataclass(frozen=True, eq=False)
class Record:
    """One labeled picture.

    Attributes:
        path: the image file.
        folder: ``faces`` or ``crops``, the part of the data it belongs to.
        heads: the boxes take in the whole head, not just the face.
        source: where the picture comes from.
        group: near-duplicate family; a family never crosses splits.
        size: width and height of the picture in pixels.
        boxes: (N, 4) float32 ``x, y, w, h`` in pixels.
        statuses: N words of ``STATUSES``.
        name: what ``key`` calls the picture where its file name may not be unique.
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

    @property
    def key(self) -> str:
        """Name that is unique in the whole data, and the same on every machine."""
        return f"{self.folder}/{self.name or self.path.name}"

    def load(self) -> Image:
        """The picture, (H, W, 3) uint8 BGR.

        Raises:
            ValueError: the file is missing or no picture.
        """
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"{self.path} cannot be read as a picture; restore the file")
        return image


def own_group(folder: Path, *names: str) -> str:
    """The family of a picture whose labels state none: its own.

    Splits number their files alike: ``train/1.jpg`` and ``val/1.jpg`` are no family.

    Args:
        folder: the labels' folder, that of the split where there are splits.
        names: of the picture in it.
    """
    return Path(folder.name, *names).as_posix()


def box_inside(where: str, box: FloatArray, size: tuple[int, int]) -> FloatArray:
    """A box from a label file, clipped to its picture.

    Labels drawn by hand reach a little over the edge; of a box with less than half of its
    area in the picture something else is wrong: mixed-up columns, another picture's size.

    Args:
        where: file and line or object, for the message.
        box: ``x, y, w, h`` in pixels.
        size: width and height of the picture.

    Raises:
        ValueError: the box has no area, is not finite, or lies outside of the picture.
    """
    shown = "[" + ", ".join(f"{value:g}" for value in box) + "]"
    if not np.isfinite(box).all() or box[2] <= 0 or box[3] <= 0:
        raise ValueError(f"{where}: box {shown} (x, y, width, height) has no area; draw it again")
    low = np.clip(box[:2], 0, size)
    high = np.clip(box[:2] + box[2:], 0, size)
    if np.prod(high - low) < 0.5 * np.prod(box[2:]):
        raise ValueError(
            f"{where}: box {shown} (x, y, width, height) lies outside of the picture, which is "
            f"{size[0]} x {size[1]} pixels; correct the box or the picture"
        )
    return np.concatenate([low, high - low]).astype(np.float32)


def stack_boxes(boxes: list[FloatArray]) -> FloatArray:
    """(N, 4) float32, also for none."""
    return np.asarray(boxes, np.float32).reshape(-1, 4)
