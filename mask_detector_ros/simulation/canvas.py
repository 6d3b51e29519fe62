# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A canvas for drawing maps: converts meters to pixels and draws antialiased shapes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mask_detector_ros.arrays import Image, IntArray
from mask_detector_ros.patrol.interface import Point

Color = tuple[int, int, int]
"""BGR."""

OVERSAMPLING = 2
"""Everything is drawn larger by this factor and downscaled at the end."""
FONT = cv2.FONT_HERSHEY_SIMPLEX
INK: Color = (70, 58, 48)
BACKGROUND: Color = (240, 243, 245)
WHITE: Color = (255, 255, 255)
MIN_TEXT_HEIGHT_PX = 5.0


class Canvas:
    """An image with a map in it. Sizes and positions are in pixels of the finished image."""

    def __init__(
        self, size: tuple[int, int], extent: tuple[float, float], top: int, bottom: int, margin: int
    ) -> None:
        """Start with an empty image.

        Args:
            size: width and height of the image, pixels.
            extent: width and height of the map, meters; scaled to fit.
            top, bottom: rows reserved for text.
            margin: pixels around the map.
        """
        self.width, self.height = size
        room = (self.width - 2 * margin, self.height - top - bottom - 2 * margin)
        self.scale = max(1.0, min(room[0] / extent[0], room[1] / extent[1]))
        """Pixels per meter."""
        self._left = (self.width - self.scale * extent[0]) / 2
        self._base = top + margin + (room[1] + self.scale * extent[1]) / 2
        self._image: Image = np.full(
            (self.height * OVERSAMPLING, self.width * OVERSAMPLING, 3), BACKGROUND, np.uint8
        )

    def finish(self) -> Image:
        """The finished image, (height, width, 3) BGR."""
        size = (self.width, self.height)
        return np.asarray(cv2.resize(self._image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def pixel(self, point: Point) -> tuple[float, float]:
        """Pixel position of a map point."""
        return self._left + self.scale * point.x, self._base - self.scale * point.y

    def _scaled(self, points: Sequence[tuple[float, float]]) -> IntArray:
        scaled = np.array(points, np.float64).reshape(-1, 1, 2) * OVERSAMPLING
        return np.round(scaled).astype(np.int32)

    def lines(
        self, points: Sequence[tuple[float, float]], color: Color, width: float = 1.0
    ) -> None:
        """A polyline."""
        thickness = max(1, round(width * OVERSAMPLING))
        cv2.polylines(self._image, [self._scaled(points)], False, color, thickness, cv2.LINE_AA)

    def area(
        self, points: Sequence[tuple[float, float]], color: Color, opacity: float = 1.0
    ) -> None:
        """A filled polygon, ``opacity`` from 0 to 1."""
        corners = self._scaled(points)
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
        """A circle; filled, with an edge, or both."""
        at = (round(center[0] * OVERSAMPLING), round(center[1] * OVERSAMPLING))
        r = max(1, round(radius * OVERSAMPLING))
        if fill is not None:
            cv2.circle(self._image, at, r, fill, -1, cv2.LINE_AA)
        if edge is not None:
            cv2.circle(self._image, at, r, edge, max(1, round(width * OVERSAMPLING)), cv2.LINE_AA)

    def ellipse(
        self, center: tuple[float, float], axes: tuple[float, float], angle: float, fill: Color,
        edge: Color,
    ) -> None:  # fmt: skip
        """A filled ellipse; ``axes`` are half axes, ``angle`` is in degrees, clockwise."""
        at = (round(center[0] * OVERSAMPLING), round(center[1] * OVERSAMPLING))
        half = (max(1, round(axes[0] * OVERSAMPLING)), max(1, round(axes[1] * OVERSAMPLING)))
        cv2.ellipse(self._image, at, half, angle, 0, 360, fill, -1, cv2.LINE_AA)
        cv2.ellipse(self._image, at, half, angle, 0, 360, edge, OVERSAMPLING, cv2.LINE_AA)

    def rounded(
        self, left: float, top: float, right: float, bottom: float, radius: float, color: Color
    ) -> None:
        """A filled rectangle with rounded corners."""
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
        text: str,
        height: float = 9.0,
        color: Color = INK,
        centered: bool = False,
        bold: bool = False,
        halo: Color | None = None,
    ) -> None:
        """A line of text with its baseline at ``at``; ``height`` is that of capital letters."""
        scale, thickness = _font(height, bold)
        x = at[0] - text_width(text, height, bold) / 2 if centered else at[0]
        origin = (round(x * OVERSAMPLING), round(at[1] * OVERSAMPLING))
        if halo is not None:
            cv2.putText(
                self._image,
                text,
                origin,
                FONT,
                scale,
                halo,
                thickness + 3 * OVERSAMPLING,
                cv2.LINE_AA,
            )
        cv2.putText(self._image, text, origin, FONT, scale, color, thickness, cv2.LINE_AA)


def _font(height: float, bold: bool) -> tuple[float, int]:
    """OpenCV's font scale and thickness. Capital letters are 21 pixels high at scale 1."""
    return height * OVERSAMPLING / 21.0, max(
        1, round(height * OVERSAMPLING / (7.0 if bold else 11.0))
    )


def text_width(text: str, height: float, bold: bool = False) -> float:
    """Width of a text in pixels."""
    scale, thickness = _font(height, bold)
    return float(cv2.getTextSize(text, FONT, scale, thickness)[0][0]) / OVERSAMPLING


def fit_text(texts: str | Sequence[str], height: float, max_width: float) -> float:
    """The letter height, at most ``height``, at which the texts fit side by side, pixels."""
    texts = [texts] if isinstance(texts, str) else texts
    while height > MIN_TEXT_HEIGHT_PX and sum(text_width(t, height) for t in texts) > max_width:
        height -= 0.25
    return height


def mix_with_white(color: Color, strength: float) -> Color:
    """The color at this opacity, 0..1, on white."""
    b, g, r = (round(strength * v + (1 - strength) * 255) for v in color)
    return b, g, r
