# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image messages as cameras publish them, independent of the code under test."""

from __future__ import annotations

import array

from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.arrays import Image
from support.raw_images import raw_image


def encode(
    image: Image, encoding: str, header: Header, padding: int = 0, bits: int = 16
) -> ImageMessage:
    """(H, W, 3) BGR as a message; see ``raw_image``."""
    raw = raw_image(image, encoding, padding, bits)
    message = ImageMessage(header=header, encoding=raw.encoding, width=raw.width, step=raw.step)
    message.height = raw.height
    message.data = array.array("B", raw.data)
    return message
