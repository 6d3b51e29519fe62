# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs depth images, raw or compressed, to ``DepthImage``."""

from __future__ import annotations

from typing import Any

from mask_detector_ros.images import decode_depth
from mask_detector_ros.perception.depth import DepthImage


def depth_image(message: Any, unit: float = 0.0) -> DepthImage:
    """Read a depth image; see ``decode_depth``.

    Raises:
        ImageError: the encoding is not supported, or the data do not match the size.
    """
    return DepthImage(*decode_depth(message, unit))
