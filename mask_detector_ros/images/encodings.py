# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw image messages to BGR: all encodings, byte orders and paddings.

Encodings are those of sensor_msgs/image_encodings.hpp, and names that drivers use beside them. They
need no cv_bridge, whose Python module does not work with NumPy 2; encodings that are not listed
are left to it if it is installed and works.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.arrays import Image
from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.errors import ImageError


class RawMessage(Protocol):
    """The attributes of sensor_msgs/Image that are read, whichever library deserialized it."""

    encoding: str
    width: int
    height: int
    step: int
    is_bigendian: Any
    data: Any


@dataclass(frozen=True)
class Encoding:
    """Memory layout of an encoding and its conversion to BGR.

    Attributes:
        pixel_bytes: bytes per pixel in a row of the first plane.
        to_bgr: converts the planes, each (rows, columns) or (rows, columns, channels) uint8, to
            (H, W, 3) uint8 BGR.
        planes: of each plane the number of rows and the bytes per row, relative to the first.
        words: channels are 16-bit values.
        multiple: width and height must be multiples of these.
    """

    pixel_bytes: int
    to_bgr: Callable[..., Image]
    planes: tuple[tuple[float, float], ...] = ((1, 1),)
    words: bool = False
    multiple: tuple[int, int] = (1, 1)

    def with_words(self) -> Encoding:
        """The same with 16 instead of 8 bits per channel."""
        return replace(self, pixel_bytes=2 * self.pixel_bytes, words=True)


def _color(code: int) -> Callable[[Image], Image]:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels, code))


def _stacked(code: int) -> Callable[..., Image]:
    """For planes that OpenCV expects one after the other, in rows as wide as the first."""

    def convert(*planes: Image) -> Image:
        flat = np.concatenate([plane.reshape(-1) for plane in planes])
        return np.asarray(cv2.cvtColor(flat.reshape(-1, planes[0].shape[1]), code))

    return convert


def _nv24(luma: Image, chroma: Image) -> Image:
    """Chroma at full resolution, limited range as in video (ITU-R BT.601)."""
    levels = np.arange(256.0)
    full_luma = np.clip((levels - 16) * 255 / 219, 0, 255).round().astype(np.uint8)
    full_chroma = np.clip((levels - 128) * 255 / 224 + 128, 0, 255).round().astype(np.uint8)
    blue, red = (cv2.LUT(chroma[:, start::2], full_chroma) for start in (0, 1))
    merged = cv2.merge([cv2.LUT(luma, full_luma), red, blue])
    return np.asarray(cv2.cvtColor(merged, cv2.COLOR_YCrCb2BGR))


_BGR = Encoding(3, lambda pixels: pixels)
_RGB = Encoding(3, _color(cv2.COLOR_RGB2BGR))
_BGRA = Encoding(4, _color(cv2.COLOR_BGRA2BGR))
_RGBA = Encoding(4, _color(cv2.COLOR_RGBA2BGR))
_MONO = Encoding(1, _color(cv2.COLOR_GRAY2BGR))
_UYVY = Encoding(2, _color(cv2.COLOR_YUV2BGR_UYVY), multiple=(2, 1))
_YUYV = Encoding(2, _color(cv2.COLOR_YUV2BGR_YUY2), multiple=(2, 1))
_YVYU = Encoding(2, _color(cv2.COLOR_YUV2BGR_YVYU), multiple=(2, 1))
_HALF = ((1, 1), (0.5, 1))
_QUARTERS = ((1, 1), (0.5, 0.5), (0.5, 0.5))
_I420 = Encoding(1, _stacked(cv2.COLOR_YUV2BGR_I420), _QUARTERS, multiple=(2, 2))
_BAYER = {
    # OpenCV names a Bayer pattern by its second row, ROS by the first.
    "bayer_rggb": Encoding(1, _color(cv2.COLOR_BayerBG2BGR)),
    "bayer_bggr": Encoding(1, _color(cv2.COLOR_BayerRG2BGR)),
    "bayer_gbrg": Encoding(1, _color(cv2.COLOR_BayerGR2BGR)),
    "bayer_grbg": Encoding(1, _color(cv2.COLOR_BayerGB2BGR)),
}

ENCODINGS: dict[str, Encoding] = {
    "bgr8": _BGR,
    "8UC3": _BGR,
    "rgb8": _RGB,
    "bgra8": _BGRA,
    "8UC4": _BGRA,
    "rgba8": _RGBA,
    "mono8": _MONO,
    "8UC1": _MONO,
    "bgr16": _BGR.with_words(),
    "16UC3": _BGR.with_words(),
    "rgb16": _RGB.with_words(),
    "bgra16": _BGRA.with_words(),
    "16UC4": _BGRA.with_words(),
    "rgba16": _RGBA.with_words(),
    "mono16": _MONO.with_words(),
    "16UC1": _MONO.with_words(),
    "yuv422": _UYVY,
    "uyvy": _UYVY,
    "yuv422_yuy2": _YUYV,
    "yuyv": _YUYV,
    "yuy2": _YUYV,
    "yuyv422": _YUYV,
    "yvyu": _YVYU,
    "nv12": Encoding(1, _stacked(cv2.COLOR_YUV2BGR_NV12), _HALF, multiple=(2, 2)),
    "nv21": Encoding(1, _stacked(cv2.COLOR_YUV2BGR_NV21), _HALF, multiple=(2, 2)),
    "nv24": Encoding(1, _nv24, ((1, 1), (1, 2))),
    "i420": _I420,
    "yu12": _I420,
    "yuv420": _I420,
    "yv12": Encoding(1, _stacked(cv2.COLOR_YUV2BGR_YV12), _QUARTERS, multiple=(2, 2)),
    **{f"{name}8": encoding for name, encoding in _BAYER.items()},
    **{f"{name}16": encoding.with_words() for name, encoding in _BAYER.items()},
}
"""The raw encodings that are supported without cv_bridge; upper and lower case are the same."""

