# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes of labels from other shapes."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.arrays import FloatArray

FRACTION_LIMIT = 1.1
"""Largest coordinate of boxes in fractions of the image, which may be a little beyond the edge; a
box in pixels that ends here has no face in it."""


def enclosing_box(points: FloatArray) -> FloatArray:
    """The box (4,) xywh around points (N, 2), in their unit."""
    low, high = points.min(0), points.max(0)
    return np.concatenate([low, high - low])


def rotated_corners(box: FloatArray, degrees: float) -> FloatArray:
    """The corners (4, 2) of a box (4,) xywh that is rotated clockwise about its center."""
    turn = np.deg2rad(degrees)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    half = box[2:] / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    return np.asarray(corners @ rotation + box[:2] + half)
