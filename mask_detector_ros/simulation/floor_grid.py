# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The floor in small squares, and the shortest way over it (A*)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.perception.types import FloatArray

CELL = 0.2
"""Side of a square, meters."""
WALL_COMFORT = 0.3
"""Within so many meters beyond the radius, ways along walls are dearer."""
PEOPLE_COMFORT = 1.0
"""Within so many meters of people, ways are much dearer, yet not forbidden."""
WALL_PRICE, PEOPLE_PRICE = 1.0, 12.0

_STEPS = [(i, j, math.hypot(i, j)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]


class FloorGrid:
    """Finds ways for a disc between solid segments."""

    def __init__(self, width: float, height: float, solid: FloatArray) -> None:
        """Measure the floor.

        Args:
            width, height: of the floor from the origin, meters.
            solid: (S, 2, 2) segments nothing passes.
        """
        self._columns, self._rows = math.ceil(width / CELL), math.ceil(height / CELL)
        x = (np.arange(self._columns) + 0.5) * CELL
        y = (np.arange(self._rows) + 0.5) * CELL
        self._x, self._y = np.meshgrid(x, y, indexing="ij")
        centers = np.stack([self._x.ravel(), self._y.ravel()], axis=1)
        nearest = distances(centers, solid).min(axis=1)
        self._clearance = nearest.reshape(self._columns, self._rows)

    def path(
        self, start: Point, goal: Point, radius: float, people: Sequence[Point], tolerance: float
    ) -> list[Point] | None:
        """See ``World.path``."""
        free = self._clearance >= radius
        first, last = self._nearest(start, free, 2 * tolerance), self._nearest(
            goal, free, tolerance
        )  # fmt: skip
        if first is None or last is None:
            return None
        price = self._price(radius, people)
        cells = self._search(first, last, free, price)
        if cells is None:
            return None
        way = [start, *(self._center(cell) for cell in cells[1:])]
        if math.hypot(way[-1].x - goal.x, way[-1].y - goal.y) < CELL:
            way[-1] = goal
        return self._straightened(way, radius, price)

    def _price(self, radius: float, people: Sequence[Point]) -> FloatArray:
        """What a meter costs beyond itself, per square."""
        near = np.clip(1.0 - (self._clearance - radius) / WALL_COMFORT, 0.0, 1.0)
        price = WALL_PRICE * near
        for person in people:
            away = np.hypot(self._x - person.x, self._y - person.y)
            price = price + PEOPLE_PRICE * np.clip(1.0 - away / PEOPLE_COMFORT, 0.0, 1.0)
        return np.asarray(price)

    def _center(self, cell: tuple[int, int]) -> Point:
        return Point(float(self._x[cell]), float(self._y[cell]))

    def _nearest(self, point: Point, free: FloatArray, within: float) -> tuple[int, int] | None:
        """The free square nearest to a point."""
        away = np.hypot(self._x - point.x, self._y - point.y)
        away[~free] = np.inf
        best = np.unravel_index(int(np.argmin(away)), away.shape)
        if not away[best] <= within:
            return None
        return int(best[0]), int(best[1])

    def _search(
        self, first: tuple[int, int], last: tuple[int, int], free: FloatArray, price: FloatArray
    ) -> list[tuple[int, int]] | None:
        """A*; ties are broken by place, so that the same question has the same answer."""
        passable, dearness = free.tolist(), (1.0 + price).tolist()
        cost = {first: 0.0}
        came: dict[tuple[int, int], tuple[int, int]] = {}
        done: set[tuple[int, int]] = set()
        queue = [(0.0, first)]
        while queue:
            _, cell = heapq.heappop(queue)
            if cell == last:
                way = [cell]
                while cell in came:
                    cell = came[cell]
                    way.append(cell)
                return way[::-1]
            if cell in done:
                continue
            done.add(cell)
            for di, dj, length in _STEPS:
                i, j = cell[0] + di, cell[1] + dj
                if not (0 <= i < self._columns and 0 <= j < self._rows) or not passable[i][j]:
                    continue
                if di and dj and not (passable[i][cell[1]] and passable[cell[0]][j]):
                    continue  # not through the gap between two corners
                through = cost[cell] + length * dearness[i][j]
                if through < cost.get((i, j), math.inf):
                    cost[i, j] = through
                    came[i, j] = cell
                    ahead = math.hypot(last[0] - i, last[1] - j)
                    heapq.heappush(queue, (through + ahead, (i, j)))
        return None

    def _straightened(self, way: list[Point], radius: float, price: FloatArray) -> list[Point]:
        """Without the corners that a straight line can leave out at no greater price."""
        kept = [way[0]]
        at = 0
        while at < len(way) - 1:
            reach = at + 1
            for next_ in range(at + 2, len(way)):
                if not self._clear(way[at], way[next_], radius, price):
                    break
                reach = next_
            kept.append(way[reach])
            at = reach
        return kept

    def _clear(self, a: Point, b: Point, radius: float, price: FloatArray) -> bool:
        count = max(2, math.ceil(math.hypot(b.x - a.x, b.y - a.y) / (CELL / 2)))
        share = np.linspace(0.0, 1.0, count)
        i = np.clip(((a.x + share * (b.x - a.x)) / CELL).astype(int), 0, self._columns - 1)
        j = np.clip(((a.y + share * (b.y - a.y)) / CELL).astype(int), 0, self._rows - 1)
        worst_end = max(price[i[0], j[0]], price[i[-1], j[-1]], WALL_PRICE / 2)
        inner = slice(1, -1)
        return bool(
            (self._clearance[i, j][inner] >= radius).all() and (price[i, j] <= worst_end).all()
        )


def distances(points: FloatArray, segments: FloatArray) -> FloatArray:
    """(N, S) meters from (N, 2) points to (S, 2, 2) segments."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    to = points[:, None, :] - start
    squared = np.maximum((along**2).sum(-1), 1e-12)
    share = np.clip((to * along).sum(-1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(to - share[..., None] * along, axis=-1))
