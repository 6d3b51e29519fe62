# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speech bubbles on a map, placed where they cover little else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.simulation.canvas import (
    INK,
    WHITE,
    Canvas,
    Color,
    mix_with_white,
    text_width,
)

Box = tuple[float, float, float, float]
"""left, top, right, bottom, pixels."""


@dataclass(frozen=True)
class SpeechBubble:
    """A text in a bubble whose tip is at a position on the map."""

    at: Point
    text: str
    color: Color = INK


def draw_bubble(
    canvas: Canvas, bubble: SpeechBubble, occupied: Sequence[Box], area: Box, unit: float
) -> Box:
    """Draw a bubble where it covers the occupied boxes least.

    Args:
        canvas: drawn on.
        bubble: text and tip.
        occupied: boxes of what is already drawn.
        area: where the bubble may be.
        unit: scale of letters and lines, 1 at 640 x 480.

    Returns:
        The bubble's box.
    """
    height = 7.5 * unit
    x, y = canvas.pixel(bubble.at)
    w, h = text_width(bubble.text, height) + 14 * unit, height + 11 * unit
    left, top = _find_place((x, y), (w, h), occupied, area, unit)
    middle = (left + w / 2, top + h / 2)
    tail = 5 * unit
    wedge = [(middle[0] - tail, middle[1]), (middle[0] + tail, middle[1]), (x, y)]
    canvas.area(wedge, bubble.color)
    grow = 1.3 * unit
    canvas.rounded(left - grow, top - grow, left + w + grow, top + h + grow, 6 * unit, bubble.color)
    canvas.area(wedge, mix_with_white(bubble.color, 0.8))
    canvas.rounded(left, top, left + w, top + h, 6 * unit, WHITE)
    canvas.text((left + 7 * unit, top + h - 5.5 * unit), bubble.text, height, bubble.color)
    return (left, top, left + w, top + h)


def _find_place(
    tip: tuple[float, float],
    size: tuple[float, float],
    occupied: Sequence[Box],
    area: Box,
    unit: float,
) -> tuple[float, float]:
    """Upper left corner of a bubble: near its tip, with little overlap."""
    (x, y), (w, h) = tip, size
    best, least = tip, math.inf
    for distance in (1.0, 1.8, 2.8):
        for angle in np.linspace(0.0, 2 * math.pi, 16, endpoint=False):
            cx = x + (0.5 * w + 14 * unit) * distance * math.cos(angle)
            cy = y - (0.5 * h + 16 * unit) * distance * math.sin(angle)
            left = min(max(cx - w / 2, area[0]), area[2] - w)
            top = min(max(cy - h / 2, area[1]), area[3] - h)
            overlap = sum(_overlap((left, top, left + w, top + h), box) for box in occupied)
            cost = overlap + 6.0 * math.hypot(left + w / 2 - x, top + h / 2 - y)
            if cost < least:
                best, least = (left, top), cost
    return best


def _overlap(a: Box, b: Box) -> float:
    """Area of the intersection of two boxes, pixels."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)
