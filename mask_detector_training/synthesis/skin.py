# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the skin ends: straps run under hair, hoods and caps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mask_detector_ros.perception.types import FloatArray as Floats
from mask_detector_ros.perception.types import Image
from mask_detector_training.synthesis.head import HeadPose

_CHEEKS: Floats = np.array(
    [[-0.55, 0.45, 0.15], [-0.4, 0.5, 0.25], [0.0, 0.3, 0.35], [0.4, 0.5, 0.25], [0.55, 0.45, 0.15]]
)
_DARKEST, _BRIGHTEST = 0.5, 1.9
_OTHER_COLOR = 0.12


def under_hair(straps: Sequence[Floats], image: Image, pose: HeadPose) -> list[Floats]:
    """Straps up to the last point that lies on skin.

    A beard before it does not hide them: straps lie on beards.

    Args:
        straps: lines (n, 2) of pixels from the mask toward the ear.
        image: (H, W, 3) uint8 BGR.
        pose: of the head; its cheeks tell what skin looks like here.
    """
    skin = np.median(_colors(image, pose.project(_CHEEKS)), axis=0)
    kept = []
    for line in straps:
        seen = _colors(image, line)
        light = seen.sum(1) / skin.sum()
        hue = np.abs(seen / seen.sum(1, keepdims=True) - skin / skin.sum()).max(1)
        bare = np.flatnonzero((light > _DARKEST) & (light < _BRIGHTEST) & (hue < _OTHER_COLOR))
        if len(bare) and bare[-1] > 0:
            kept.append(line[: bare[-1] + 1])
    return kept


def _colors(image: Image, points: Floats) -> Floats:
    """BGR (n, 3) float at the pixels nearest to points (n, 2), at the edge beyond it."""
    columns, rows = np.clip(points, 0, np.array(image.shape[1::-1]) - 1).astype(np.intp).T
    return image[rows, columns].astype(np.float64) + 8.0
