# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of YOLO label files: boxes, polygons, keypoints, with or without a confidence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.formats.faults import LabelError

BAD_ROW = "YOLO row that cannot be read"
EXPECTED = (
    "expected 5: class index, center x, center y, width, height; or those with a confidence or "
    "keypoints, or a class index and the points of a polygon"
)

MAX_DISTANCE = 0.6
"""Largest distance of a polygon's coordinates from the middle of the image, as a fraction of it."""


class Row(NamedTuple):
    """One row.

    Attributes:
        class_index: index of its class name.
        box: (4,) center x, center y, width, height as fractions of the image.
        confidence: the row ends with one, as rows that a model wrote do.
    """

    class_index: int
    box: FloatArray
    confidence: bool = False


def parse_row(where: str, line: str, keypoints: tuple[int, int] | None) -> Row:
    """Read a row.

    Args:
        where: file and line, for messages.
        line: the row.
        keypoints: number of keypoints and of values of each; None if not stated.

    Raises:
        LabelError: the row has none of the forms, or could have two of them.
    """
    columns = line.split()
    if len(columns) < 5:
        raise LabelError(BAD_ROW, f"{where}: {len(columns)} columns; {EXPECTED}")
    index = _class_index(where, columns[0])
    try:
        values = np.array([float(text) for text in columns[1:]])
    except ValueError as error:
        raise LabelError(
            BAD_ROW, f"{where}: {error}; expected a class index and fractions of the image"
        ) from error
    if len(values) <= 5:
        return Row(index, values[:4], _has_confidence(where, values[4:]))
    if keypoints is not None:
        rest = values[4 + keypoints[0] * keypoints[1] :]
        if len(values) < 4 + keypoints[0] * keypoints[1] or len(rest) > 1:
            raise LabelError(
                BAD_ROW,
                f"{where}: {len(columns)} columns, but kpt_shape {list(keypoints)} needs "
                f"{5 + keypoints[0] * keypoints[1]}; correct the row or kpt_shape",
            )
        return Row(index, values[:4], _has_confidence(where, rest))
    return _polygon_or_keypoints(where, index, values)


def _class_index(where: str, text: str) -> int:
    """A class index; some tools write ``0.0``."""
    try:
        return int(text)
    except ValueError as error:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if number.is_integer():
            return int(number)
        raise LabelError(
            BAD_ROW, f"{where}: {error}; expected a class index and fractions of the image"
        ) from error


def _has_confidence(where: str, rest: FloatArray) -> bool:
    if len(rest) and not 0 <= rest[0] <= 1:
        raise LabelError(
            BAD_ROW,
            f"{where}: the last column is {rest[0]:g}; expected a confidence from 0 to 1, or "
            "only 5 columns",
        )
    return bool(len(rest))


def _polygon_or_keypoints(where: str, index: int, values: FloatArray) -> Row:
    """A long row without a stated ``kpt_shape``: what its numbers can be."""
    box, ends = values[:4], (0, 1) if 0 <= values[-1] <= 1 else (0,)  # a confidence at the end
    for end in ends:
        points = values[4 : len(values) - end]
        if len(points) % 3 == 0 and np.isin(points[2::3], (0, 1, 2)).all() and (box[2:] > 0).all():
            return Row(index, box, bool(end))
    for end in ends:
        numbers = values[: len(values) - end]
        if len(numbers) % 2:
            continue
        polygon = len(numbers) >= 6 and bool((np.abs(numbers - 0.5) <= MAX_DISTANCE).all())
        keypoints = _inside(numbers[4:].reshape(-1, 2), box)
        if polygon and keypoints:
            raise LabelError(
                BAD_ROW,
                f"{where}: the row can be a polygon or a box with keypoints; state kpt_shape in "
                "data.yaml, or write boxes only",
            )
        if polygon or keypoints:
            return Row(index, _enclosing(numbers.reshape(-1, 2)) if polygon else box, bool(end))
    raise LabelError(BAD_ROW, f"{where}: {len(values) + 1} columns; {EXPECTED}")


def _inside(points: FloatArray, box: FloatArray) -> bool:
    """Whether points (N, 2) are all in a box (center, size), or 0, 0 for hidden ones."""
    hidden = (points == 0).all(1)
    return bool((hidden | (np.abs(points - box[:2]) <= box[2:] / 2).all(1)).all())


def _enclosing(points: FloatArray) -> FloatArray:
    """Center and size (4,) of the box around points (N, 2)."""
    low, high = points.min(0), points.max(0)
    return np.concatenate([(low + high) / 2, high - low])
