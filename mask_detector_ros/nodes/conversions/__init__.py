# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Conversions between ROS messages and the types of perception and patrol."""

from mask_detector_ros.nodes.conversions.images import (
    image_message,
    jpeg_message,
    stamp_age,
    stamp_seconds,
)

__all__ = ["image_message", "jpeg_message", "stamp_age", "stamp_seconds"]
