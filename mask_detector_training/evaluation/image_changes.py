# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Changes to images under which models are evaluated: color, light, sharpness, tilt, covers.

The only table of them: ``CHANGES``. Every change is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_training.pixel_changes import compress, equalize, grayscale
from mask_detector_training.synthesis import draw_cover

GAMMA = 2.2
"""Exponent between pixel values and light."""
WARM, COLD = (0.55, 0.85, 1.15), (1.2, 0.95, 0.6)
"""Gains of blue, green and red: a lamp's light and shade, with the white balance of daylight."""
MOTION_PX = 9
"""Length of the motion blur in pixels."""
DEFOCUS_PX = 2.5
"""Radius of the circle of confusion in pixels."""
NOISE = 20.0
"""Standard deviation of the noise in gray levels."""
JPEG_QUALITY = 20
DOWNSCALE = 2
"""Factor by which the resolution is reduced."""
CONTRAST = 0.4
CUT_MARGIN = 0.1
"""Margin around the faces of images that are cut closely, as a fraction of their common size."""
COVERS = (
    "hand", "fingers", "paper", "phone", "cup", "scarf", "microphone", "hood", "hair", "shield",
    "sunglasses",
)  # fmt: skip
"""Covers that are drawn over the faces."""
MIN_COVERED_WIDTH_PX = 12.0
"""Narrower faces are not covered."""

Apply = Callable[[Image, FloatArray], tuple[Image, FloatArray]]
"""Image (H, W, 3) uint8 BGR and boxes (N, 4) xywh -> both, changed; rows stay in order."""


@dataclass(frozen=True)
class ImageChange:
    """A change to images.

    Attributes:
        name: as in tables.
        variants: its variants, such as both directions of a tilt, scored together.
    """

    name: str
    variants: tuple[Apply, ...]


def with_light(image: Image, light: float) -> Image:
    """With a multiple of the light; bright parts saturate."""
    return np.clip(np.rint(image * light ** (1 / GAMMA)), 0, 255).astype(np.uint8)


def color_cast(image: Image, gains: tuple[float, float, float]) -> Image:
    """With gains of blue, green and red."""
    return np.clip(np.rint(image * np.array(gains)), 0, 255).astype(np.uint8)


def low_contrast(image: Image) -> Image:
    """With less contrast, as in haze or against a window."""
    return np.rint(image * CONTRAST + (1 - CONTRAST) * 170).astype(np.uint8)


def motion_blur(image: Image, *, vertical: bool = False) -> Image:
    """Blurred by motion along a line of ``MOTION_PX``."""
    kernel = np.full((1, MOTION_PX), 1 / MOTION_PX, np.float32)
    return np.asarray(cv2.filter2D(image, -1, kernel.T if vertical else kernel), np.uint8)


def defocus(image: Image) -> Image:
    """Out of focus: every point becomes a disk."""
    reach = int(np.ceil(DEFOCUS_PX))
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = np.clip(DEFOCUS_PX + 0.5 - np.hypot(row, column), 0, 1).astype(np.float32)
    return np.asarray(cv2.filter2D(image, -1, disk / disk.sum()), np.uint8)


def noise(image: Image) -> Image:
    """With Gaussian noise, the same for images of the same size."""
    values = np.random.default_rng(0).normal(0, NOISE, image.shape)
    return np.clip(np.rint(image + values), 0, 255).astype(np.uint8)


def low_resolution(image: Image) -> Image:
    """Downscaled and enlarged again."""
    height, width = image.shape[:2]
    small = max(1, width // DOWNSCALE), max(1, height // DOWNSCALE)
    reduced = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(reduced, (width, height)), np.uint8)


def tilted(degrees: float) -> Apply:
    """Rotated clockwise about the center, in an image of the same size.

    A box becomes the bounding box of the rotated ellipse in it.
    """

    def apply(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
        height, width = image.shape[:2]
        rotation = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -degrees, 1.0)
        turned = cv2.warpAffine(image, rotation, (width, height), borderMode=cv2.BORDER_REPLICATE)
        centers = boxes[:, :2] + boxes[:, 2:] / 2 - 0.5
        centers = centers @ rotation[:, :2].T + rotation[:, 2] + 0.5
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        sizes = np.sqrt((boxes[:, 2:] * cos) ** 2 + (boxes[:, :1:-1] * sin) ** 2)
        turned_boxes = np.concatenate([centers - sizes / 2, sizes], axis=1).astype(np.float32)
        return np.asarray(turned, np.uint8), turned_boxes

    return apply