_BY_NAME = {name.lower(): encoding for name, encoding in ENCODINGS.items()}


def find_encoding(name: str) -> Encoding | None:
    """An encoding by its name, in upper or lower case, with or without blanks around it."""
    return _BY_NAME.get(normal_name(name))


def normal_name(name: str) -> str:
    """An encoding's name in lower case, without blanks and zeros around it."""
    return name.strip(" \t\r\n\0").lower()


def decode_image(message: RawMessage, bit_depth: BitDepth | None = None) -> Image:
    """Read a raw image message; rows may be padded, and both byte orders are supported.

    Args:
        message: with the attributes of sensor_msgs/Image.
        bit_depth: of the source of the message, for 16-bit encodings; if None, this image alone
            shows its bit depth.

    Returns:
        (H, W, 3) uint8 BGR. For bgr8 it may be a view of the message's memory: do not write to
        it.

    Raises:
        ImageError: the encoding is not supported, or the data do not match the size.
    """
    encoding = find_encoding(message.encoding)
    if encoding is None:
        return _with_cv_bridge(message)
    planes = _planes(message, encoding)
    if encoding.words:
        planes = [(bit_depth or BitDepth()).to_8_bits(plane) for plane in planes]
    try:
        return encoding.to_bgr(*planes)
    except cv2.error as error:
        raise ImageError(
            f"{message.width}x{message.height} cannot be read as {message.encoding}: OpenCV does "
            f"not convert this size"
        ) from error


def _planes(message: RawMessage, encoding: Encoding) -> list[NDArray[Any]]:
    """Read-only views of the planes of a message.

    Raises:
        ImageError: the data do not match size and encoding.
    """
    name, width, height = message.encoding, message.width, message.height
    if width == 0 or height == 0:
        raise ImageError(f"image is empty: {width}x{height} pixels")
    if width % encoding.multiple[0] or height % encoding.multiple[1]:
        sides = "an even width and height" if encoding.multiple[1] > 1 else "an even width"
        raise ImageError(f"{width}x{height} cannot be read as {name}: it needs {sides}")
    row_bytes = width * encoding.pixel_bytes
    step = message.step or row_bytes
    if len(encoding.planes) > 1 and step * height == len(message.data):
        step = row_bytes  # some drivers divide all planes by the rows of the image
    if step < row_bytes:
        raise ImageError(
            f"step of {step} bytes is too short for {width} pixels of {name} ({row_bytes} bytes)"
        )
    views = []
    needed = end = 0
    for rows_factor, bytes_factor in encoding.planes:
        rows, stride = int(height * rows_factor), int(step * bytes_factor)
        views.append((end, rows, stride, int(row_bytes * bytes_factor)))
        needed = end + stride * (rows - 1) + views[-1][3]  # the last row may lack its padding
        end += stride * rows
    if len(message.data) < needed:
        raise ImageError(
            f"data are truncated: {len(message.data)} bytes, but {width}x{height} {name} with a "
            f"step of {step} needs {needed}"
        )
    return [_view(message, encoding, *view) for view in views]


def _view(
    message: RawMessage, encoding: Encoding, start: int, rows: int, stride: int, row_bytes: int
) -> NDArray[Any]:
    """One plane as (rows, columns), or (rows, columns, channels) for several channels."""
    kind: np.dtype[Any] = np.dtype(np.uint8)
    if encoding.words:
        kind = np.dtype(">u2" if message.is_bigendian else "<u2")
    channels = encoding.pixel_bytes // kind.itemsize
    flat = np.frombuffer(message.data, np.uint8)
    view: NDArray[Any] = np.ndarray(
        (rows, row_bytes // encoding.pixel_bytes, channels),
        kind,
        flat,
        start,
        (stride, encoding.pixel_bytes, kind.itemsize),
    )
    view.flags.writeable = False
    return view[..., 0] if channels == 1 else view


def _with_cv_bridge(message: RawMessage) -> Image:
    reason = "cv_bridge, which may support it, is not installed"
    if int(np.__version__.split(".")[0]) >= 2:
        # Importing it would load an extension built against NumPy 1.
        reason = f"cv_bridge may support it, but does not work with NumPy {np.__version__}"
    else:
        try:
            bridge = importlib.import_module("cv_bridge").CvBridge()
            return np.asarray(bridge.imgmsg_to_cv2(message, "bgr8"))
        except ImportError:
            pass
        except Exception as error:  # cv_bridge raises several kinds of errors
            reason = f"cv_bridge cannot read it either: {error}"
    raise ImageError(
        f"encoding {message.encoding!r} is not supported ({reason}); supported are "
        f"{', '.join(ENCODINGS)}"
    )
