# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether intrinsics can belong to a camera.

What is merely unusual, such as a camera whose driver crops the image, gives a warning; intrinsics
with which positions would be nonsense are refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.distortion_models import CalibrationError
from mask_detector_ros.perception.types import CameraModel

MAX_CENTER_OFFSET = 0.15
"""Distance of the principal point from the image's center, as a fraction of the image's side, up
to which it is usual: assembly of a lens moves it by a few percent, rectification of a stereo pair
by about ten."""
MIN_CENTER_MARGIN = 0.05
"""A principal point nearer to the edge than this fraction, or outside, is that of another image."""
SUSPICIOUS_SCALE, WRONG_SCALE = 1.2, 1.4
"""Factor, the same in x and y, between the center of the image and the principal point: K of
another resolution has it, and ranges are wrong by it."""
SAME_SCALE = 1.1
"""Two such factors up to this ratio are the same."""
USUAL_PIXEL_RATIO, MAX_PIXEL_RATIO = 1.25, 3.0
"""fx / fy: pixels of video standards reach 1.1, those of single fields (interlaced) 2.2."""
MAX_PINHOLE_DEG, MAX_FISHEYE_DEG = 170.0, 720.0
"""Fields of view beyond which the focal length is not in pixels. The widest fisheye lenses have
280 degrees, and the image may be twice as wide as the circle that they see."""
USUAL_MIN_DEG, MIN_DEG = 5.0, 1.0
"""Narrowest field of view of a usual lens; and of any, with the zoom of a surveillance camera."""
MAX_INVERSION_ERROR = 0.01
"""Error of pixel -> ray -> pixel, as a fraction of the image's width: one percent in bearing."""
SUSPICIOUS_AREA, WRONG_AREA = 0.25, 0.5
"""Fractions of the image with a larger error. Few pixels in the corners are usual: no polynomial
fits there."""

Size = tuple[int, int]


def check_matrix(name: str, matrix: FloatArray) -> FloatArray:
    """A (3, 3) float64 matrix of intrinsics with focal lengths above 0.

    Raises:
        CalibrationError: it is none; the message begins with ``name``.
    """
    if not np.isfinite(matrix).all():
        raise CalibrationError(f"{name} of CameraInfo contains NaN or infinity")
    fx, fy = matrix[0, 0], matrix[1, 1]
    if fx == 0 and fy == 0:
        uncalibrated = ": the camera is not calibrated" if name == "K" else ""
        raise CalibrationError(f"{name} of CameraInfo is zero{uncalibrated}")
    if fx <= 0 or fy <= 0:
        raise CalibrationError(
            f"{name} of CameraInfo has the focal lengths {fx:g} and {fy:g}; expected both above 0"
        )
    if matrix[2, :2].any() and not matrix[:2, 2].any():
        raise CalibrationError(
            f"{name} of CameraInfo is transposed: the principal point is in the last row"
        )
    if not np.allclose(matrix[2], (0, 0, 1)) and matrix[2].any():
        row = ", ".join(f"{value:g}" for value in matrix[2])
        raise CalibrationError(f"the last row of {name} in CameraInfo is {row}; expected 0, 0, 1")
    return np.vstack([matrix[:2], (0.0, 0.0, 1.0)])


def check_projection(
    name: str, matrix: FloatArray, size: Size, fisheye: bool, others: Mapping[str, Size]
) -> list[str]:
    """What is suspicious about a matrix for images of a size.

    Args:
        name: K or P.
        matrix: (3, 3) float64.
        size: width and height in pixels.
        fisheye: whether it is used with the equidistant model.
        others: sizes that the matrix may be for instead, by what has that size.

    Raises:
        CalibrationError: positions would be nonsense.
    """
    return [
        *_check_field_of_view(name, float(matrix[0, 0]), size[0], fisheye),
        *_check_pixel_ratio(name, float(matrix[0, 0] / matrix[1, 1])),
        *_check_center(name, matrix[:2, 2], size, others),
    ]


