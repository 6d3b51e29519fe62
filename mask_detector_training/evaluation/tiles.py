# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files of tiles: faces with their surroundings, boxes and captions."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_training.figures import STYLE

COLUMNS = 6
CONTEXT = 2.2
"""Side of a tile in units of the longer side of the box."""
TILE_PX = 150
NO_BOXES: FloatArray = np.zeros((0, 4))


@dataclass(frozen=True, eq=False)
class Tile:
    """A face with its surroundings.

    Attributes:
        image: (TILE_PX, TILE_PX, 3) uint8 BGR.
        caption: text of two lines.
        box: (4,) box of the face, xywh in pixels of ``image``.
        others: (M, 4) other boxes, drawn dashed.
    """

    image: Image
    caption: str
    box: FloatArray
    others: FloatArray

    @classmethod
    def cut(
        cls, image: Image, box: FloatArray, caption: str, others: FloatArray = NO_BOXES
    ) -> Tile:
        """Cut the tile around a box (4,) out of an image (H, W, 3) with other boxes (M, 4)."""
        pixels = face_crop(image, box, TILE_PX, CONTEXT)
        return cls(pixels, caption, _on_tile(box, box), _on_tile(others, box))


def draw_tiles(path: Path, tiles: Sequence[Tile], color: str) -> None:
    """Write tiles as a JPEG file, their box in ``color``."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    columns = max(1, min(COLUMNS, len(tiles)))
    rows = max(1, math.ceil(len(tiles) / columns))
    with rc_context(STYLE):
        drawing = Figure(figsize=(1.5 * columns, 1.87 * rows), dpi=110, layout="constrained")
        panels = drawing.subplots(rows, columns, squeeze=False).ravel()
        for axes in panels:
            axes.axis("off")
        for axes, tile in zip(panels, tiles, strict=False):
            axes.imshow(cv2.cvtColor(tile.image, cv2.COLOR_BGR2RGB), interpolation="bilinear")
            for (x, y, width, height), edge, style in (
                (tile.box, color, "-"),
                *((other, "white", "--") for other in tile.others),
            ):
                axes.add_patch(
                    Rectangle((x, y), width, height, fill=False, color=edge, ls=style, lw=1.3)
                )
            axes.set_title(tile.caption, fontsize=7.5, loc="left", pad=3)
        buffer = io.BytesIO()
        drawing.savefig(buffer, format="jpeg", pil_kwargs={"quality": 85})
    write_atomically(path, buffer.getvalue())


def _on_tile(boxes: FloatArray, about: FloatArray) -> FloatArray:
    """Boxes (..., 4) of the image in pixels of the tile around the box ``about`` (4,)."""
    scale = TILE_PX / (CONTEXT * max(about[2:]))
    corner = (boxes[..., :2] - about[:2] - about[2:] / 2) * scale + TILE_PX / 2
    return np.concatenate([corner, boxes[..., 2:] * scale], axis=-1)
