# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs images and calibrations to NumPy and back.

cv_bridge is not needed for the encodings listed here: its Python half breaks under
NumPy 2, so nothing common may hang on it. Where it is installed and sound it takes what
lies beyond the list.
"""

from __future__ import annotations

import array
import importlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.types import CameraModel


class ImageError(ValueError):
    """An image message cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Encoding:
    """How the rows of an encoding are laid out, and how they become BGR.

    Attributes:
        pixel_bytes: bytes per pixel in a row.
        to_bgr: takes the (rows, width, pixel_bytes) uint8 pixels.
        row_factor: rows of data per row of picture (1.5 where chroma rows follow).
    """

    pixel_bytes: int
    to_bgr: Callable[[Image], Image]
    row_factor: float = 1.0


def _color(code: int) -> Callable[[Image], Image]:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels, code))


def _one_plane(code: int) -> Callable[[Image], Image]:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels[..., 0], code))


def _high_byte(index: int) -> Callable[[Image], Image]:
    """Of 16 bits only the upper eight matter for a picture; no arithmetic is needed."""
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
    # OpenCV names a Bayer pattern by its second row, ROS by its first.
    "bayer_rggb8": Encoding(1, _one_plane(cv2.COLOR_BayerBG2BGR)),
    "bayer_bggr8": Encoding(1, _one_plane(cv2.COLOR_BayerRG2BGR)),
    "bayer_gbrg8": Encoding(1, _one_plane(cv2.COLOR_BayerGR2BGR)),
    "bayer_grbg8": Encoding(1, _one_plane(cv2.COLOR_BayerGB2BGR)),
}
"""Every raw encoding that is read without cv_bridge."""

_BIG_ENDIAN = {"mono16": Encoding(2, _high_byte(0))}


def image_to_bgr(message: ImageMessage) -> Image:
    """Read an image message, padded rows and either byte order included.

    Returns:
        (H, W, 3) uint8 BGR. Of bgr8 it is a view of the message's own memory where that
        is possible, so it must not be written to.

    Raises:
        ImageError: the encoding is unknown, or the data do not fit what is announced.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        return _through_cv_bridge(message)
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
    # The last row may come without its padding.
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


def _through_cv_bridge(message: ImageMessage) -> Image:
    problem = "cv_bridge, which might read it, is not installed"
    if int(np.__version__.split(".")[0]) >= 2:
        # Importing it would load an extension built against NumPy 1.
        problem = f"cv_bridge might read it, but does not work under NumPy {np.__version__}"
    else:
        try:
            bridge = importlib.import_module("cv_bridge").CvBridge()
            return np.asarray(bridge.imgmsg_to_cv2(message, "bgr8"))
        except ImportError:
            pass
        except Exception as error:  # CvBridgeError shares no base class with anything
            problem = f"cv_bridge cannot read it either: {error}"
    raise ImageError(
        f"encoding {message.encoding!r} is not supported ({problem}); supported are "
        f"{', '.join(ENCODINGS)}"
    )


def compressed_to_bgr(message: CompressedImage) -> Image:
    """Decode a JPEG or PNG message into (H, W, 3) uint8 BGR.

    Raises:
        ImageError: the data are not a picture.
    """
    data = np.frombuffer(message.data, np.uint8)
    # A turned picture would no longer fit its CameraInfo, so EXIF is left alone here.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(data, flags) if data.size else None
    except cv2.error as error:
        raise ImageError(f"compressed image cannot be decoded: {error.err}") from error
    if image is None:
        raise ImageError(
            f"{data.size} bytes announced as {message.format!r} are not a JPEG or PNG picture"
        )
    return np.asarray(image)


def image_message(image: Image, header: Header) -> ImageMessage:
    """(H, W, 3) uint8 BGR to a bgr8 message with this header."""
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
    """The one form rclpy takes without looking at every byte (hundreds of times faster)."""
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(values).data)
    return data


def camera_model(info: CameraInfo, width: int, height: int) -> CameraModel | None:
    """The calibration of images of ``width`` x ``height`` pixels.

    A camera that publishes smaller or larger images than it was calibrated with has its
    matrix scaled along; one that publishes a part of its picture, as ``info.roi`` says, has it
    moved. The images must be raw, not rectified: the distortion is taken out here.

    Returns:
        None where the camera is not calibrated (K is zero) or the sizes do not fit.
    """
    matrix = np.asarray(info.k, np.float64).reshape(3, 3).copy()
    if not (np.isfinite(matrix).all() and matrix[0, 0] > 0 and matrix[1, 1] > 0):
        return None
    full, part = (info.width, info.height), (info.roi.width, info.roi.height)
    if all(part) and (width, height) != full:
        matrix[0, 2] -= info.roi.x_offset
        matrix[1, 2] -= info.roi.y_offset
        full = part
    if all(full):
        across, down = width / full[0], height / full[1]
        if abs(across / down - 1.0) > 0.02:
            return None
        matrix[0] *= across
        matrix[1] *= down
    fisheye = info.distortion_model in ("equidistant", "fisheye")
    return CameraModel(matrix, _distortion(info, fisheye), fisheye)


def _distortion(info: CameraInfo, fisheye: bool) -> np.ndarray:
    """As many coefficients as OpenCV has a model for; the missing ones are zero."""
    given = np.nan_to_num(np.asarray(info.d, np.float64))
    counts = (4,) if fisheye else (0, 4, 5, 8, 12, 14)
    count = next((n for n in counts if n >= given.size), counts[-1])
    distortion = np.zeros(count)
    distortion[: given.size] = given[:count]
    return distortion
