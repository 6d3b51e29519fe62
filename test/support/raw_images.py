# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw images as cameras publish them, independent of the code under test and of ROS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import Image


@dataclass
class RawImage:
    """A message with the attributes of sensor_msgs/Image."""

    encoding: str
    width: int
    height: int
    step: int
    is_bigendian: Any
    data: Any


def smooth_image(width: int = 64, height: int = 48) -> Image:
    """Slow color gradients: subsampled chroma and Bayer mosaics lose little."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([60 + 2 * x, 200 - 2 * y, 40 + x + 2 * y], -1).astype(np.uint8)


def bayer(image: Image, pattern: str) -> Image:
    """The mosaic of a Bayer sensor: of each pixel only the color at its place in the pattern."""
    mosaic = np.zeros(image.shape[:2], np.uint8)
    for place, color in enumerate(pattern):
        y, x = divmod(place, 2)
        mosaic[y::2, x::2] = image[y::2, x::2, "bgr".index(color)]
    return mosaic


def ycbcr(image: Image) -> tuple[Image, Image, Image]:
    """Y, Cb, Cr at full resolution, limited range as in video formats."""
    y, cr, cb = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))
    luma = np.rint(16 + y.astype(float) * 219 / 255).astype(np.uint8)
    chroma = [np.rint(128 + (c.astype(float) - 128) * 224 / 255) for c in (cb, cr)]
    return luma, chroma[0].astype(np.uint8), chroma[1].astype(np.uint8)


def yuv422(image: Image, order: str) -> Image:
    """(H, W, 2) with chroma alternating by column; ``order`` is that of four bytes."""
    y, u, v = ycbcr(image)
    packed = np.empty((*y.shape, 2), np.uint8)
    flat = packed.reshape(len(y), -1)
    for place, name in enumerate(order):
        values = {"y": y[:, place // 2 :: 2], "u": u[:, ::2], "v": v[:, ::2]}[name]
        flat[:, place::4] = values
    return packed


def planes_of(image: Image, encoding: str) -> list[Image]:
    """The planes of an image, each with its rows and the values of a row, 8 bits per channel."""
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    if encoding.startswith("bayer_"):
        return [bayer(image, encoding[6:10])]
    y, u, v = ycbcr(image)
    small_u, small_v = u[::2, ::2], v[::2, ::2]
    layouts: dict[str, Callable[[], list[Image]]] = {
        "bgr": lambda: [image],
        "rgb": lambda: [image[..., ::-1]],
        "bgra": lambda: [np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))],
        "rgba": lambda: [np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGBA))],
        "mono": lambda: [gray],
        "uyvy": lambda: [yuv422(image, "uyvy")],
        "yuyv": lambda: [yuv422(image, "yuyv")],
        "yvyu": lambda: [yuv422(image, "yvyu")],
        "nv12": lambda: [y, np.stack([small_u, small_v], -1)],
        "nv21": lambda: [y, np.stack([small_v, small_u], -1)],
        "nv24": lambda: [y, np.stack([u, v], -1)],
        "i420": lambda: [y, small_u, small_v],
        "yv12": lambda: [y, small_v, small_u],
    }
    return layouts[LAYOUTS.get(encoding, encoding.rstrip("0123456789"))]()


LAYOUTS = {
    "8UC1": "mono",
    "8UC3": "bgr",
    "8UC4": "bgra",
    "16UC1": "mono",
    "16UC3": "bgr",
    "16UC4": "bgra",
    "yuv422": "uyvy",
    "uyvy": "uyvy",
    "yuv422_yuy2": "yuyv",
    "yuyv": "yuyv",
    "yuy2": "yuyv",
    "yuyv422": "yuyv",
    "yvyu": "yvyu",
    "nv12": "nv12",
    "nv21": "nv21",
    "nv24": "nv24",
    "i420": "i420",
    "yu12": "i420",
    "yuv420": "i420",
    "yv12": "yv12",
}
"""Encodings whose names do not begin with their layout -> the layout."""


def is_deep(encoding: str) -> bool:
    """Whether an encoding has 16 bits per channel."""
    return "16" in encoding


def raw_image(
    image: Image, encoding: str, padding: int = 0, bits: int = 16, big_endian: bool = False
) -> RawImage:
    """(H, W, 3) BGR as a message.

    Args:
        image: the image.
        encoding: how to encode it.
        padding: bytes after every row of the first plane; in others in proportion.
        bits: bit depth of 16-bit encodings; values are in the low bits.
        big_endian: byte order of 16-bit encodings.
    """
    height, width = image.shape[:2]
    planes = planes_of(image, encoding)
    step = 0
    data = b""
    for plane in planes:
        values = plane
        if is_deep(encoding):
            values = (plane.astype(np.uint16) * 257 >> (16 - bits)).astype(
                ">u2" if big_endian else "<u2"
            )
        rows = np.ascontiguousarray(values).view(np.uint8).reshape(len(plane), -1)
        step = step or rows.shape[1] + padding
        extra = padding * rows.shape[1] // (step - padding)
        data += np.pad(rows, ((0, 0), (0, extra)), constant_values=77).tobytes()
    return RawImage(encoding, width, height, step, int(big_endian), data)
