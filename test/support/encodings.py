# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images encoded as cameras publish them, independent of the code under test."""

from __future__ import annotations

import array

import cv2
import numpy as np
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.arrays import Image


def bayer(image: Image, pattern: str) -> Image:
    """The mosaic of a Bayer sensor: of each pixel only the color at its place in the pattern."""
    mosaic = np.zeros(image.shape[:2], np.uint8)
    for place, color in enumerate(pattern):
        y, x = divmod(place, 2)
        mosaic[y::2, x::2] = image[y::2, x::2, "bgr".index(color)]
    return mosaic


def yuv422(image: Image, first: str) -> Image:
    """(H, W, 2) with chroma alternating by column; ``first`` is "y" or "u"."""
    y, v, u = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))
    # Limited range, as in video formats.
    luma = (16 + y.astype(float) * 219 / 255).astype(np.uint8)
    chroma = np.where(np.arange(u.shape[1]) % 2 == 0, u, np.roll(v, 1, axis=1))
    chroma = (128 + (chroma.astype(float) - 128) * 224 / 255).astype(np.uint8)
    return np.stack((luma, chroma) if first == "y" else (chroma, luma), axis=-1)


def semi_planar(image: Image, order: str) -> Image:
    """NV12 ("uv") or NV21 ("vu"): (H * 3 / 2, W)."""
    i420 = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    height, width = image.shape[:2]
    planes = i420[height:].reshape(2, -1)
    if order == "vu":
        planes = planes[::-1]
    return np.concatenate([i420[:height], planes.T.reshape(-1, width)])


def encode(image: Image, encoding: str, header: Header, padding: int = 0) -> ImageMessage:
    """(H, W, 3) BGR as a message, with ``padding`` bytes after every row."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    rows = {
        "bgr8": lambda: image,
        "8UC3": lambda: image,
        "rgb8": lambda: image[..., ::-1],
        "bgra8": lambda: cv2.cvtColor(image, cv2.COLOR_BGR2BGRA),
        "rgba8": lambda: cv2.cvtColor(image, cv2.COLOR_BGR2RGBA),
        "mono8": lambda: gray,
        "8UC1": lambda: gray,
        "mono16": lambda: (gray.astype("<u2") * 257).view(np.uint8),
        "yuv422": lambda: yuv422(image, "u"),
        "uyvy": lambda: yuv422(image, "u"),
        "yuv422_yuy2": lambda: yuv422(image, "y"),
        "yuyv": lambda: yuv422(image, "y"),
        "nv12": lambda: semi_planar(image, "uv"),
        "nv21": lambda: semi_planar(image, "vu"),
        "bayer_rggb8": lambda: bayer(image, "rggb"),
        "bayer_bggr8": lambda: bayer(image, "bggr"),
        "bayer_gbrg8": lambda: bayer(image, "gbrg"),
        "bayer_grbg8": lambda: bayer(image, "grbg"),
    }[encoding]()
    flat = np.ascontiguousarray(rows).reshape(len(rows), -1)
    flat = np.pad(flat, ((0, 0), (0, padding)), constant_values=77)
    message = ImageMessage(header=header, encoding=encoding)
    message.height, message.width = image.shape[:2]
    message.step = flat.shape[1]
    message.data = array.array("B", flat.tobytes())
    return message
