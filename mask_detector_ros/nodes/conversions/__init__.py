# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Between ROS messages and the pipeline's own types, in both directions."""

from mask_detector_ros.nodes.conversions.depth import depth_image
from mask_detector_ros.nodes.conversions.detections import array_message, event_message
from mask_detector_ros.nodes.conversions.images import (
    ENCODINGS,
    ImageError,
    camera_model,
    compressed_to_bgr,
    image_message,
    image_to_bgr,
    jpeg_message,
)

__all__ = [
    "ENCODINGS",
    "ImageError",
    "array_message",
    "camera_model",
    "compressed_to_bgr",
    "depth_image",
    "event_message",
    "image_message",
    "image_to_bgr",
    "jpeg_message",
]
