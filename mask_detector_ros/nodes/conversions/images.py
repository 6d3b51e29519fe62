# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs images, their stamps, and CameraInfo to NumPy and back.

The encodings listed here need no cv_bridge, whose Python module does not work with NumPy 2. Other
encodings are left to cv_bridge if it is installed and works.
"""

from __future__ import annotations

import array
import importlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from builtin_interfaces.msg import Time as TimeMessage
from rclpy.clock import Clock
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.types import CameraModel

MAX_ASPECT_DIFFERENCE = 0.02
"""Relative difference of aspect ratios up to which a calibration is used."""


class ImageError(ValueError):
    """An image message is not usable; the error's message says why."""


@dataclass(frozen=True)
class Encoding:
    """Memory layout of an encoding and its conversion to BGR.

    Attributes:
        pixel_bytes: bytes per pixel in a row.
        to_bgr: converts (rows, width, pixel_bytes) uint8 to (H, W, 3) uint8 BGR.
        row_factor: rows of data per image row (1.5 if rows of chroma follow).
    """

    pixel_bytes: int
    to_bgr: Callable[[Image], Image]
    row_factor: float = 1.0


def _color(code: int) -> Callable[[Image], Image]:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels, code))


def _one_plane(code: int) -> Callable[[Image], Image]:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels[..., 0], code))


def _high_byte(index: int) -> Callable[[Image], Image]:
    """16-bit gray to 8 bits by its high byte, at ``index`` in memory."""
    return lambda pixels: np.asarray(
        cv2.cvtColor(np.ascontiguousarray(pixels[..., index]), cv2.COLOR_GRAY2BGR)
    )


_BGR = Encoding(3, lambda pixels: pixels)
_MONO = Encoding(1, _one_plane(cv2.COLOR_GRAY2BGR))
_UYVY = Encoding(2, _color(cv2.COLOR_YUV2BGR_UYVY))
_YUYV = Encoding(2, _color(cv2.COLOR_YUV2BGR_YUY2))

ENCODINGS: dict[str, Encoding] = {
    "bgr8": _BGR,
    "8UC3": _BGR,
    "rgb8": Encoding(3, _color(cv2.COLOR_RGB2BGR)),
    "bgra8": Encoding(4, _color(cv2.COLOR_BGRA2BGR)),
    "rgba8": Encoding(4, _color(cv2.COLOR_RGBA2BGR)),
    "mono8": _MONO,
    "8UC1": _MONO,
    "mono16": Encoding(2, _high_byte(1)),
    "yuv422": _UYVY,
    "uyvy": _UYVY,
    "yuv422_yuy2": _YUYV,
    "yuyv": _YUYV,
    "nv12": Encoding(1, _one_plane(cv2.COLOR_YUV2BGR_NV12), 1.5),
    "nv21": Encoding(1, _one_plane(cv2.COLOR_YUV2BGR_NV21), 1.5),
    # OpenCV names a Bayer pattern by its second row, ROS by the first.
    "bayer_rggb8": Encoding(1, _one_plane(cv2.COLOR_BayerBG2BGR)),
    "bayer_bggr8": Encoding(1, _one_plane(cv2.COLOR_BayerRG2BGR)),
    "bayer_gbrg8": Encoding(1, _one_plane(cv2.COLOR_BayerGR2BGR)),
    "bayer_grbg8": Encoding(1, _one_plane(cv2.COLOR_BayerGB2BGR)),
}
"""The raw encodings that are supported without cv_bridge."""

_BIG_ENDIAN = {"mono16": Encoding(2, _high_byte(0))}


