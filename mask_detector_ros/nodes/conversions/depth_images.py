# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs depth images (REP-118) to ``DepthImage``, without a copy."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.nodes.conversions.images import ImageError
from mask_detector_ros.perception.depth import DepthImage

DEPTH_ENCODINGS = {"32FC1": ("f4", 1.0), "16UC1": ("u2", 0.001), "mono16": ("u2", 0.001)}
"""Encoding -> dtype of a pixel, meters per count. Some drivers publish 16UC1 as mono16."""


def depth_image(message: ImageMessage) -> DepthImage:
    """Read a depth image; rows may be padded, and both byte orders are supported.

    Returns:
        A read-only view of the message's memory.

    Raises:
        ImageError: the encoding is not supported, or the data do not match the size.
    """
    if message.encoding not in DEPTH_ENCODINGS:
        raise ImageError(
            f"depth images with encoding {message.encoding!r} are not supported; supported are "
            f"32FC1 (meters) and 16UC1 (millimeters)"
        )
    number, unit = DEPTH_ENCODINGS[message.encoding]
    kind = np.dtype((">" if message.is_bigendian else "<") + number)
    width, height = message.width, message.height
    if width == 0 or height == 0:
        raise ImageError(f"depth image is empty: {width}x{height} pixels")
    row_bytes = width * kind.itemsize
    step = message.step or row_bytes
    needed = step * (height - 1) + row_bytes  # the last row may lack its padding
    if step < row_bytes or len(message.data) < needed:
        raise ImageError(
            f"depth data are truncated: {len(message.data)} bytes in rows of {step}, but "
            f"{width}x{height} {message.encoding} needs {needed} in rows of {row_bytes} or more"
        )
    values = np.ndarray((height, width), kind, memoryview(message.data), 0, (step, kind.itemsize))
    values.flags.writeable = False
    return DepthImage(values, unit)
