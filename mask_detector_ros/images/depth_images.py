# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images (REP-118), raw and compressed, to distances."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.images.decoding import decode_file, percent
from mask_detector_ros.images.encodings import RawMessage, normal_name
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.file_headers import read_header
from mask_detector_ros.images.rvl import decode_rvl

UNITS = {
    "32fc1": ("f4", 1.0),
    "64fc1": ("f8", 1.0),
    "16uc1": ("u2", 0.001),
    "mono16": ("u2", 0.001),
}
"""Encoding -> dtype of a pixel, meters per count. Some drivers publish 16UC1 as mono16."""
SUPPORTED = "32FC1 (meters) and 16UC1 (millimeters)"
HEADER = struct.Struct("<iff")
"""Before the data of compressed_depth_image_transport: the codec, and the two numbers A and B of
the quantization q = A / depth + B of 32FC1 images."""


def decode_depth(message: Any, unit: float = 0.0) -> tuple[NDArray[Any], float]:
    """Read a depth image; rows may be padded, and both byte orders are supported.

    Args:
        message: with the attributes of sensor_msgs/Image, or of sensor_msgs/CompressedImage as
            compressed_depth_image_transport publishes it.
        unit: meters per count; 0 for the usual one of the encoding.

    Returns:
        (H, W) counts, and meters per count. The counts of a raw image are a read-only view of the
        message's memory. They are 0, NaN or infinite where there is no depth.

    Raises:
        ImageError: the encoding is not supported, or the data do not match the size.
    """
    compressed = hasattr(message, "format")
    stated = message.format.partition(";")[0] if compressed else message.encoding
    name = normal_name(stated)
    if name not in UNITS:
        raise ImageError(
            f"depth images with encoding {stated!r} are not supported; supported are {SUPPORTED}"
        )
    number, usual = UNITS[name]
    if compressed:
        values = _compressed(message.format, bytes(message.data), floats=number[0] == "f")
    else:
        values = _raw(message, np.dtype((">" if message.is_bigendian else "<") + number))
    return values, unit or usual


def _raw(message: RawMessage, kind: np.dtype[Any]) -> NDArray[Any]:
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
    values: NDArray[Any] = np.ndarray(
        (height, width), kind, memoryview(message.data), 0, (step, kind.itemsize)
    )
    values.flags.writeable = False
    return values


def _compressed(text: str, data: bytes, floats: bool) -> NDArray[Any]:
    """16-bit counts, or (H, W) float32 meters where the quantization of floats is known."""
    png = data.find(b"\x89PNG", 0, HEADER.size + 4)
    if png < 0 and text.lower().rstrip().endswith("rvl"):
        counts = decode_rvl(data[HEADER.size :])
    elif png < 0:
        raise ImageError(
            f"depth image with format {text!r} and {len(data)} bytes is not a PNG or RVL image; "
            f"JPEG cannot carry depth: use the transport compressedDepth, not compressed"
        )
    else:
        decoded, missing = decode_file(data[png:], read_header(data[png:]), cv2.IMREAD_UNCHANGED)
        if decoded is None or decoded.dtype != np.uint16 or decoded.ndim != 2:
            raise ImageError(
                f"depth image with format {text!r} cannot be decoded: "
                + (f"{percent(missing)} of it is missing" if missing else "not a 16-bit gray PNG")
            )
        counts = decoded
    if not floats:
        return counts
    if png == 0 or len(data) < HEADER.size:
        raise ImageError(f"depth image with format {text!r} lacks the header with its scale")
    _, a, b = HEADER.unpack_from(data)
    with np.errstate(divide="ignore", invalid="ignore"):
        meters = np.float32(a) / (counts - np.float32(b))
    meters[counts == 0] = np.nan
    return meters.astype(np.float32)
