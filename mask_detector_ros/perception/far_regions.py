# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which parts of a large image are searched for far faces, and at which resolution.

The whole image is scaled down to the detector's input, where far faces are too small. Tiles of a
higher resolution cover it (as in Akyon et al., 2022, "Slicing Aided Hyper Inference and
Fine-tuning for Small Object Detection"), and regions around tracked faces follow them. Sizes are
(width, height) in pixels.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image

Size = tuple[int, int]

# Widths of faces in pixels of the detector's input.
SMALLEST_PX = 12.0
"""Faces from this width are found at all."""
MIN_FACE_PX = 10.0
"""Narrower boxes, in pixels of the image, are no faces, also where a region enlarges them: other
round things, such as lights out of focus, look the same. Boxes vary a little, so this is less than
``SMALLEST_PX``."""
RELIABLE_PX = 24.0
"""From this width they are found as reliably as they ever are."""
MIN_GAIN = 1.5
"""Images are searched for far faces if the whole one is scaled down by at least this factor."""
MAX_LEVEL_RATIO = 4.0
"""Largest ratio of one level's resolution to that of the level below, the whole image being the
lowest one. A face that is too small for one level is then small beside the tiles of the next."""
FACE_ASPECT = 1.21
"""Height over width of the box of a small face."""
REGION_PX = 96
"""Side of a region around a tracked face in the detector's input."""
REGION_GAP_PX = 8
"""Gap between regions in the input, so that none is taken for a part of its neighbor."""
REGION_MARGIN = 1.0
"""Smallest margin of such a region around a face, in face sizes: the face is then a third of the
region, about 30 pixels of the input."""
REGION_DEVIATIONS = 2.0
"""The same in standard deviations of the place where the face is expected."""
REGION_MIN_GAIN = 1.25
"""A face gets a region if that is larger than in the whole image by this factor."""
REGION_SMALLEST_PX = 20.0
"""Smallest width of the face in it, pixels of the input."""
MAX_ENLARGEMENT = 3.0
"""Largest factor by which a region is enlarged."""
EDGE_PX = 2.0
"""A face that ends this close to an inner edge, in pixels of the input, is cut by it."""
SEARCH_MARGIN = 0.1
"""Margin in face sides with which a face must lie inside a region to be found in it."""


@dataclass(frozen=True)
class Patch:
    """A part of the image, and its place in the detector's input.

    Attributes:
        x, y, width, height: the part, pixels of the image.
        scale: pixels of the input per pixel of the image.
        left, top: place of its upper left corner in the input.
        max_face_width: wider faces, pixels of the image, are found at a lower resolution.
        is_region: it is a region around one face, not a tile.
    """

    x: int
    y: int
    width: int
    height: int
    scale: float
    left: int
    top: int
    max_face_width: float
    is_region: bool = False

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The part as xywh, pixels of the image."""
        return self.x, self.y, self.width, self.height

    @property
    def face_widths(self) -> tuple[float, float]:
        """Smallest and largest width of the faces that are found in it, pixels of the image."""
        return max(SMALLEST_PX / self.scale, MIN_FACE_PX), self.max_face_width

    def draw(self, image: Image, canvas: Image) -> None:
        """Draw the part of ``image`` into ``canvas``, the detector's input."""
        part = image[self.y : self.y + self.height, self.x : self.x + self.width]
        columns, rows = (max(1, round(side * self.scale)) for side in (self.width, self.height))
        if part.shape[:2] != (rows, columns):
            shrinking = cv2.INTER_AREA if self.scale < 0.5 else cv2.INTER_LINEAR
            part = np.asarray(cv2.resize(part, (columns, rows), interpolation=shrinking))
        target = canvas[self.top : self.top + rows, self.left : self.left + columns]
        target[:] = part[: target.shape[0], : target.shape[1]]

    def whole_faces(self, boxes: FloatArray, image_size: Size) -> BoolArray:
        """Which boxes (N, 4), xywh in pixels of the input, are whole faces of this patch.

        A face that an inner edge cuts is not: another tile, or the whole image, shows all of it.
        """
        left, top = boxes[:, 0] - self.left, boxes[:, 1] - self.top
        right, bottom = left + boxes[:, 2], top + boxes[:, 3]
        columns, rows = self.width * self.scale, self.height * self.scale
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        whole = (middle_x >= 0) & (middle_x < columns) & (middle_y >= 0) & (middle_y < rows)
        whole &= (self.x == 0) | (left > EDGE_PX)
        whole &= (self.y == 0) | (top > EDGE_PX)
        whole &= (self.x + self.width >= image_size[0]) | (right < columns - EDGE_PX)
        whole &= (self.y + self.height >= image_size[1]) | (bottom < rows - EDGE_PX)
        widths = boxes[:, 2] / self.scale
        whole &= (widths >= MIN_FACE_PX) & (widths <= self.max_face_width)
        return np.asarray(whole)


@dataclass(frozen=True, eq=False)
class SearchedRegions:
    """Where a frame was searched for faces, and for faces of which width.

    Attributes:
        image_size: of the frame.
        regions: (R, 4) xywh pixels.
        widths: (R, 2) smallest and largest width of the faces searched for in each, pixels.
    """

    image_size: Size
    regions: FloatArray
    widths: FloatArray

    def contain(self, boxes: FloatArray) -> BoolArray:
        """Which faces would have been found; boxes (N, 4) xywh pixels.

        Boxes mostly outside the image and those below ``MIN_FACE_PX`` count as searched.
        """
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        visible = np.prod(np.subtract(*self._clipped(boxes, 0.0)[::-1]), axis=1)
        outside = visible < np.prod(boxes[:, 2:], axis=1) / 2
        starts, ends = (side[:, None] for side in self._clipped(boxes, SEARCH_MARGIN))
        region_starts, region_ends = corners(self.regions)
        inside = ((starts >= region_starts) & (ends <= region_ends)).all(axis=2)
        widths = boxes[:, 2:3]
        inside &= (widths >= self.widths[:, 0]) & (widths <= self.widths[:, 1])
        return np.asarray(outside | (boxes[:, 2] < MIN_FACE_PX) | inside.any(axis=1))

    def _clipped(self, boxes: FloatArray, margin: float) -> tuple[FloatArray, FloatArray]:
        """Corners of boxes with a margin, in face sides, clipped to the image."""
        around = margin * boxes[:, 2:]
        starts, ends = corners(boxes)
        size = self.image_size
        return np.clip(starts - around, 0, size), np.clip(ends + around, 0, size)


@dataclass(frozen=True, eq=False)
class ExpectedFaces:
    """Where tracked faces are expected in a frame; M tracks.

    Attributes:
        boxes: (M, 4) xywh pixels.
        deviations: (M,) standard deviations of their centers, pixels.
        searched_at: (M,) stamps of the last frames that were searched there.
    """

    boxes: FloatArray
    deviations: FloatArray
    searched_at: FloatArray

    @classmethod
    def none(cls) -> ExpectedFaces:
        """No tracked faces."""
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros(0))


