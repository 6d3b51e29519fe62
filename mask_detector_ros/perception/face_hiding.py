# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hides faces in annotated images under an oval with an icon of how the mask is worn.

The whole face and its hairline are replaced: no hidden pixel depends on the face.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.types import WearStatus

Color = tuple[int, int, int]
"""BGR."""

CENTER_Y = 0.44
HALF_WIDTH, HALF_HEIGHT = 0.74, 0.82
"""The oval, in widths and heights of the face box: it contains the whole box, its corners too, and
the hairline above it."""

SKIN: Color = (236, 238, 240)
INK: Color = (84, 72, 66)
GRAY = 140
"""Of plain ovals: the same for everybody, since a color of the surroundings would show whose."""
PLAIN_SIZE = 512
"""Side of the square that plain ovals are scaled from, pixels."""
RING = 0.09
"""Width of the ring in the status color, in radii of the oval."""
MASK_TOP = {
    WearStatus.CORRECT: 0.04,
    WearStatus.NOSE_EXPOSED: 0.32,
    WearStatus.BELOW_MOUTH: 0.6,
}
"""Upper edge of the mask below the center of the oval, in radii."""
SMALLEST_ICON, LARGEST_ICON = 64, 1024
FRACTION_BITS = 4
"""Fractional bits of the coordinates given to OpenCV."""


def hidden_region(box: FloatArray) -> tuple[float, float, float, float]:
    """Bounding box of a face's oval, x, y, w, h in pixels; ``box`` (4,) xywh."""
    x, y, w, h = (float(v) for v in box)
    left, top = x + (0.5 - HALF_WIDTH) * w, y + (CENTER_Y - HALF_HEIGHT) * h
    # Two pixels more, so that no row at the edge of a tiny face is blended with it.
    return left - 1, top - 1, 2 * HALF_WIDTH * w + 2, 2 * HALF_HEIGHT * h + 2


def hide_with_icon(canvas: Image, box: FloatArray, status: WearStatus, color: Color) -> None:
    """Hide a face under an icon of its status, in place.

    Args:
        canvas: (H, W, 3) uint8 BGR.
        box: (4,) xywh of the face, also partly outside the image.
        status: what the icon shows.
        color: BGR of the ring and the mask.
    """
    region = hidden_region(box)
    clipped = _clip(canvas, region)
    if clipped is None:
        return
    size = 2 ** math.ceil(math.log2(max(region[2], region[3], 1.0)))
    icon = _icon(status, color, min(max(size, SMALLEST_ICON), LARGEST_ICON))
    placed = _place(icon, region, clipped)
    part = canvas[clipped]
    part[:] = cv2.add(_multiply(part, 255 - placed[..., 3]), placed[..., :3])


def hide_with_gray(canvas: Image, box: FloatArray) -> None:
    """Hide a face under plain gray, in place.

    Args:
        canvas: (H, W, 3) uint8 BGR.
        box: (4,) xywh of the face, also partly outside the image.
    """
    region = hidden_region(box)
    clipped = _clip(canvas, region)
    if clipped is None:
        return
    part = canvas[clipped]
    opacity = _place(_disk(PLAIN_SIZE), region, clipped)
    part[:] = cv2.add(_multiply(part, 255 - opacity), _multiply(np.full_like(part, GRAY), opacity))


def _clip(canvas: Image, region: tuple[float, float, float, float]) -> tuple[slice, slice] | None:
    """Rows and columns of a region x, y, w, h inside the image; None if there are none."""
    x, y, w, h = region
    height, width = canvas.shape[:2]
    left, top = max(0, math.floor(x)), max(0, math.floor(y))
    right, bottom = min(width, math.ceil(x + w)), min(height, math.ceil(y + h))
    if right <= left or bottom <= top:
        return None
    return slice(top, bottom), slice(left, right)


def _place(
    square: Image, region: tuple[float, float, float, float], clipped: tuple[slice, slice]
) -> Image:
    """Scale a square image to a region x, y, w, h, and cut out its clipped part."""
    x, y, w, h = region
    rows, columns = clipped
    scale = np.array([w, h]) / len(square)
    # From pixel corners, which boxes have, to the pixel centers of OpenCV.
    shift = np.array([x - columns.start, y - rows.start]) + scale / 2 - 0.5
    to_image = np.column_stack([np.diag(scale), shift])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    return np.asarray(cv2.warpAffine(square, to_image, size, flags=cv2.INTER_LINEAR), np.uint8)


def _multiply(image: Image, opacity: Image) -> Image:
    """An image (H, W, 3) times a map of opacities (H, W), 255 for opaque."""
    return np.asarray(cv2.multiply(image, cv2.merge([opacity] * 3), scale=1 / 255), np.uint8)


@functools.lru_cache(maxsize=1)
def _disk(size: int) -> Image:
    """Opacity of the oval in a square, (size, size) uint8."""
    opacity = np.zeros((size, size), np.uint8)
    _Pen.fill_disk(opacity, 0, 0, 1.0, 255)
    return opacity


