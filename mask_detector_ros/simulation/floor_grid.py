# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Path planning on a grid of floor cells with A* (Hart, Nilsson & Raphael, 1968)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray
from mask_detector_ros.patrol.interface import Point

CELL_M = 0.2
"""Side of a grid cell."""
WALL_MARGIN_M = 0.3
"""Cells within this distance beyond the robot's radius from a wall cost more."""
PEOPLE_MARGIN_M = 1.0
"""Cells within this distance of a person cost much more, but are not forbidden."""
WALL_COST, PEOPLE_COST = 1.0, 12.0
"""Highest additional cost per meter."""

_NEIGHBORS = [(i, j, math.hypot(i, j)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]


class FloorGrid:
    """Finds paths for a disc between solid segments."""

    def __init__(self, width: float, height: float, solid: FloatArray) -> None:
        """Compute the clearance of every cell.

        Args:
            width, height: size of the floor from the origin, meters.
            solid: (S, 2, 2) impassable segments, meters.
        """
        self._columns, self._rows = math.ceil(width / CELL_M), math.ceil(height / CELL_M)
        x = (np.arange(self._columns) + 0.5) * CELL_M
        y = (np.arange(self._rows) + 0.5) * CELL_M
        self._x, self._y = np.meshgrid(x, y, indexing="ij")
        centers = np.stack([self._x.ravel(), self._y.ravel()], axis=1)
        nearest = segment_distances(centers, solid).min(axis=1)
        self._clearance = nearest.reshape(self._columns, self._rows)

    def find_path(
        self, start: Point, goal: Point, radius: float, people: Sequence[Point], tolerance: float
    ) -> list[Point] | None:
        """See ``World.find_path``."""
        free = self._clearance >= radius
        first = self._nearest_free(start, free, 2 * tolerance)
        last = self._nearest_free(goal, free, tolerance)
        if first is None or last is None:
            return None
        cost = self._cost(radius, people)
        cells = self._search(first, last, free, cost)
        if cells is None:
            return None
        path = [start, *(self._center(cell) for cell in cells[1:])]
        if math.hypot(path[-1].x - goal.x, path[-1].y - goal.y) < CELL_M:
            path[-1] = goal
        return self._straighten(path, radius, cost)

    def _cost(self, radius: float, people: Sequence[Point]) -> FloatArray:
        """Additional cost per meter of every cell, (columns, rows)."""
        near = np.clip(1.0 - (self._clearance - radius) / WALL_MARGIN_M, 0.0, 1.0)
        cost = WALL_COST * near
        for person in people:
            distance = np.hypot(self._x - person.x, self._y - person.y)
            cost = cost + PEOPLE_COST * np.clip(1.0 - distance / PEOPLE_MARGIN_M, 0.0, 1.0)
        return np.asarray(cost)

    def _center(self, cell: tuple[int, int]) -> Point:
        return Point(float(self._x[cell]), float(self._y[cell]))

    def _nearest_free(
        self, point: Point, free: BoolArray, max_distance: float
    ) -> tuple[int, int] | None:
        """The free cell nearest to a point."""
        distance = np.hypot(self._x - point.x, self._y - point.y)
        distance[~free] = np.inf
        best = np.unravel_index(int(np.argmin(distance)), distance.shape)
        if not distance[best] <= max_distance:
            return None
        return int(best[0]), int(best[1])

    def _search(
        self, first: tuple[int, int], last: tuple[int, int], free: BoolArray, cost: FloatArray
    ) -> list[tuple[int, int]] | None:
        """A* from cell to cell. Ties are broken by cell index, so results are deterministic."""
        passable, weight = free.tolist(), (1.0 + cost).tolist()
        best_cost = {first: 0.0}
        parent: dict[tuple[int, int], tuple[int, int]] = {}
        closed: set[tuple[int, int]] = set()
        queue = [(0.0, first)]
        while queue:
            _, cell = heapq.heappop(queue)
            if cell == last:
                path = [cell]
                while cell in parent:
                    cell = parent[cell]
                    path.append(cell)
                return path[::-1]
            if cell in closed:
                continue
            closed.add(cell)
            for di, dj, length in _NEIGHBORS:
                i, j = cell[0] + di, cell[1] + dj
                if not (0 <= i < self._columns and 0 <= j < self._rows) or not passable[i][j]:
                    continue
                if di and dj and not (passable[i][cell[1]] and passable[cell[0]][j]):
                    continue  # no diagonal step between two blocked cells
                cost_here = best_cost[cell] + length * weight[i][j]
                if cost_here < best_cost.get((i, j), math.inf):
                    best_cost[i, j] = cost_here
                    parent[i, j] = cell
                    heuristic = math.hypot(last[0] - i, last[1] - j)
                    heapq.heappush(queue, (cost_here + heuristic, (i, j)))
        return None

    def _straighten(self, path: list[Point], radius: float, cost: FloatArray) -> list[Point]:
        """Drop the corners that a straight line can skip at no higher cost."""
        kept = [path[0]]
        at = 0
        while at < len(path) - 1:
            farthest = at + 1
            for candidate in range(at + 2, len(path)):
                if not self._is_clear(path[at], path[candidate], radius, cost):
                    break
                farthest = candidate
            kept.append(path[farthest])
            at = farthest
        return kept

    def _is_clear(self, a: Point, b: Point, radius: float, cost: FloatArray) -> bool:
        count = max(2, math.ceil(math.hypot(b.x - a.x, b.y - a.y) / (CELL_M / 2)))
        fraction = np.linspace(0.0, 1.0, count)
        i = np.clip(((a.x + fraction * (b.x - a.x)) / CELL_M).astype(int), 0, self._columns - 1)
        j = np.clip(((a.y + fraction * (b.y - a.y)) / CELL_M).astype(int), 0, self._rows - 1)
        limit = max(cost[i[0], j[0]], cost[i[-1], j[-1]], WALL_COST / 2)
        inner = slice(1, -1)
        return bool((self._clearance[i, j][inner] >= radius).all() and (cost[i, j] <= limit).all())


def segment_distances(points: FloatArray, segments: FloatArray) -> FloatArray:
    """(N, S) meters from (N, 2) points to (S, 2, 2) segments."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    to = points[:, None, :] - start
    squared = np.maximum((along**2).sum(-1), 1e-12)
    fraction = np.clip((to * along).sum(-1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(to - fraction[..., None] * along, axis=-1))
