# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A place seen from above: walls, glass, and what can be seen, stood at and driven to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.perception.types import FloatArray
from mask_detector_ros.simulation.floor_grid import FloorGrid, distances

Segment = tuple[Point, Point]

GOAL_TOLERANCE = 0.5
"""A goal that cannot be stood at is driven to as near as this, meters, as Nav2's planners do."""


def line(*corners: tuple[float, float]) -> tuple[Segment, ...]:
    """Segments along the corners (x, y), meters."""
    points = [Point(*corner) for corner in corners]
    return tuple(pairwise(points))


def box(left: float, bottom: float, right: float, top: float) -> tuple[Segment, ...]:
    """The four sides of a rectangle along the axes, meters."""
    return line((left, bottom), (right, bottom), (right, top), (left, top), (left, bottom))


@dataclass(frozen=True)
class World:
    """A rectangle from the map's origin; its four outer walls are added by itself.

    Attributes:
        name: for people.
        width, height: meters along x and y.
        inner_walls: nothing is seen through them and nobody passes.
        glass: seen through, not passed.
    """

    name: str
    width: float
    height: float
    inner_walls: tuple[Segment, ...] = ()
    glass: tuple[Segment, ...] = ()

    @cached_property
    def walls(self) -> tuple[Segment, ...]:
        """Everything that hides what is behind it, the outer walls too."""
        return (*box(0.0, 0.0, self.width, self.height), *self.inner_walls)

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
        """Whether no wall lies between the two; glass does not count."""
        return len(_crossings(a, b, self._opaque)) == 0

    def passable(self, a: Point, b: Point) -> bool:
        """Whether neither wall nor glass lies between the two."""
        return len(_crossings(a, b, self._solid)) == 0

    def sight(self, origin: Point, angle: float, most: float) -> float:
        """Meters to the first wall in a direction (radians), ``most`` if there is none."""
        far = Point(origin.x + most * math.cos(angle), origin.y + most * math.sin(angle))
        return most * min(1.0, float(_crossings(origin, far, self._opaque).min(initial=1.0)))

    def inside(self, point: Point) -> bool:
        """Whether the point lies within the outer walls."""
        return 0.0 <= point.x <= self.width and 0.0 <= point.y <= self.height

    def free(self, point: Point, radius: float) -> bool:
        """Whether a disc of this radius, meters, touches neither wall nor glass."""
        return self.inside(point) and self.clearance(point) >= radius

    def clearance(self, point: Point) -> float:
        """Meters to the nearest wall or pane."""
        return float(distances(np.array([[point.x, point.y]]), self._solid).min())

    def path(
        self, start: Point, goal: Point, radius: float = 0.3, people: Sequence[Point] = ()
    ) -> list[Point] | None:
        """The way for a disc of this radius, round people where there is room for that.

        Returns:
            Corners of the way, start and end included; the end may lie ``GOAL_TOLERANCE``
            from the goal where that is too close to a wall. None when there is no way.
        """
        return self._grid.path(start, goal, radius, people, GOAL_TOLERANCE)


def _array(segments: Sequence[Segment]) -> FloatArray:
    """(S, 2, 2): segments, ends, coordinates."""
    return np.array([[(a.x, a.y), (b.x, b.y)] for a, b in segments], np.float64).reshape(-1, 2, 2)


def _crossings(a: Point, b: Point, segments: FloatArray) -> FloatArray:
    """How far on the way from a to b, 0 to 1, each of (S, 2, 2) segments it meets lies."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    way = np.array([b.x - a.x, b.y - a.y])
    to = start - (a.x, a.y)
    area = way[0] * along[:, 1] - way[1] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mine = (to[:, 0] * along[:, 1] - to[:, 1] * along[:, 0]) / area
        theirs = (to[:, 0] * way[1] - to[:, 1] * way[0]) / area
    met = (area != 0) & (mine >= 0) & (mine <= 1) & (theirs >= 0) & (theirs <= 1)
    return np.asarray(mine[met])
