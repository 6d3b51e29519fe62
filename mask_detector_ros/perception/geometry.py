# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes, overlaps and the two ways pixels reach a network; training uses the same code."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.perception.types import FloatArray, Image

PADDING = 114
"""Grey that fills what a letterboxed image leaves empty."""


def iou_matrix(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union of every pair; ``a`` (N, 4), ``b`` (M, 4) xywh -> (N, M)."""
    a = np.asarray(a, np.float32).reshape(-1, 1, 4)
    b = np.asarray(b, np.float32).reshape(1, -1, 4)
    top_left = np.maximum(a[..., :2], b[..., :2])
    bottom_right = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    intersection = np.prod(np.clip(bottom_right - top_left, 0, None), axis=-1)
    union = np.prod(a[..., 2:], axis=-1) + np.prod(b[..., 2:], axis=-1) - intersection
    return np.where(union > 0, intersection / np.maximum(union, 1e-9), 0.0)


def letterbox(image: Image, width: int, height: int) -> tuple[Image, float]:
    """Scale an image into ``width`` x ``height``, keeping its shape, padded right and below.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        The (height, width, 3) canvas, and the factor that took image pixels to canvas
        pixels. An image of exactly that size is returned as it is, not copied.
    """
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return image, 1.0
    scale = min(width / columns, height / rows)
    inner = (max(1, min(width, round(columns * scale))), max(1, min(height, round(rows * scale))))
    shrinking = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    resized = cv2.resize(image, inner, interpolation=shrinking)
    canvas = np.full((height, width, 3), PADDING, np.uint8)
    canvas[: inner[1], : inner[0]] = resized
    return canvas, scale


def face_crop(
    image: Image, box: FloatArray, size: int, context: float, below: float = 0.0
) -> Image:
    """The square around a face, as the classifier sees it.

    Its side is ``context`` times the box's longer side, its middle ``below`` longer sides
    below the box's. What lies outside the image repeats the image's edge.

    Args:
        image: (H, W, 3) uint8.
        box: x, y, w, h in pixels.
        size: side of the result in pixels.
        context: side of the square in box sides.
        below: how far its middle lies below the box's, in box sides.

    Returns:
        (size, size, 3) uint8.
    """
    x, y, w, h = (float(v) for v in box)
    side = max(2.0, context * max(w, h))
    y += below * max(w, h)
    scale = size / side
    spans = [
        _span(centre - side / 2, scale, size, length)
        for centre, length in ((y + h / 2, image.shape[0]), (x + w / 2, image.shape[1]))
    ]
    (top, bottom, y0, y1), (left, right, x0, x1) = spans
    inside = image[top:bottom, left:right]
    filter_ = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inside = cv2.resize(inside, (x1 - x0, y1 - y0), interpolation=filter_)
    # Bordered last, when it is small: a box may be huge and mostly outside.
    borders = (y0, size - y1, x0, size - x1)
    if any(borders):
        inside = cv2.copyMakeBorder(inside, *borders, cv2.BORDER_REPLICATE)
    return inside


def _span(start: float, scale: float, size: int, length: int) -> tuple[int, int, int, int]:
    """One axis of a crop: what to take from the image, and where in the crop it goes.

    A crop wholly outside the image still takes the nearest row or column.
    """
    low = min(max(round(start), 0), length - 1)
    high = max(min(round(start + size / scale), length), low + 1)
    target_low = min(max(round((low - start) * scale), 0), size - 1)
    target_high = max(min(round((high - start) * scale), size), target_low + 1)
    return low, high, target_low, target_high