@functools.lru_cache(maxsize=32)
def _icon(status: WearStatus, color: Color, size: int) -> Image:
    """The oval in a square: (size, size, 4) uint8, BGR multiplied by the opacity, and opacity."""
    pen = _Pen(size, color)
    pen.disk(0, 0, 1.0 - RING, SKIN)
    if status == WearStatus.UNKNOWN:
        pen.question_mark(color)
    else:
        pen.features(status, color)
    opacity = np.zeros((size, size), np.uint8)
    _Pen.fill_disk(opacity, 0, 0, 1.0, 255)
    fraction = opacity[..., np.newaxis] / 255.0
    return np.dstack([np.rint(pen.image * fraction).astype(np.uint8), opacity])


class _Pen:
    """Draws in units of the oval: the center is (0, 0), the radius 1, y points down."""

    def __init__(self, size: int, background: Color) -> None:
        self.image: Image = np.full((size, size, 3), background, np.uint8)

    def features(self, status: WearStatus, color: Color) -> None:
        """Eyes, nose and mouth, and the mask on top where one is worn."""
        for side in (-1, 1):
            self.disk(side * 0.33, -0.16, 0.085, INK)
        if status != WearStatus.CORRECT:
            self.line([(0.0, -0.06), (-0.1, 0.17), (0.05, 0.2)], 0.055, INK)
        self.line([(-0.24, 0.42), (0.0, 0.45), (0.24, 0.42)], 0.07, INK)
        if status in MASK_TOP:
            self.mask(MASK_TOP[status], color)

    def mask(self, top: float, color: Color) -> None:
        """A mask whose upper edge is at ``top``, with straps and pleats."""
        bottom = max(0.8, top + 0.3)
        edge = 1.0 - RING
        for start, end in ((top + 0.06, top - 0.12), (top + 0.2, top + 0.14)):
            for side in (-1, 1):
                reach = side * math.sqrt(max(edge**2 - end**2, 0.0))
                self.line([(side * 0.5, start), (reach, end)], 0.045, color)
        outline = [
            (-0.6, top + 0.08),
            (-0.2, top),
            (0.0, top - 0.03),
            (0.2, top),
            (0.6, top + 0.08),
        ]
        outline += [(0.56, (top + bottom) / 2), (0.32, bottom), (0.0, bottom + 0.03)]
        outline += [(-0.32, bottom), (-0.56, (top + bottom) / 2)]
        self.polygon(outline, color)
        light = tuple(round(c + 0.55 * (255 - c)) for c in color)
        for part in (0.38, 0.66):
            y = top + part * (bottom - top)
            half = 0.42 - 0.1 * part
            pleat = [(-half, y - 0.015), (0.0, y + 0.03), (half, y - 0.015)]
            self.line(pleat, 0.035, (light[0], light[1], light[2]))

    def question_mark(self, color: Color) -> None:
        """A question mark."""
        arc = [
            (0.27 * math.cos(t), -0.22 + 0.27 * math.sin(t))
            for t in np.linspace(math.radians(-175), math.radians(60), 20)
        ]
        self.line([*arc, (0.0, 0.13), (0.0, 0.24)], 0.13, color)
        self.disk(0.0, 0.47, 0.09, color)

    def disk(self, x: float, y: float, radius: float, color: Color) -> None:
        self.fill_disk(self.image, x, y, radius, color)

    @classmethod
    def fill_disk(cls, image: Image, x: float, y: float, radius: float, color: Color | int) -> None:
        """A disk in an image of any number of channels."""
        center = cls._pixels(len(image), [(x, y)])[0]
        length = round(radius * len(image) / 2 * 2**FRACTION_BITS)
        ink = (color,) if isinstance(color, int) else color
        cv2.circle(
            image, (int(center[0]), int(center[1])), length, ink, -1, cv2.LINE_AA, FRACTION_BITS
        )

    def line(self, points: list[tuple[float, float]], width: float, color: Color) -> None:
        """A line with round ends."""
        size = len(self.image)
        pixels = self._pixels(size, points)
        thickness = max(1, round(width * size / 2))
        cv2.polylines(
            self.image, [pixels], False, color, thickness, cv2.LINE_AA, FRACTION_BITS
        )  # fmt: skip

    def polygon(self, points: list[tuple[float, float]], color: Color) -> None:
        pixels = self._pixels(len(self.image), points)
        cv2.fillPoly(self.image, [pixels], color, cv2.LINE_AA, FRACTION_BITS)

    @staticmethod
    def _pixels(size: int, points: list[tuple[float, float]]) -> np.ndarray:
        """(N, 2) int32 pixels with ``FRACTION_BITS``."""
        places = (np.array(points) + 1) * size / 2 - 0.5
        return np.rint(places * 2**FRACTION_BITS).astype(np.int32)