def image_to_bgr(message: ImageMessage) -> Image:
    """Read an image message; rows may be padded, and both byte orders are supported.

    Returns:
        (H, W, 3) uint8 BGR. For bgr8 it may be a view of the message's memory: do not write to
        it.

    Raises:
        ImageError: the encoding is not supported, or the data do not match the size.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        return _with_cv_bridge(message)
    if message.is_bigendian:
        encoding = _BIG_ENDIAN.get(message.encoding, encoding)
    width, height = message.width, message.height
    if width == 0 or height == 0:
        raise ImageError(f"image is empty: {width}x{height} pixels")
    row_bytes = width * encoding.pixel_bytes
    step = message.step or row_bytes
    rows = int(height * encoding.row_factor)
    if step < row_bytes:
        raise ImageError(
            f"step of {step} bytes is too short for {width} pixels of {message.encoding} "
            f"({row_bytes} bytes)"
        )
    # The last row may lack its padding.
    needed = step * (rows - 1) + row_bytes
    if len(message.data) < needed:
        raise ImageError(
            f"data are truncated: {len(message.data)} bytes, but {width}x{height} "
            f"{message.encoding} with a step of {step} needs {needed}"
        )
    flat = np.frombuffer(message.data, np.uint8)
    pixels = np.lib.stride_tricks.as_strided(
        flat,
        (rows, width, encoding.pixel_bytes),
        (step, encoding.pixel_bytes, 1),
        writeable=False,
    )
    try:
        return encoding.to_bgr(pixels)
    except cv2.error as error:
        raise ImageError(
            f"{width}x{height} cannot be read as {message.encoding}: {error.err}"
        ) from error


def _with_cv_bridge(message: ImageMessage) -> Image:
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


def compressed_to_bgr(message: CompressedImage) -> Image:
    """Decode a JPEG or PNG message to (H, W, 3) uint8 BGR.

    Raises:
        ImageError: the data are not a JPEG or PNG image.
    """
    data = np.frombuffer(message.data, np.uint8)
    # EXIF orientation is ignored: a rotated image would not match its CameraInfo.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(data, flags) if data.size else None
    except cv2.error as error:
        raise ImageError(f"compressed image cannot be decoded: {error.err}") from error
    if image is None:
        raise ImageError(
            f"{data.size} bytes with format {message.format!r} are not a JPEG or PNG image"
        )
    return np.asarray(image)


def image_message(image: Image, header: Header) -> ImageMessage:
    """(H, W, 3) uint8 BGR to a bgr8 message with the given header."""
    message = ImageMessage(header=header, encoding="bgr8")
    message.height, message.width = image.shape[:2]
    message.step = 3 * message.width
    message.data = _bytes(image)
    return message


def jpeg_message(image: Image, header: Header, quality: int) -> CompressedImage:
    """(H, W, 3) uint8 BGR to a JPEG message; ``quality`` 1-100."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return CompressedImage(header=header, format="bgr8; jpeg compressed bgr8", data=_bytes(data))


def _bytes(values: Image) -> array.array[int]:
    """As array.array, which rclpy assigns without checking each byte (100 times faster)."""
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(values).data)
    return data


def camera_model(info: CameraInfo, width: int, height: int) -> CameraModel | None:
    """The calibration for images of ``width`` x ``height`` pixels.

    The matrix is scaled if the images are smaller or larger than at calibration, and shifted if
    the camera publishes a region of interest (``info.roi``). The images must be raw, not
    rectified, since the distortion is kept in the model.

    Returns:
        None if the camera is not calibrated (K is zero) or the aspect ratios differ.
    """
    matrix = np.asarray(info.k, np.float64).reshape(3, 3).copy()
    if not (np.isfinite(matrix).all() and matrix[0, 0] > 0 and matrix[1, 1] > 0):
        return None
    full, roi = (info.width, info.height), (info.roi.width, info.roi.height)
    if all(roi) and (width, height) != full:
        matrix[0, 2] -= info.roi.x_offset
        matrix[1, 2] -= info.roi.y_offset
        full = roi
    if all(full):
        scale_x, scale_y = width / full[0], height / full[1]
        if abs(scale_x / scale_y - 1.0) > MAX_ASPECT_DIFFERENCE:
            return None
        matrix[0] *= scale_x
        matrix[1] *= scale_y
    fisheye = info.distortion_model in ("equidistant", "fisheye")
    return CameraModel(matrix, _distortion(info, fisheye), fisheye)


def _distortion(info: CameraInfo, fisheye: bool) -> np.ndarray:
    """Coefficients padded with zeros to a count that OpenCV has a model for."""
    given = np.nan_to_num(np.asarray(info.d, np.float64))
    counts = (4,) if fisheye else (0, 4, 5, 8, 12, 14)
    count = next((n for n in counts if n >= given.size), counts[-1])
    distortion = np.zeros(count)
    distortion[: given.size] = given[:count]
    return distortion


def stamp_seconds(stamp: TimeMessage) -> float:
    """A stamp in seconds.

    Raises:
        ValueError: the stamp is negative.
    """
    return float(Time.from_msg(stamp).nanoseconds * 1e-9)


def stamp_age(stamp: TimeMessage, clock: Clock) -> float:
    """Seconds from a stamp to now by ``clock``; negative for a stamp in the future.

    Raises:
        ValueError: the stamp is negative.
    """
    taken = Time.from_msg(stamp, clock_type=clock.clock_type)
    return float((clock.now() - taken).nanoseconds * 1e-9)
