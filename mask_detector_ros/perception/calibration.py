# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Judges a CameraInfo for images of one size: the camera model to use, or why there is none.

Raw images follow K and D, rectified images follow the left 3x3 part of P without distortion
(REP-104, sensor_msgs/CameraInfo). Any object with the attributes of that message will do, such as
one read from a bag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.frames import frame_name
from mask_detector_ros.perception.camera_plausibility import (
    check_inversion,
    check_matrix,
    check_projection,
)
from mask_detector_ros.perception.distortion_models import (
    NO_DISTORTION,
    CalibrationError,
    Distortion,
    is_fisheye,
    read_distortion,
)
from mask_detector_ros.perception.types import CameraModel

AUTO, RAW, RECTIFIED, NONE = "auto", "raw", "rectified", "none"
CHOICES = (AUTO, RAW, RECTIFIED, NONE)
"""What the images are, for ``read_calibration``; ``none``: positions are not wanted."""

MAX_ASPECT_DIFFERENCE = 0.02
"""Relative difference of aspect ratios up to which a calibration is scaled to the images."""
MAX_MATRIX_DIFFERENCE = 0.01
"""Relative difference up to which K and P are the same: it changes a range by as much."""

_RECTIFIED_WORDS = {"rect", "rectified", "rectify", "undistorted", "undistort"}

Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a CameraInfo says about images of one size.

    Attributes:
        camera: for these images; None if there are no positions.
        source: the part of CameraInfo that is used, in words; empty without a camera.
        problem: why there is no camera; empty if there is one.
        warnings: what is suspicious though the camera is used.
    """

    camera: CameraModel | None = None
    source: str = ""
    problem: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Projection:
    """One of the two projections in a CameraInfo, for the full resolution."""

    name: str
    matrix: FloatArray
    distortion: Distortion
    source: str


def is_rectified_topic(topic: str) -> bool:
    """Whether the name of an image topic says rectified, such as /left/image_rect_color."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", topic)
    return any(word.lower() in _RECTIFIED_WORDS for word in words)


def read_calibration(
    info: Any,
    width: int,
    height: int,
    *,
    topic: str = "",
    images: str = AUTO,
    frame_id: str = "",
) -> Calibration:
    """The calibration for images of ``width`` x ``height`` pixels.

    The matrix is scaled if the images are smaller or larger than at calibration (binning
    included), and shifted if the camera publishes a region of interest (``info.roi``).

    With ``auto``, images are rectified if the topic's name says so, if K is zero and P is not, or
    if D is all zero and P is plausible (then both are mostly equal; a warning if they differ).

    Args:
        info: sensor_msgs/CameraInfo or an object with its attributes.
        width: of the images in pixels.
        height: of the images in pixels.
        topic: name of the image topic, of which ``auto`` makes use.
        images: ``auto``, ``raw`` or ``rectified``.
        frame_id: of the images; compared with that of ``info`` unless one is empty.
    """
    warnings: list[str] = []
    ours, theirs = frame_name(frame_id), frame_name(info.header.frame_id)
    if ours and theirs and ours != theirs:
        warnings.append(
            f"CameraInfo is of frame {theirs!r}, images are in frame {ours!r}: it may be of "
            f"another camera"
        )
    try:
        projection = _select(info, (width, height), topic, images, warnings)
        matrix, found = _fit(projection, info, (width, height))
        warnings += found
        camera = CameraModel(
            matrix, projection.distortion.coefficients, projection.distortion.fisheye
        )
        warnings += check_inversion(camera, (width, height))
    except CalibrationError as error:
        return Calibration(problem=str(error), warnings=tuple(warnings))
    return Calibration(camera, projection.source, "", tuple(warnings))


def _select(info: Any, size: Size, topic: str, images: str, warnings: list[str]) -> _Projection:
    """The projection of the images.

    Raises:
        CalibrationError: there is none.
    """
    undistorted = not np.any(np.asarray(info.d, np.float64)) and not is_fisheye(
        info.distortion_model
    )
    by_topic = images == AUTO and is_rectified_topic(topic)
    rectified = images == RECTIFIED or by_topic
    if images == RAW:
        return _raw(info)
    if undistorted:
        return _of_undistorted(info, size, images == RECTIFIED, warnings)
    if rectified:
        why = f"the name of {topic} says so" if by_topic else "ranging.calibration says so"
        try:
            return _rectified(info)
        except CalibrationError as error:
            raise CalibrationError(f"images are rectified ({why}), but {error}") from error
    if not np.any(info.k[:6]) and np.any(info.p[:6]):
        warnings.append(
            "K of CameraInfo is zero, but D is not: P is used, as for rectified images; raw images "
            "need K"
        )
        return _rectified(info)
    return _raw(info)


