# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images as drivers publish them."""

from __future__ import annotations

import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

ENCODINGS = {"32FC1": ("f4", 1.0), "16UC1": ("u2", 1000.0)}
"""Encoding -> dtype of a pixel, counts per meter."""


def depth_message(
    meters: np.ndarray,
    encoding: str,
    *,
    header: Header | None = None,
    big_endian: bool = False,
    padding: int = 0,
) -> ImageMessage:
    """(H, W) meters as a message, with ``padding`` bytes after every row."""
    kind, counts = ENCODINGS[encoding]
    values = meters * counts
    values = np.rint(values) if kind == "u2" else values
    rows = values.astype((">" if big_endian else "<") + kind)
    raw = rows.view(np.uint8).reshape(len(rows), -1)
    padded = np.pad(raw, ((0, 0), (0, padding)), constant_values=0xEE)
    height, width = meters.shape
    return ImageMessage(
        header=header or Header(),
        encoding=encoding,
        is_bigendian=int(big_endian),
        width=width,
        height=height,
        step=padded.shape[1],
        data=padded.tobytes(),
    )


def compressed_depth_message(meters: np.ndarray, header: Header) -> CompressedImage:
    """(H, W) meters in millimeters, as compressed_depth_image_transport publishes them."""
    png = cv2.imencode(".png", np.rint(1000 * meters).astype(np.uint16))[1].tobytes()
    message = CompressedImage(header=header, format="16UC1; compressedDepth png")
    message.data = array.array("B", bytes(12) + png)
    return message