def corners(boxes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Upper left and lower right corners (N, 2) of boxes (N, 4) xywh."""
    return boxes[:, :2], boxes[:, :2] + boxes[:, 2:]


def whole_scale(image_size: Size, input_size: Size) -> float:
    """Factor by which the whole image is scaled to the detector's input."""
    return min(input_size[0] / image_size[0], input_size[1] / image_size[1])


def is_large(image_size: Size, input_size: Size) -> bool:
    """Whether images of this size are searched for far faces."""
    return whole_scale(image_size, input_size) * MIN_GAIN <= 1.0


def region_side(input_size: Size) -> int:
    """Side of a region around a face in the detector's input, with the gap to its neighbors."""
    return min(REGION_PX, min(input_size) // 4)


def region_slots(input_size: Size, beside_tile: bool) -> list[Size]:
    """Left and top of regions in the input.

    Args:
        input_size: of the detector.
        beside_tile: only along the right side of the input, or the lower one if it is tall; the
            tile takes the rest.
    """
    (columns, rows), side = input_size, region_side(input_size)
    slots = itertools.product(range(0, columns - side + 1, side), range(0, rows - side + 1, side))
    if not beside_tile:
        return list(slots)
    if columns >= rows:
        return [(columns - side, top) for top in range(0, rows - side + 1, side)]
    return [(left, rows - side) for left in range(0, columns - side + 1, side)]


def tiles(image_size: Size, input_size: Size, with_regions: bool) -> list[Patch]:
    """Tiles that cover the image, level after level, row by row; the last level is unscaled.

    Neighbors overlap by at least the largest face that is taken from them.

    Args:
        image_size: of the image.
        input_size: of the detector.
        with_regions: leave room for regions beside the tile in the input.
    """
    columns, rows = input_size
    if with_regions and columns >= rows:
        columns -= region_side(input_size)
    elif with_regions:
        rows -= region_side(input_size)
    coarsest = whole_scale(image_size, input_size)
    count = max(1, math.ceil(math.log(1 / coarsest, MAX_LEVEL_RATIO)))
    scales = [coarsest ** (1 - level / count) for level in range(count + 1)]
    found = []
    for below, scale in itertools.pairwise(scales):
        face = RELIABLE_PX / below
        width, height = (
            min(int(s / scale), n) for s, n in zip((columns, rows), image_size, strict=True)
        )
        for y in _starts(image_size[1], height, FACE_ASPECT * face + 2 * EDGE_PX / scale):
            for x in _starts(image_size[0], width, face + 2 * EDGE_PX / scale):
                found.append(Patch(x, y, width, height, scale, 0, 0, face))
    return found


def _starts(length: int, tile: int, overlap: float) -> list[int]:
    """Where tiles of one row or column start: the fewest of them, evenly spread."""
    if tile >= length:
        return [0]
    count = math.ceil((length - overlap) / (tile - overlap))
    return [round(start) for start in np.linspace(0, length - tile, count)]


def gains_by_region(boxes: FloatArray, image_size: Size, input_size: Size) -> BoolArray:
    """Which faces, (N, 4) xywh, a region shows larger than the whole image does."""
    length = (1 + 2 * REGION_MARGIN) * np.sqrt(np.prod(boxes[:, 2:], axis=1))
    scale = REGION_MIN_GAIN * whole_scale(image_size, input_size)
    large_enough = boxes[:, 2] >= MIN_FACE_PX
    side = region_side(input_size) - REGION_GAP_PX
    return np.asarray(large_enough & (length * scale <= side))


def region_around(
    box: FloatArray, deviation: float, image_size: Size, input_size: Size, slot: Size
) -> Patch:
    """The region around a far face.

    Args:
        box: (4,) where the face is expected, xywh in pixels of the image.
        deviation: standard deviation of its center, pixels.
        image_size: of the image.
        input_size: of the detector.
        slot: one of ``region_slots``.
    """
    x, y, w, h = (float(v) for v in box)
    size, side = math.sqrt(w * h), region_side(input_size) - REGION_GAP_PX
    margin = max(REGION_MARGIN * size, REGION_DEVIATIONS * deviation)
    # However uncertain the place, the face must remain large enough.
    length = min(size + 2 * margin, side * w / REGION_SMALLEST_PX)
    length = max(length, size, side / MAX_ENLARGEMENT)
    width, height = (min(round(length), n) for n in image_size)
    return Patch(
        x=min(max(round(x + w / 2 - width / 2), 0), image_size[0] - width),
        y=min(max(round(y + h / 2 - height / 2), 0), image_size[1] - height),
        width=width,
        height=height,
        scale=side / max(width, height),
        left=slot[0] + REGION_GAP_PX,
        top=slot[1] + REGION_GAP_PX,
        max_face_width=RELIABLE_PX / whole_scale(image_size, input_size),
        is_region=True,
    )
