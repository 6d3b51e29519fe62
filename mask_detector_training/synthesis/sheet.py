# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Contact sheets: a grid of faces, each with several synthetic masks and covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.synthesis.covers import draw_cover
from mask_detector_training.synthesis.head import box_of_landmarks
from mask_detector_training.synthesis.mask_drawing import draw_mask
from mask_detector_training.synthesis.placement import MaskPlacement
from mask_detector_training.synthesis.style import MaskStyle, random_style

Face = tuple[Image, ArrayLike | None, ArrayLike | None, ArrayLike | None]
"""An image (H, W, 3) BGR; box (x, y, w, h), landmarks (5, 2) and mesh (MESH_POINTS, 3) in pixels or
None."""

MAX_COLUMNS = 8


@dataclass(frozen=True)
class _Column:
    """What is drawn in a column: a mask, a cover, or nothing."""

    title: str
    status: WearStatus = WearStatus.NO_MASK
    hanging: bool = False
    cover: str | None = None


_BARE = _Column("no_mask")
_MASKS = (
    _Column("correct", WearStatus.CORRECT),
    _Column("correct", WearStatus.CORRECT),
    _Column("nose_exposed", WearStatus.NOSE_EXPOSED),
    _Column("nose_exposed", WearStatus.NOSE_EXPOSED),
    _Column("below_mouth", WearStatus.BELOW_MOUTH),
    _Column("below_mouth", WearStatus.BELOW_MOUTH),
    _Column("below_mouth, hanging", WearStatus.BELOW_MOUTH, True),
)


def contact_sheet(
    faces: Iterable[Face],
    rng: np.random.Generator,
    *,
    tile: int = 160,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = ("correct", "nose_exposed", "below_mouth"),
    covers: Sequence[str] = (),
) -> Image:
    """Draw masks of all wear statuses, and covers, on every face, one row per face.

    Args:
        faces: bare faces; those without box and landmarks are skipped.
        rng: random generator; the same seed gives the same sheet.
        tile: side of one image in pixels.
        kinds: mask kinds; all if empty.
        statuses: labels of the wear statuses.
        covers: kinds of covers.

    Returns:
        (H, W, 3) uint8 BGR: blocks of up to ``MAX_COLUMNS`` columns below each other, each with
        captions and a row per face. The first column has no mask.
    """
    columns = [_BARE, *(column for column in _MASKS if column.status.label in statuses)]
    columns += [_Column(cover, cover=cover) for cover in covers]
    rows = []
    for image, box, landmarks, mesh in faces:
        if box is not None:
            frame: FloatArray = np.asarray(box, np.float64)
        elif landmarks is not None:
            frame = box_of_landmarks(landmarks)
        else:
            continue
        rows.append(
            [_tile(image, box, landmarks, mesh, frame, c, rng, tile, kinds) for c in columns]
        )
    width = tile * min(len(columns), MAX_COLUMNS)
    blocks: list[Image] = []
    for start in range(0, len(columns), MAX_COLUMNS):
        part = slice(start, start + MAX_COLUMNS)
        header = np.full((max(20, tile // 7), width, 3), 255, np.uint8)
        for index, column in enumerate(columns[part]):
            position = (index * tile + 4, round(0.7 * len(header)))
            _write(header, column.title, position, 0.62 * len(header), tile - 8, (0, 0, 0))
        blocks.append(header)
        for row in rows:
            line = np.full((tile, width, 3), 255, np.uint8)
            found = np.hstack(row[part])
            line[:, : found.shape[1]] = found
            blocks.append(line)
    return np.vstack(blocks)


def _tile(
    image: Image,
    box: ArrayLike | None,
    landmarks: ArrayLike | None,
    mesh: ArrayLike | None,
    frame: FloatArray,
    column: _Column,
    rng: np.random.Generator,
    tile: int,
    kinds: Sequence[str],
) -> Image:
    """One image of the sheet (tile, tile, 3)."""
    if column.cover is not None:
        covered = draw_cover(image, column.cover, box=box, landmarks=landmarks, mesh=mesh, rng=rng)
        return _crop(covered, frame, tile)
    if column.status == WearStatus.NO_MASK:
        return _crop(image, frame, tile)
    style = random_style(rng, kinds)
    placement = MaskPlacement.random(column.status, rng, style.kind, hanging=column.hanging)
    masked = draw_mask(
        image, box=box, landmarks=landmarks, mesh=mesh, style=style, placement=placement, rng=rng
    )
    drawn = _crop(masked, frame, tile)
    _write_style(drawn, style)
    return drawn


def _write_style(image: Image, style: MaskStyle) -> None:
    """Write kind and pattern of the mask on a dark strip at the lower edge, in place."""
    tile = len(image)
    text = style.kind if style.pattern == "plain" else f"{style.kind}, {style.pattern}"
    strip = image[tile - round(0.11 * tile) :]
    strip[:] = strip // 3
    _write(strip, text, (4, round(0.75 * len(strip))), 0.62 * len(strip), tile - 8, (255, 255, 255))


def _write(
    image: Image,
    text: str,
    position: tuple[int, int],
    height: float,
    width: int,
    ink: tuple[int, int, int],
) -> None:
    """Write text with about this height in pixels, smaller if it would be too wide, in place."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    (wide, high), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min(height / high, width / wide)
    cv2.putText(image, text, position, font, scale, ink, 1, cv2.LINE_AA)


def _crop(image: Image, box: np.ndarray, tile: int) -> Image:
    """The face with some surroundings, more of them below, for lowered masks."""
    x, y, w, h = box
    side = 1.7 * max(w, h, 1.0)
    scale = tile / side
    left, top = x + w / 2 - side / 2, y + 0.6 * h - side / 2
    shrink = max(1, int(1 / scale / 1.5))
    if shrink > 1:  # warpAffine does not average; blur against aliasing
        image = np.asarray(cv2.blur(image, (shrink, shrink)), np.uint8)
    shift = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return np.asarray(cv2.warpAffine(image, shift, (tile, tile), flags=cv2.INTER_LINEAR), np.uint8)