def mirrored(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
    """Left and right exchanged."""
    changed = boxes.copy()
    changed[:, 0] = image.shape[1] - boxes[:, 0] - boxes[:, 2]
    return np.ascontiguousarray(image[:, ::-1]), changed


def upside_down(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
    """Rotated by 180°."""
    changed = boxes.copy()
    changed[:, :2] = np.array(image.shape[1::-1]) - boxes[:, :2] - boxes[:, 2:]
    return np.ascontiguousarray(image[::-1, ::-1]), changed


def cut_closely(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
    """Cut off just around the labeled faces, as a face in front of a webcam fills the image."""
    if not len(boxes):
        return image, boxes
    low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    margin = CUT_MARGIN * (high - low)
    left, top = np.floor(np.maximum(low - margin, 0)).astype(int)
    right, bottom = np.ceil(high + margin).astype(int)
    changed = boxes.copy()
    changed[:, :2] -= (left, top)
    return np.ascontiguousarray(image[top:bottom, left:right]), changed


def covered(kind: str) -> Apply:
    """With a cover over every labeled face, drawn by the face's box."""

    def apply(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
        for box in boxes[boxes[:, 2] >= MIN_COVERED_WIDTH_PX]:
            random = np.random.default_rng(np.clip(np.rint(box), 0, None).astype(int))
            image = draw_cover(image, kind, box=box, rng=random)
        return image, boxes

    return apply


def _cut_closely_gray(image: Image, boxes: FloatArray) -> tuple[Image, FloatArray]:
    cut, changed = cut_closely(image, boxes)
    return grayscale(cut), changed


def _pixels(*functions: Callable[[Image], Image]) -> tuple[Apply, ...]:
    """Variants that change pixels only."""

    def keep_boxes(change: Callable[[Image], Image]) -> Apply:
        return lambda image, boxes: (change(image), boxes)

    return tuple(keep_boxes(function) for function in functions)


UNCHANGED = ImageChange("unchanged", _pixels(lambda image: image))
TILTS = tuple(
    ImageChange(f"tilted by {degrees}°", (tilted(degrees), tilted(-degrees)))
    for degrees in (15, 30, 45, 90)
)
"""Tilted in both directions."""
GRAY = ImageChange("gray", _pixels(grayscale))
QUARTER_LIGHT = ImageChange("1/4 of the light", _pixels(lambda image: with_light(image, 1 / 4)))
CHANGES = (
    UNCHANGED,
    GRAY,
    ImageChange("histogram equalized", _pixels(equalize)),
    ImageChange("1/2 of the light", _pixels(lambda image: with_light(image, 1 / 2))),
    QUARTER_LIGHT,
    ImageChange("1/16 of the light", _pixels(lambda image: with_light(image, 1 / 16))),
    ImageChange("overexposed (4 times the light)", _pixels(lambda image: with_light(image, 4))),
    ImageChange("low contrast", _pixels(low_contrast)),
    ImageChange(
        "color cast",
        _pixels(lambda image: color_cast(image, WARM), lambda image: color_cast(image, COLD)),
    ),
    ImageChange(
        f"motion blur, {MOTION_PX} px",
        _pixels(motion_blur, lambda image: motion_blur(image, vertical=True)),
    ),
    ImageChange(f"defocus, {2 * DEFOCUS_PX:g} px", _pixels(defocus)),
    ImageChange(f"noise of {NOISE:g} gray levels", _pixels(noise)),
    ImageChange(
        f"JPEG quality {JPEG_QUALITY}", _pixels(lambda image: compress(image, JPEG_QUALITY))
    ),
    ImageChange(f"1/{DOWNSCALE} of the resolution", _pixels(low_resolution)),
    *TILTS,
    ImageChange("mirrored", (mirrored,)),
    ImageChange("upside down", (upside_down,)),
    ImageChange("cut closely around the faces", (cut_closely,)),
    ImageChange("cut closely, gray", (_cut_closely_gray,)),
    *(ImageChange(f"faces covered: {kind}", (covered(kind),)) for kind in COVERS),
)
"""All changes, the unchanged images first."""