def _raw(info: Any) -> _Projection:
    matrix = check_matrix("K", np.asarray(info.k, np.float64).reshape(3, 3))
    distortion = read_distortion(info.distortion_model, np.asarray(info.d, np.float64))
    model = f"D ({info.distortion_model})" if len(distortion.coefficients) else "no distortion"
    return _Projection("K", matrix, distortion, f"K and {model}")


def _rectified(info: Any) -> _Projection:
    # The fourth column is the baseline of a stereo camera: rays start at the image's own camera.
    matrix = check_matrix("P", np.asarray(info.p, np.float64).reshape(3, 4)[:, :3])
    return _Projection("P", matrix, NO_DISTORTION, "P, rectified images")


def _of_undistorted(info: Any, size: Size, certain: bool, warnings: list[str]) -> _Projection:
    """Of images without distortion: P if it is plausible, else K.

    Images are rectified or the lens is perfect. Then K and P are equal, unless rectification has
    changed the focal length or rotated the images; a difference is a warning.

    Args:
        info: the CameraInfo.
        size: of the images.
        certain: whether the images are known to be rectified, so that P holds if there is one.
        warnings: a warning is added to it.
    """
    try:
        by_p = _rectified(info)
        if certain:
            return by_p
        if _fit(by_p, info, size)[1]:
            return _raw(info)
    except CalibrationError:
        return _raw(info)
    try:
        by_k = _raw(info)
    except CalibrationError as error:
        if np.any(info.k[:6]):
            warnings.append(f"{error}; P is used, as for rectified images")
        return by_p
    k, p = by_k.matrix[:2], by_p.matrix[:2]
    if np.abs(p - k).max() <= MAX_MATRIX_DIFFERENCE * k.max():
        return by_k
    warnings.append(
        f"D of CameraInfo is zero, but K (focal length {k[0, 0]:.0f}) and P ({p[0, 0]:.0f}) "
        f"differ: P is used, as for rectified images; set ranging.calibration to raw if K "
        f"holds, to rectified if P does"
    )
    return by_p


def _fit(projection: _Projection, info: Any, size: Size) -> tuple[FloatArray, list[str]]:
    """The matrix for images of this size, and what is suspicious about it.

    Raises:
        CalibrationError: the sizes do not match, or positions would be nonsense.
    """
    full, roi = (info.width, info.height), (info.roi.width, info.roi.height)
    binning = (max(info.binning_x, 1), max(info.binning_y, 1))
    binned = _divide(full, binning)
    known = all(full)
    warnings = check_projection(
        projection.name,
        projection.matrix,
        full if known else size,
        projection.distortion.fisheye,
        {"binned images": binned, "the region of interest": roi, "these images": size},
    )
    matrix = projection.matrix.copy()
    base = full
    if all(roi) and size not in (full, binned):
        if known and (info.roi.x_offset + roi[0] > full[0] or info.roi.y_offset + roi[1] > full[1]):
            raise CalibrationError(
                f"the region of interest of CameraInfo, {roi[0]}x{roi[1]} pixels at "
                f"({info.roi.x_offset}, {info.roi.y_offset}), exceeds its {full[0]}x{full[1]}"
            )
        matrix[0, 2] -= info.roi.x_offset
        matrix[1, 2] -= info.roi.y_offset
        base = roi
    if all(base):
        scale_x, scale_y = size[0] / base[0], size[1] / base[1]
        as_binned = np.abs(np.subtract(_divide(base, binning), size)).max() <= 1
        if not as_binned and abs(scale_x / scale_y - 1.0) > MAX_ASPECT_DIFFERENCE:
            raise CalibrationError(_wrong_aspect(base, size))
        matrix[0] *= scale_x
        matrix[1] *= scale_y
    return matrix, warnings


def _wrong_aspect(base: Size, size: Size) -> str:
    text = (
        f"CameraInfo is for {base[0]}x{base[1]} pixels, images have {size[0]}x{size[1]}: the "
        f"aspect ratio differs"
    )
    if abs(base[0] / base[1] * size[0] / size[1] - 1.0) <= MAX_ASPECT_DIFFERENCE:
        return f"{text}; one of the two is turned by 90 degrees"
    return f"{text}; if images are cropped, CameraInfo must have the region of interest (roi)"


def _divide(size: Size, binning: Size) -> Size:
    return size[0] // binning[0], size[1] // binning[1]
