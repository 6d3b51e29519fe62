# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of any source to pixels: files, raw and compressed messages, depth.

The only place that decodes images. Needs NumPy and OpenCV; no ROS: messages are any objects with
the attributes of sensor_msgs, live ones and those of a bag alike.
"""

from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.compressed import decode_compressed
from mask_detector_ros.images.depth_images import decode_depth
from mask_detector_ros.images.encodings import ENCODINGS, decode_image
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.image_files import SUFFIXES, read_image, stored_size
from mask_detector_ros.images.messages import decode_message

__all__ = [
    "ENCODINGS",
    "SUFFIXES",
    "BitDepth",
    "ImageError",
    "decode_compressed",
    "decode_depth",
    "decode_image",
    "decode_message",
    "read_image",
    "stored_size",
]