def _check_field_of_view(name: str, focal: float, width: int, fisheye: bool) -> list[str]:
    half = width / 2 / focal if fisheye else math.atan(width / 2 / focal)
    degrees = round(math.degrees(2 * half), 6)
    text = f"{name} of CameraInfo means a field of view of {degrees:.3g} degrees"
    if degrees < MIN_DEG or degrees > (MAX_FISHEYE_DEG if fisheye else MAX_PINHOLE_DEG):
        raise CalibrationError(f"{text}: its focal length, {focal:g}, is not in pixels")
    return [f"{text}, which few lenses have"] if degrees < USUAL_MIN_DEG else []


def _check_pixel_ratio(name: str, ratio: float) -> list[str]:
    text = f"the focal lengths of {name} in CameraInfo differ by a factor of {_factor(ratio):.2f}"
    if _factor(ratio) > MAX_PIXEL_RATIO:
        raise CalibrationError(f"{text}: one of them is wrong")
    return [f"{text}, as if pixels were not square"] if _factor(ratio) > USUAL_PIXEL_RATIO else []


def _check_center(
    name: str, center: FloatArray, size: Size, others: Mapping[str, Size]
) -> list[str]:
    relative = center / size
    scale = 2 * relative
    text = (
        f"the principal point of {name} in CameraInfo is ({center[0]:.0f}, {center[1]:.0f}), far "
        f"from the center of {size[0]}x{size[1]} pixels"
    )
    fits = [
        f"{what} ({other[0]}x{other[1]})"
        for what, other in others.items()
        if other != size and all(other) and np.abs(center / other - 0.5).max() <= MIN_CENTER_MARGIN
    ]
    outside = np.abs(relative - 0.5).max() > 0.5 - MIN_CENTER_MARGIN
    same = not outside and _factor(scale[0] / scale[1]) <= SAME_SCALE
    factor = _factor(math.sqrt(scale[0] * scale[1])) if same else 1.0
    if outside or factor > WRONG_SCALE:
        hint = f"it fits {fits[0]}" if fits else f"{name} is for another resolution"
        raise CalibrationError(
            f"{text}: {hint}; K and P must be for width and height (full resolution), and roi must "
            f"be set if images are cropped"
        )
    if factor > SUSPICIOUS_SCALE or np.abs(relative - 0.5).max() > MAX_CENTER_OFFSET:
        return [f"{text}: either {name} is for another resolution, or images are cropped"]
    return []


def _factor(ratio: float) -> float:
    """A ratio or its inverse, whichever is above 1."""
    return max(ratio, 1 / ratio)


def check_inversion(camera: CameraModel, size: Size) -> list[str]:
    """Whether the distortion can be inverted within the image.

    A polynomial with coefficients of another camera or model cannot.

    Raises:
        CalibrationError: it cannot in most of the image.
    """
    if not camera.distortion.any():
        return []
    width, height = size
    x, y = np.meshgrid(np.linspace(0, width - 1, 17), np.linspace(0, height - 1, 13))
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    rays = camera.rays(pixels)
    seen = np.isfinite(rays).all(axis=1)
    errors = np.linalg.norm(_pixels(camera, rays[seen]) - pixels[seen], axis=1)
    wrong = 1 - np.count_nonzero(errors <= MAX_INVERSION_ERROR * width) / max(len(errors), 1)
    text = (
        f"the distortion of CameraInfo cannot be inverted in {100 * wrong:.0f} % of the image: D "
        f"may belong to another camera or model"
    )
    if wrong > WRONG_AREA:
        raise CalibrationError(text)
    return [text] if wrong > SUSPICIOUS_AREA else []


def _pixels(camera: CameraModel, rays: FloatArray) -> FloatArray:
    """Distorted pixels of undistorted rays; the inverse of ``CameraModel.rays``."""
    if len(rays) == 0:
        return np.zeros((0, 2))
    points = np.column_stack([rays, np.ones(len(rays))]).reshape(-1, 1, 3)
    zero = np.zeros(3)
    if camera.fisheye:
        projected, _ = cv2.fisheye.projectPoints(
            points, zero, zero, camera.matrix, camera.distortion
        )
    else:
        projected, _ = cv2.projectPoints(points, zero, zero, camera.matrix, camera.distortion)
    return np.asarray(projected, np.float64).reshape(-1, 2)
