# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of rows and columns that cost least together: the Hungarian method."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.perception.types import FloatArray, IntArray


def optimal(costs: FloatArray, allowed: IntArray) -> list[tuple[int, int]]:
    """As many allowed pairs as there can be, and among those sets the cheapest.

    Args:
        costs: (N, M).
        allowed: (N, M) bool, which pairs may be.
    """
    flipped = len(costs) > costs.shape[1]
    if flipped:
        costs, allowed = costs.T, allowed.T
    if not allowed.any():
        return []
    table = np.where(allowed, costs, 1e6)
    cheapest = table.argmin(axis=1)
    if len(set(cheapest.tolist())) < len(cheapest):
        columns = _shortest_paths(table.tolist())
    else:  # nobody wants the same
        columns = cheapest.tolist()
    pairs = [(row, column) for row, column in enumerate(columns) if allowed[row, column]]
    return [(column, row) for row, column in pairs] if flipped else pairs


def _shortest_paths(costs: list[list[float]]) -> list[int]:
    """The Hungarian method by shortest augmenting paths; the column of every row.

    Args:
        costs: N rows of M >= N finite numbers.
    """
    count, width = len(costs), len(costs[0])
    row_price, column_price = [0.0] * (count + 1), [0.0] * (width + 1)
    owner, came_from = [0] * (width + 1), [0] * (width + 1)  # 1-based; 0 is nobody
    for row in range(1, count + 1):
        owner[0], column = row, 0
        slack, done = [float("inf")] * (width + 1), [False] * (width + 1)
        while owner[column]:
            done[column] = True
            here, step, following = owner[column], float("inf"), 0
            for j in range(1, width + 1):
                if done[j]:
                    continue
                reduced = costs[here - 1][j - 1] - row_price[here] - column_price[j]
                if reduced < slack[j]:
                    slack[j], came_from[j] = reduced, column
                if slack[j] < step:
                    step, following = slack[j], j
            for j in range(width + 1):
                if done[j]:
                    row_price[owner[j]] += step
                    column_price[j] -= step
                else:
                    slack[j] -= step
            column = following
        while column:
            owner[column], column = owner[came_from[column]], came_from[column]
    columns = [0] * count
    for j in range(1, width + 1):
        if owner[j]:
            columns[owner[j] - 1] = j - 1
    return columns
