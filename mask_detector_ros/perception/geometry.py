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


def face_crop(image: Image, box: FloatArray, size: int, context: float) -> Image:
    """The square around a face, as the classifier sees it.

    The square is centred on the box, its side is ``context`` times the box's longer side.
    What lies outside the image repeats the image's edge.

    Args:
        image: (H, W, 3) uint8.
        box: x, y, w, h in pixels.
        size: side of the result in pixels.
        context: side of the square in box sides.

    Returns:
        (size, size, 3) uint8.
    """
    x, y, w, h = (float(v) for v in box)
    side = max(2, round(context * max(w, h)))
    left = round(x + w / 2 - side / 2)
    top = round(y + h / 2 - side / 2)
    rows, columns = image.shape[:2]
    # A square wholly outside the image still yields its nearest row or column.
    x0, x1 = min(max(left, 0), columns - 1), max(min(left + side, columns), 1)
    y0, y1 = min(max(top, 0), rows - 1), max(min(top + side, rows), 1)
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    inside = image[y0:y1, x0:x1]
    missing = (
        max(0, y0 - top),
        max(0, top + side - y1),
        max(0, x0 - left),
        max(0, left + side - x1),
    )
    if any(missing):
        inside = cv2.copyMakeBorder(inside, *missing, cv2.BORDER_REPLICATE)
    shrinking = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(inside, (size, size), interpolation=shrinking)
