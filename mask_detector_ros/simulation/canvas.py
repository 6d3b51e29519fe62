# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing on a map: meters in, smooth pixels out."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.perception.types import Image

Color = tuple[int, int, int]
"""BGR."""

FINE = 2
"""Everything is drawn so many times larger and made smaller at the end."""
FONT = cv2.FONT_HERSHEY_SIMPLEX
INK: Color = (70, 58, 48)
PAPER: Color = (240, 243, 245)


class Canvas:
    """A picture with a map in it. Texts and lines are sized in pixels of the result."""

    def __init__(
        self, size: tuple[int, int], extent: tuple[float, float], top: int, bottom: int, margin: int
    ) -> None:
        """Begin with an empty sheet.

        Args:
            size: width and height of the picture, pixels.
            extent: width and height of the map, meters; fitted in.
            top, bottom: rows left free for text.
            margin: pixels left free round the map.
        """
        self.width, self.height = size
        room = (self.width - 2 * margin, self.height - top - bottom - 2 * margin)
        self.scale = max(1.0, min(room[0] / extent[0], room[1] / extent[1]))
        """Pixels per meter."""
        self._left = (self.width - self.scale * extent[0]) / 2
        self._base = top + margin + (room[1] + self.scale * extent[1]) / 2
        self._image: Image = np.full((self.height * FINE, self.width * FINE, 3), PAPER, np.uint8)

    def finish(self) -> Image:
        """The picture, (height, width, 3) uint8 BGR."""
        size = (self.width, self.height)
        return np.asarray(cv2.resize(self._image, size, interpolation=cv2.INTER_AREA))

    def pixel(self, point: Point) -> tuple[float, float]:
        """Where a place on the map is in the picture."""
        return self._left + self.scale * point.x, self._base - self.scale * point.y

    def _fine(self, points: Sequence[tuple[float, float]]) -> Image:
        return np.round(np.array(points, np.float64).reshape(-1, 1, 2) * FINE).astype(np.int32)

    def lines(
        self, points: Sequence[tuple[float, float]], color: Color, width: float = 1.0
    ) -> None:
        """Straight from pixel to pixel."""
        thickness = max(1, round(width * FINE))
        cv2.polylines(self._image, [self._fine(points)], False, color, thickness, cv2.LINE_AA)

    def area(
        self, points: Sequence[tuple[float, float]], color: Color, opacity: float = 1.0
    ) -> None:
        """A filled polygon."""
        corners = self._fine(points)
        if opacity >= 1.0:
            cv2.fillPoly(self._image, [corners], color, cv2.LINE_AA)
            return
        x, y, w, h = cv2.boundingRect(corners)
        x0, y0 = max(x, 0), max(y, 0)
        part = self._image[y0 : y + h, x0 : x + w]
        if part.size:
            over = part.copy()
            cv2.fillPoly(over, [corners - (x0, y0)], color, cv2.LINE_AA)
            part[:] = cv2.addWeighted(over, opacity, part, 1.0 - opacity, 0.0)

    def disc(
        self,
        center: tuple[float, float],
        radius: float,
        fill: Color | None,
        edge: Color | None = None,
        width: float = 1.0,
    ) -> None:
        """A circle, pixels; filled, with an edge, or both."""
        at, r = (round(center[0] * FINE), round(center[1] * FINE)), max(1, round(radius * FINE))
        if fill is not None:
            cv2.circle(self._image, at, r, fill, -1, cv2.LINE_AA)
        if edge is not None:
            cv2.circle(self._image, at, r, edge, max(1, round(width * FINE)), cv2.LINE_AA)

    def ellipse(
        self, center: tuple[float, float], axes: tuple[float, float], angle: float, fill: Color,
        edge: Color,
    ) -> None:  # fmt: skip
        """A filled ellipse; half axes in pixels, angle in degrees clockwise."""
        at = (round(center[0] * FINE), round(center[1] * FINE))
        half = (max(1, round(axes[0] * FINE)), max(1, round(axes[1] * FINE)))
        cv2.ellipse(self._image, at, half, angle, 0, 360, fill, -1, cv2.LINE_AA)
        cv2.ellipse(self._image, at, half, angle, 0, 360, edge, FINE, cv2.LINE_AA)

    def rounded(
        self, left: float, top: float, right: float, bottom: float, radius: float, color: Color
    ) -> None:
        """A filled rectangle with round corners, pixels."""
        r = min(radius, (right - left) / 2, (bottom - top) / 2)
        for x, y in ((left + r, top + r), (right - r, top + r)):
            self.disc((x, y), r, color)
        for x, y in ((left + r, bottom - r), (right - r, bottom - r)):
            self.disc((x, y), r, color)
        for x0, y0, x1, y1 in (
            (left + r, top, right - r, bottom),
            (left, top + r, right, bottom - r),
        ):
            self.area(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), color)

    def text(
        self,
        at: tuple[float, float],
        words: str,
        height: float = 9.0,
        color: Color = INK,
        centerd: bool = False,
        bold: bool = False,
        halo: Color | None = None,
    ) -> None:
        """Words whose capitals are so many pixels high, on a base line at ``at``."""
        scale, thickness = _font(height, bold)
        x = at[0] - text_width(words, height, bold) / 2 if centerd else at[0]
        origin = (round(x * FINE), round(at[1] * FINE))
        if halo is not None:
            cv2.putText(
                self._image, words, origin, FONT, scale, halo, thickness + 3 * FINE, cv2.LINE_AA
            )
        cv2.putText(self._image, words, origin, FONT, scale, color, thickness, cv2.LINE_AA)


def _font(height: float, bold: bool) -> tuple[float, int]:
    """OpenCV's scale and thickness; its capitals are 21 pixels high at 1."""
    return height * FINE / 21.0, max(1, round(height * FINE / (7.0 if bold else 11.0)))


def text_width(words: str, height: float, bold: bool = False) -> float:
    """Pixels that the words take."""
    scale, thickness = _font(height, bold)
    return float(cv2.getTextSize(words, FONT, scale, thickness)[0][0]) / FINE
