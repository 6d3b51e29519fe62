# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Conversions between ROS messages and the types of perception and patrol."""

from mask_detector_ros.images import ENCODINGS, ImageError
from mask_detector_ros.images import decode_compressed as compressed_to_bgr
from mask_detector_ros.images import decode_image as image_to_bgr
from mask_detector_ros.nodes.conversions.depth_images import depth_image
from mask_detector_ros.nodes.conversions.images import (
    image_message,
    jpeg_message,
    stamp_age,
    stamp_seconds,
)

__all__ = [
    "ENCODINGS",
    "ImageError",
    "compressed_to_bgr",
    "depth_image",
    "image_message",
    "image_to_bgr",
    "jpeg_message",
    "stamp_age",
    "stamp_seconds",
]
