# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image messages of both kinds to BGR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mask_detector_ros.arrays import Image
from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.compressed import decode_compressed
from mask_detector_ros.images.encodings import decode_image

IMAGE_TYPE, COMPRESSED_TYPE = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
"""Names of the types of image messages."""


def decode_message(
    message: Any,
    bit_depth: BitDepth | None = None,
    warn: Callable[[str], None] | None = None,
) -> Image:
    """Decode a raw or compressed image message; see ``decode_image`` and ``decode_compressed``.

    Args:
        message: with the attributes of sensor_msgs/Image or of sensor_msgs/CompressedImage.
        bit_depth: of the source of the message, for 16-bit pixels.
        warn: called with one line about an image of which little is missing.

    Returns:
        (H, W, 3) uint8 BGR; possibly a view of the message's memory.

    Raises:
        ImageError: the message is not usable.
    """
    if hasattr(message, "format"):
        return decode_compressed(message, bit_depth, warn)
    return decode_image(message, bit_depth)
