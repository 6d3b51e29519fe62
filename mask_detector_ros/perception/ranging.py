# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far a face is, by one frame: from its size in the image, and from depth where there is any.

A face of known width W that spans the angle a is W / (2 tan(a / 2)) away, measured along the
ray to its middle. Angles, not pixels on the image plane: heads are round, and a face near the
image's edge would otherwise come out too near by up to a sixth behind a 69 degree lens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mask_detector_ros.perception.depth import DepthImage, face_depth
from mask_detector_ros.perception.frame_status import turn
from mask_detector_ros.perception.pipeline_settings import RangingSettings
from mask_detector_ros.perception.types import CameraModel, Detections, FloatArray, RangeSource

ASPECT = 1.21
"""Height of a frontal face box over its width, as the shipped detector draws them."""
ASPECT_DEVIATION = 0.08
"""Of its logarithm over people; what a range from the height adds to its uncertainty."""
TURN_NARROWS = 0.19
"""Boxes of turned faces are narrower by 1 / (1 + this * turn); see quality.turn."""
TURN_DEVIATION = 0.12
"""What a turn of 1 adds to the relative deviation."""
FIT_DEVIATION = 0.05
"""Relative; how differently boxes sit on the faces of different people."""
BOX_SHARE = 0.02
"""Share of a box's width by which it jitters from frame to frame, besides its pixels."""
BOX_GROWTH = 8.5
"""Pixels of the shipped detector's input by which small boxes come out too large: a side of
true length s measures hypot(s, this), which is a fifth too much at 13 pixels."""
GROWTH_DEVIATION = 0.7
"""Share of that correction by which it is off from face to face."""
CUT_SHOWS, CUT_DEVIATION = 0.75, 0.35
"""Share of a face that is seen when it is cut in both directions; relative deviation of that."""
EDGE = 1.5
"""A box that ends this close to the image's edge, in pixels, may go on behind it."""
DISAGREEMENT = math.log(2.0)
"""A face is not half or twice as far as its size says: then depth saw something else."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """What one frame says about where its N faces are. Ranges are along the ray, not along z.

    Attributes:
        directions: (N, 3) unit vectors to the middles of the faces, optical frame.
        angles: (N,) radians, deviation of the directions.
        by_size: (N,) meters for a person of the prior's mean face width.
        size_deviation: (N,) relative, of this frame alone: the box's jitter, turn and cuts.
        person_deviation: relative; how far this person's face may be from the prior's mean.
        by_depth: (N,) meters; NaN where depth says nothing.
        depth_deviation: (N,) relative.
        depth_problem: why depth was not used for some face; empty if it was for all.
    """

    directions: FloatArray
    angles: FloatArray
    by_size: FloatArray
    size_deviation: FloatArray
    person_deviation: float
    by_depth: FloatArray
    depth_deviation: FloatArray
    depth_problem: str = ""

    @property
    def source(self) -> FloatArray:
        """(N,) int8 RangeSource."""
        sized = np.where(np.isfinite(self.by_size), RangeSource.FACE_SIZE, RangeSource.NONE)
        return np.where(np.isfinite(self.by_depth), RangeSource.DEPTH, sized).astype(np.int8)


def width_prior(settings: RangingSettings) -> tuple[float, float]:
    """The face widths of grown-ups and children as one distribution.

    Returns:
        Its mean in meters, and its relative standard deviation; that includes how far the
        two groups lie apart, and how differently boxes fit faces.
    """
    share = settings.child_share
    groups = (
        (1 - share, settings.face_width, settings.face_width_deviation),
        (share, settings.child_width, settings.child_width_deviation),
    )
    mean = sum(weight * width for weight, width, _ in groups)
    square = sum(weight * (width**2 + deviation**2) for weight, width, deviation in groups)
    return mean, math.hypot(math.sqrt(max(square - mean**2, 0.0)) / mean, FIT_DEVIATION)


def measure(
    faces: Detections,
    camera: CameraModel,
    size: tuple[int, int],
    settings: RangingSettings,
    depth: DepthImage | None = None,
    growth: float = 0.0,
) -> Ranges:
    """Range every face by its size, and by depth where that can be had.

    A box that the image's edge cuts sideways is measured by its height, and its middle is
    where a whole face would have it. Cut in both directions, it is placed by what is
    visible, with a deviation that says so.

    Args:
        faces: boxes, and landmarks where known.
        camera: calibration for this resolution.
        size: width and height of the image in pixels.
        settings: the present ones.
        depth: aligned with the image, of any resolution.
        growth: pixels of the image by which small boxes are too large; see ``BOX_GROWTH``.
    """
    boxes = _Boxes(faces.boxes, size)
    rays = camera.rays(boxes.points.reshape(-1, 2)).reshape(5, -1, 2)
    units = np.concatenate([rays, np.ones((*rays.shape[:2], 1))], axis=2)
    units /= np.linalg.norm(units, axis=2, keepdims=True)
    left, right, top, bottom, center = units
    mean, person_deviation = width_prior(settings)
    turned = np.clip(np.nan_to_num(turn(faces.landmarks)), 0.0, 2.0)
    slim, low = (_true_share(pixels, growth) for pixels in (boxes.width, boxes.height))
    by_width = mean / (1 + TURN_NARROWS * turned) / (slim * _extent(left, right))
    by_height = mean * ASPECT / (low * _extent(top, bottom))
    # Of two cut sides the one that shows more is nearer to the truth.
    by_size = np.select(
        [~boxes.cut_across, ~boxes.cut_down],
        [by_width, by_height],
        CUT_SHOWS * np.minimum(by_width, by_height),
    )
    of_height = boxes.cut_across & ~boxes.cut_down
    share = np.where(of_height, low, slim)
    pixels = np.where(of_height, boxes.height, boxes.width)
    # What a box is too large by hides its changes, so undoing it magnifies them.
    jitter = np.hypot(BOX_SHARE, settings.box_deviation / pixels) / share**2
    other = np.select(
        [~boxes.cut_across, ~boxes.cut_down],
        [TURN_DEVIATION * turned, np.full_like(turned, ASPECT_DEVIATION)],
        CUT_DEVIATION,
    )
    middle = np.select(
        [boxes.cut_across & boxes.cut_down, boxes.cut_across | boxes.cut_down],
        [CUT_DEVIATION, ASPECT_DEVIATION],
        jitter / 2,
    )
    by_size = np.where(np.isfinite(by_size), by_size, np.nan)
    ranges = Ranges(
        directions=center,
        angles=middle * _extent(left, right),
        by_size=by_size,
        size_deviation=np.hypot(np.hypot(jitter, other), GROWTH_DEVIATION * (1 - share)),
        person_deviation=person_deviation,
        by_depth=np.full(len(faces), np.nan),
        depth_deviation=np.full(len(faces), np.nan),
    )
    return ranges if depth is None else _with_depth(ranges, boxes, size, settings, depth)


def place(faces: Detections, ranges: Ranges) -> Detections:
    """Fill in what the frame alone says: positions, covariances and range_source.

    Depth, where there is any, wins: it is several times as sure. The deviation along the
    ray is by size how much people differ and how well the box is known, across it only the
    latter.
    """
    measured = np.isfinite(ranges.by_depth)
    distance = np.where(measured, ranges.by_depth, ranges.by_size)
    by_size = np.hypot(ranges.size_deviation, ranges.person_deviation)
    relative = np.where(measured, ranges.depth_deviation, by_size)
    return faces.with_(
        positions=(ranges.directions * distance[:, None]).astype(np.float32),
        covariances=covariances(ranges.directions, distance, relative, ranges.angles),
        range_source=ranges.source,
    )


def covariances(
    directions: FloatArray, distance: FloatArray, relative: FloatArray, angles: FloatArray
) -> FloatArray:
    """(N, 3, 3) float32 square meters, out of deviations along the rays and across them.

    Args:
        directions: (N, 3) unit vectors.
        distance: (N,) meters along them.
        relative: (N,) deviation of the distance over the distance.
        angles: (N,) deviation of the directions, radians.
    """
    along = directions[:, :, None] * directions[:, None, :]
    across = np.eye(3) - along
    shape = along * relative[:, None, None] ** 2 + across * angles[:, None, None] ** 2
    return (shape * distance[:, None, None] ** 2).astype(np.float32)


def _extent(a: FloatArray, b: FloatArray) -> FloatArray:
    """Meters at one meter's distance between unit vectors: 2 tan(angle / 2)."""
    half_sine = np.linalg.norm(a - b, axis=1) / 2
    return np.maximum(2 * half_sine / np.sqrt(np.maximum(1 - half_sine**2, 1e-12)), 1e-6)


