# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Contact sheets: a look at what the mask generator does to faces."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.perception.types import Image, WearStatus
from mask_detector_ros.training.synthesis.draw import draw_mask
from mask_detector_ros.training.synthesis.head import box_of_landmarks
from mask_detector_ros.training.synthesis.style import MaskStyle, MaskWear

Face = tuple[Image, ArrayLike | None, ArrayLike | None]
"""An image (H, W, 3) BGR, a box (x, y, w, h) or None, landmarks (5, 2) or None; pixels."""

_COLUMNS: tuple[tuple[str, WearStatus, bool], ...] = (
    ("no_mask", WearStatus.NO_MASK, False),
    ("correct", WearStatus.CORRECT, False),
    ("correct", WearStatus.CORRECT, False),
    ("nose_exposed", WearStatus.NOSE_EXPOSED, False),
    ("nose_exposed", WearStatus.NOSE_EXPOSED, False),
    ("below_mouth", WearStatus.BELOW_MOUTH, False),
    ("below_mouth", WearStatus.BELOW_MOUTH, False),
    ("below_mouth, hanging", WearStatus.BELOW_MOUTH, True),
)


def contact_sheet(
    faces: Iterable[Face], rng: np.random.Generator, *, tile: int = 160, kind: str | None = None
) -> Image:
    """Dress every face in all ways, one row per face.

    Args:
        faces: bare faces; those with neither box nor landmarks are skipped.
        rng: source of chance; the same seed gives the same sheet.
        tile: side of one picture in pixels.
        kind: a mask kind for all masks, or None for any.

    Returns:
        (rows * tile + caption, 8 * tile, 3) uint8 BGR.
    """
    header = np.full((20, tile * len(_COLUMNS), 3), 255, np.uint8)
    for column, (text, _, _) in enumerate(_COLUMNS):
        place = (column * tile + 4, 14)
        cv2.putText(header, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1, cv2.LINE_AA)
    rows: list[Image] = [header]
    for image, box, landmarks in faces:
        if box is not None:
            frame = np.asarray(box, np.float64)
        elif landmarks is not None:
            frame = box_of_landmarks(landmarks)
        else:
            continue
        tiles: list[Image] = []
        for _, status, hanging in _COLUMNS:
            style = MaskStyle.random(rng, kind)
            wear = None
            if status != WearStatus.NO_MASK:
                wear = MaskWear.random(status, rng, style.kind, hanging=hanging)
            dressed = draw_mask(
                image, status, box=box, landmarks=landmarks, style=style, wear=wear, rng=rng
            )
            tiles.append(_cut(dressed, frame, tile))
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def _cut(image: Image, box: np.ndarray, tile: int) -> Image:
    """The face with its surroundings, more of them below, where lowered masks hang."""
    x, y, w, h = box
    side = 1.7 * max(w, h, 1.0)
    scale = tile / side
    left, top = x + w / 2 - side / 2, y + 0.6 * h - side / 2
    shrink = max(1, int(1 / scale / 1.5))
    if shrink > 1:  # warpAffine does not average; take out what it would alias
        image = cv2.blur(image, (shrink, shrink))
    shift = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return np.asarray(cv2.warpAffine(image, shift, (tile, tile), flags=cv2.INTER_LINEAR), np.uint8)
