# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo without ROS: any object with the message's attributes is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np


def intrinsics(focal: float = 500.0, size: tuple[int, int] = (640, 480)) -> list[float]:
    """K of a lens over the center of the image."""
    return [focal, 0.0, size[0] / 2, 0.0, focal, size[1] / 2, 0.0, 0.0, 1.0]


def projection(k: Sequence[float], baseline: float = 0.0) -> list[float]:
    """P with K in its left part."""
    matrix = np.column_stack([np.reshape(k, (3, 3)), [-baseline * k[0], 0.0, 0.0]])
    return [float(value) for value in matrix.ravel()]


def camera_info(size: tuple[int, int] = (640, 480), **fields: Any) -> SimpleNamespace:
    """A calibrated camera without distortion whose K and P are equal.

    Args:
        size: width and height.
        fields: replace those of the message; ``roi`` is x, y, width, height, and ``frame`` the
            frame id.
    """
    k = fields.pop("k", intrinsics(size=size))
    x, y, width, height = fields.pop("roi", (0, 0, 0, 0))
    values = {
        "header": SimpleNamespace(frame_id=fields.pop("frame", "")),
        "width": size[0],
        "height": size[1],
        "distortion_model": "plumb_bob",
        "d": [],
        "k": k,
        "r": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "p": projection(k),
        "binning_x": 0,
        "binning_y": 0,
        "roi": SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height),
    }
    return SimpleNamespace(**{**values, **fields})