def _true_share(pixels: FloatArray, growth: float) -> FloatArray:
    """How much of a measured side is the face, in 0.5..1."""
    return np.sqrt(np.maximum(1 - (growth / pixels) ** 2, 0.25))


def _with_depth(
    ranges: Ranges,
    boxes: _Boxes,
    size: tuple[int, int],
    settings: RangingSettings,
    depth: DepthImage,
) -> Ranges:
    """The same with depth where it is good enough."""
    problem = ""
    by_size = np.hypot(ranges.size_deviation, ranges.person_deviation)
    for row, box in enumerate(boxes.visible):
        found = face_depth(depth, box, size, settings)
        if isinstance(found, str):
            problem = problem or found
            continue
        z, deviation = found
        distance = z / ranges.directions[row, 2]
        allowed = max(DISAGREEMENT, 4 * by_size[row])
        if abs(math.log(distance / ranges.by_size[row])) > allowed:
            problem = problem or "depth disagrees with the face's size: it saw something else"
            continue
        ranges.by_depth[row] = distance
        ranges.depth_deviation[row] = deviation / z
    return replace(ranges, depth_problem=problem)


class _Boxes:
    """Face boxes against the edges of their image.

    Attributes:
        visible: (N, 4) x, y, w, h inside the image.
        width, height: (N,) pixels of the visible part, at least 1.
        cut_across, cut_down: (N,) whether the image's edge may hide part of the width or
            of the height.
        points: (5, N, 2) pixels: middles of the left, right, upper and lower side, and of
            the whole face.
    """

    def __init__(self, boxes: FloatArray, size: tuple[int, int]) -> None:
        x, y, w, h = np.asarray(boxes, np.float64).reshape(-1, 4).T
        columns, rows = size
        left, right = np.clip(x, 0, columns - 1), np.clip(x + w, 1, columns)
        top, bottom = np.clip(y, 0, rows - 1), np.clip(y + h, 1, rows)
        self.width, self.height = np.maximum(right - left, 1), np.maximum(bottom - top, 1)
        self.visible = np.stack([left, top, self.width, self.height], axis=1)
        at_left, at_right = x < EDGE, x + w > columns - EDGE
        at_top, at_bottom = y < EDGE, y + h > rows - EDGE
        self.cut_across, self.cut_down = at_left | at_right, at_top | at_bottom
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        # Of a face that is cut on one side, the middle follows from the other side.
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
