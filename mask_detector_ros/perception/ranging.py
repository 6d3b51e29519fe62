# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Range of each face from one frame: from its size, and from depth where available.

A face of width W that spans the angle a is at the range W / (2 tan(a / 2)), measured along the
ray to its center. Angles are used instead of pixels on the image plane: heads are round, and
behind a 69 degree lens a face near the image's edge would otherwise appear nearer by up to a
sixth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_ros.perception.depth import DepthImage, face_depth
from mask_detector_ros.perception.depth_unit import unit_decade, unit_problem
from mask_detector_ros.perception.frame_status import yaw_ratio
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import CameraModel, Detections, RangeSource

# ASPECT, ASPECT_LOG_STD, BOX_WIDTHS_PX and BOX_BIAS are those of the shipped detector, measured by
# benchmarks/face_boxes.py; measure them again for another one.
ASPECT = 1.25
"""Height over width of a frontal face box."""
ASPECT_LOG_STD = 0.08
"""Standard deviation of its logarithm over people: uncertainty of a range from the height."""
YAW_NARROWING = 0.19
"""Boxes of turned faces are narrower by 1 / (1 + this * yaw ratio); see frame_status."""
YAW_STD = 0.12
"""Relative standard deviation added per yaw ratio of 1."""
FIT_STD = 0.05
"""Relative standard deviation of how tightly boxes fit the faces of different people."""
BOX_JITTER = 0.02
"""Jitter of a box's width from frame to frame as a fraction of it, added to that in pixels."""
BOX_WIDTHS_PX = (12.0, 14.0, 15.5, 18.0, 21.0, 33.0, 41.0, 49.0, 53.0, 57.0, 66.0, 79.0, 100.0)
BOX_BIAS = (1.13, 1.09, 1.06, 1.02, 1.01, 1.0, 0.99, 0.95, 0.91, 0.89, 0.9, 0.94, 0.965)
"""Measured over true width of boxes of these widths, in pixels of the detector's input. Small boxes
are too wide; those of the size at which two grids of cells meet are too narrow."""
BIAS_STD = 0.7
"""Standard deviation of that correction as a fraction of it."""
CUT_VISIBLE, CUT_STD = 0.75, 0.35
"""Visible fraction of a face that is cut in both directions; relative standard deviation."""
EDGE_PX = 1.5
"""A box that ends this close to the image's edge may continue beyond it."""
MAX_DISAGREEMENT = math.log(2.0)
"""Log ratio between the ranges by depth and by size beyond which depth hit something else."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """Ranges of N faces from one frame. Along the ray, not along z.

    Attributes:
        directions: (N, 3) unit vectors to the centers of the faces, optical frame.
        angles: (N,) standard deviation of the directions, radians.
        by_size: (N,) meters for a person with the prior's mean face width.
        size_std: (N,) relative standard deviation from this frame: box jitter, yaw, cuts.
        person_std: relative standard deviation of face widths over people.
        by_depth: (N,) meters; NaN where depth was not used.
        depth_std: (N,) relative standard deviation.
        depth_problem: why depth was not used for some face; empty if it was for all.
    """

    directions: FloatArray
    angles: FloatArray
    by_size: FloatArray
    size_std: FloatArray
    person_std: float
    by_depth: FloatArray
    depth_std: FloatArray
    depth_problem: str = ""

    @property
    def source(self) -> IntArray:
        """(N,) int8 RangeSource."""
        sized = np.where(np.isfinite(self.by_size), RangeSource.FACE_SIZE, RangeSource.NONE)
        return np.where(np.isfinite(self.by_depth), RangeSource.DEPTH, sized).astype(np.int8)


def width_prior(settings: RangingSettings) -> tuple[float, float]:
    """Face widths of adults and children as one distribution.

    Returns:
        Mean in meters, and relative standard deviation, including the difference between the
        two groups and the fit of boxes.
    """
    fraction = settings.child_fraction
    groups = (
        (1 - fraction, settings.face_width, settings.face_width_std),
        (fraction, settings.child_width, settings.child_width_std),
    )
    mean = sum(weight * width for weight, width, _ in groups)
    square = sum(weight * (width**2 + deviation**2) for weight, width, deviation in groups)
    return mean, math.hypot(math.sqrt(max(square - mean**2, 0.0)) / mean, FIT_STD)


def measure_ranges(
    faces: Detections,
    camera: CameraModel,
    size: tuple[int, int],
    settings: RangingSettings,
    depth: DepthImage | None = None,
) -> Ranges:
    """Measure the range of every face by its size, and by depth if available.

    A box cut by the left or right edge of the image is measured by its height, and its center
    is that of the whole face. Cut in both directions, it is measured by the visible part, with
    a large standard deviation.

    Args:
        faces: boxes, and landmarks where known. Boxes with ``input_scales`` are corrected by
            ``BOX_BIAS``.
        camera: calibration for this resolution.
        size: width and height of the image in pixels.
        settings: current settings.
        depth: aligned with the image, of any resolution.
    """
    boxes = _Boxes(faces.boxes, size)
    rays = camera.rays(boxes.points.reshape(-1, 2)).reshape(5, -1, 2)
    units = np.concatenate([rays, np.ones((*rays.shape[:2], 1))], axis=2)
    units /= np.linalg.norm(units, axis=2, keepdims=True)
    left, right, top, bottom, center = units
    mean, person_std = width_prior(settings)
    yaw = np.clip(np.nan_to_num(yaw_ratio(faces.landmarks)), 0.0, 2.0)
    wide = _bias(boxes.width * faces.input_scales)
    high = _bias(boxes.height / ASPECT * faces.input_scales)
    by_width = mean * wide / (1 + YAW_NARROWING * yaw) / _extent(left, right)
    by_height = mean * high * ASPECT / _extent(top, bottom)
    # Of two cut sides, the one that is less hidden gives the better range.
    by_size = np.select(
        [~boxes.cut_across, ~boxes.cut_down],
        [by_width, by_height],
        CUT_VISIBLE * np.minimum(by_width, by_height),
    )
    of_height = boxes.cut_across & ~boxes.cut_down
    bias = np.where(of_height, high, wide)
    pixels = np.where(of_height, boxes.height, boxes.width)
    jitter = np.hypot(BOX_JITTER, settings.box_width_std / pixels)
    other = np.select(
        [~boxes.cut_across, ~boxes.cut_down],
        [YAW_STD * yaw, np.full_like(yaw, ASPECT_LOG_STD)],
        CUT_STD,
    )
    middle = np.select(
        [boxes.cut_across & boxes.cut_down, boxes.cut_across | boxes.cut_down],
        [CUT_STD, ASPECT_LOG_STD],
        jitter / 2,
    )
    by_size = np.where(np.isfinite(by_size), by_size, np.nan)
    ranges = Ranges(
        directions=center,
        angles=middle * _extent(left, right),
        by_size=by_size,
        size_std=np.hypot(np.hypot(jitter, other), BIAS_STD * np.abs(bias - 1)),
        person_std=person_std,
        by_depth=np.full(len(faces), np.nan),
        depth_std=np.full(len(faces), np.nan),
    )
    return ranges if depth is None else _with_depth(ranges, boxes, size, settings, depth)


def place(faces: Detections, ranges: Ranges) -> Detections:
    """Set positions, covariances and range_source from this frame alone.

    Depth is preferred: it is several times as precise. Along the ray, the uncertainty of a
    range by size includes the variation over people; across it, only that of the box.
    """
    measured = np.isfinite(ranges.by_depth)
    distance = np.where(measured, ranges.by_depth, ranges.by_size)
    by_size = np.hypot(ranges.size_std, ranges.person_std)
    relative = np.where(measured, ranges.depth_std, by_size)
    return faces.with_(
        positions=(ranges.directions * distance[:, None]).astype(np.float32),
        covariances=covariances(ranges.directions, distance, relative, ranges.angles),
        range_source=ranges.source,
    )


def covariances(
    directions: FloatArray, distance: FloatArray, relative: FloatArray, angles: FloatArray
) -> FloatArray:
    """Covariances from standard deviations along and across the rays.

    Args:
        directions: (N, 3) unit vectors.
        distance: (N,) meters along them.
        relative: (N,) standard deviation of the distance over the distance.
        angles: (N,) standard deviation of the directions, radians.

    Returns:
        (N, 3, 3) float32 square meters.
    """
    along = directions[:, :, None] * directions[:, None, :]
    across = np.eye(3) - along
    shape = along * relative[:, None, None] ** 2 + across * angles[:, None, None] ** 2
    return (shape * distance[:, None, None] ** 2).astype(np.float32)


def _extent(a: FloatArray, b: FloatArray) -> FloatArray:
    """Extent between two unit vectors at a distance of 1 m: 2 tan(angle / 2), meters."""
    half_sine = np.linalg.norm(a - b, axis=1) / 2
    return np.maximum(2 * half_sine / np.sqrt(np.maximum(1 - half_sine**2, 1e-12)), 1e-6)


def _bias(widths: FloatArray) -> FloatArray:
    """Measured over true size of boxes (N,) by their width in input pixels; 1 for NaN."""
    return np.where(np.isfinite(widths), np.interp(widths, BOX_WIDTHS_PX, BOX_BIAS), 1.0)


def _with_depth(
    ranges: Ranges,
    boxes: _Boxes,
    size: tuple[int, int],
    settings: RangingSettings,
    depth: DepthImage,
) -> Ranges:
    """Add ranges by depth where it is valid."""
    problem = ""
    if settings.depth_unit:
        depth = replace(depth, unit=settings.depth_unit)
    by_size = np.hypot(ranges.size_std, ranges.person_std)
    decades = []
    for row, box in enumerate(boxes.visible):
        along_axis = ranges.directions[row, 2]
        found = face_depth(depth, box, size, settings)
        if not isinstance(found, str):
            z, deviation = found
            distance = z / along_axis
            allowed = max(MAX_DISAGREEMENT, 4 * by_size[row])
            if abs(math.log(distance / ranges.by_size[row])) <= allowed:
                ranges.by_depth[row] = distance
                ranges.depth_std[row] = deviation / z
                decades.append(0)
                continue
            found = "depth disagrees with the face size: it measured something else"
        problem = problem or found
        decades.append(unit_decade(depth, box, size, ranges.by_size[row] * along_axis))
    return replace(ranges, depth_problem=unit_problem(depth, decades) or problem)


class _Boxes:
    """Face boxes clipped to their image.

    Attributes:
        visible: (N, 4) x, y, w, h inside the image.
        width, height: (N,) pixels of the visible part, at least 1.
        cut_across, cut_down: (N,) whether the image's edge may hide part of the width or
            of the height.
        points: (5, N, 2) pixels: centers of the left, right, upper and lower side, and of
            the whole face.
    """

    def __init__(self, boxes: FloatArray, size: tuple[int, int]) -> None:
        x, y, w, h = np.asarray(boxes, np.float64).reshape(-1, 4).T
        columns, rows = size
        left, right = np.clip(x, 0, columns - 1), np.clip(x + w, 1, columns)
        top, bottom = np.clip(y, 0, rows - 1), np.clip(y + h, 1, rows)
        self.width, self.height = np.maximum(right - left, 1), np.maximum(bottom - top, 1)
        self.visible = np.stack([left, top, self.width, self.height], axis=1)
        at_left, at_right = x < EDGE_PX, x + w > columns - EDGE_PX
        at_top, at_bottom = y < EDGE_PX, y + h > rows - EDGE_PX
        self.cut_across, self.cut_down = at_left | at_right, at_top | at_bottom
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        # Cut on one side, the center of the whole face follows from the other side.
        whole_width = np.maximum(self.width, np.where(self.cut_down, 0, self.height / ASPECT))
        whole_height = np.maximum(self.height, np.where(self.cut_across, 0, self.width * ASPECT))
        center_x = np.select(
            [at_left & ~at_right, at_right & ~at_left],
            [right - whole_width / 2, left + whole_width / 2],
            middle_x,
        )
        center_y = np.select(
            [at_top & ~at_bottom, at_bottom & ~at_top],
            [bottom - whole_height / 2, top + whole_height / 2],
            middle_y,
        )
        sides = ((left, middle_y), (right, middle_y), (middle_x, top), (middle_x, bottom))
        points = (*sides, (center_x, center_y))
        self.points = np.stack([np.stack(point, axis=1) for point in points])
