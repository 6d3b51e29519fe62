# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images to messages, CameraInfo to calibrations, and stamps to seconds."""

from __future__ import annotations

import array

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
