# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A 2D world of walls and glass panes: line of sight, clearance and path planning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.simulation.floor_grid import FloorGrid, segment_distances

Segment = tuple[Point, Point]

GOAL_TOLERANCE_M = 0.5
"""A path may end this far from a goal that is too close to a wall, as with Nav2's planners."""


def polyline(*corners: tuple[float, float]) -> tuple[Segment, ...]:
    """Segments that connect the corners (x, y), meters."""
    points = [Point(*corner) for corner in corners]
    return tuple(pairwise(points))


def rectangle(left: float, bottom: float, right: float, top: float) -> tuple[Segment, ...]:
    """The four sides of an axis-aligned rectangle, meters."""
    return polyline((left, bottom), (right, bottom), (right, top), (left, top), (left, bottom))


@dataclass(frozen=True)
class World:
    """A rectangular floor with its lower left corner at the map's origin.

    Attributes:
        name: shown to people.
        width, height: size along x and y, meters. Outer walls are added automatically.
        inner_walls: segments that block sight and motion.
        glass: segments that block motion only.
    """

    name: str
    width: float
    height: float
    inner_walls: tuple[Segment, ...] = ()
    glass: tuple[Segment, ...] = ()

    @cached_property
    def walls(self) -> tuple[Segment, ...]:
        """All segments that block sight, outer walls included."""
        return (*rectangle(0.0, 0.0, self.width, self.height), *self.inner_walls)

    @cached_property
    def _opaque(self) -> FloatArray:
        return _array(self.walls)

    @cached_property
    def _solid(self) -> FloatArray:
        return _array((*self.walls, *self.glass))

    @cached_property
    def _grid(self) -> FloorGrid:
        return FloorGrid(self.width, self.height, self._solid)

    def visible(self, a: Point, b: Point) -> bool:
        """Whether no wall lies between two points. Glass does not block sight."""
        return len(_intersections(a, b, self._opaque)) == 0

    def passable(self, a: Point, b: Point) -> bool:
        """Whether neither wall nor glass lies between two points."""
        return len(_intersections(a, b, self._solid)) == 0

    def distance_to_wall(self, origin: Point, angle: float, max_distance: float) -> float:
        """Meters to the first wall in a direction (radians), at most ``max_distance``."""
        end = Point(
            origin.x + max_distance * math.cos(angle), origin.y + max_distance * math.sin(angle)
        )
        nearest = float(_intersections(origin, end, self._opaque).min(initial=1.0))
        return max_distance * min(1.0, nearest)

    def inside(self, point: Point) -> bool:
        """Whether the point lies within the outer walls."""
        return 0.0 <= point.x <= self.width and 0.0 <= point.y <= self.height

    def free(self, point: Point, radius: float) -> bool:
        """Whether a disc of this radius (meters) touches neither wall nor glass."""
        return self.inside(point) and self.clearance(point) >= radius

    def clearance(self, point: Point) -> float:
        """Meters to the nearest wall or glass pane."""
        return float(segment_distances(np.array([[point.x, point.y]]), self._solid).min())

    def find_path(
        self, start: Point, goal: Point, radius: float = 0.3, people: Sequence[Point] = ()
    ) -> list[Point] | None:
        """Plan a path for a disc of this radius; keeps away from people where there is room.

        Returns:
            Corners of the path, start and end included. The end may lie
            ``GOAL_TOLERANCE_M`` from a goal that is too close to a wall. None if there is
            no path.
        """
        return self._grid.find_path(start, goal, radius, people, GOAL_TOLERANCE_M)


def _array(segments: Sequence[Segment]) -> FloatArray:
    """(S, 2, 2): segments, ends, coordinates."""
    return np.array([[(a.x, a.y), (b.x, b.y)] for a, b in segments], np.float64).reshape(-1, 2, 2)


def _intersections(a: Point, b: Point, segments: FloatArray) -> FloatArray:
    """Where the line from a to b meets (S, 2, 2) segments, as fractions 0..1 of its length."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    line = np.array([b.x - a.x, b.y - a.y])
    to = start - (a.x, a.y)
    area = line[0] * along[:, 1] - line[1] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        on_line = (to[:, 0] * along[:, 1] - to[:, 1] * along[:, 0]) / area
        on_segment = (to[:, 0] * line[1] - to[:, 1] * line[0]) / area
    hit = (area != 0) & (on_line >= 0) & (on_line <= 1) & (on_segment >= 0) & (on_segment <= 1)
    return np.asarray(on_line[hit])
