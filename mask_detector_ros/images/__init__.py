# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of any source to pixels: files, raw and compressed messages, depth.

The only place that decodes images. Needs NumPy and OpenCV; no ROS: messages are any objects with
the attributes of sensor_msgs, live ones and those of a bag alike.
"""

from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.image_files import SUFFIXES, read_image, stored_size

__all__ = ["SUFFIXES", "BitDepth", "ImageError", "read_image", "stored_size"]
