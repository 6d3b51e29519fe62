# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A canvas of solid shapes: color, coverage and height, from which light and creases follow."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import IntArray
from mask_detector_training.synthesis.covers.scene import Scene
from mask_detector_training.synthesis.fabric import smooth_noise
from mask_detector_training.synthesis.render import Layer

_MIN_UNIT_PX, _MAX_UNIT_PX = 26.0, 80.0
"""Eye distance on the canvas: small faces are drawn larger, large ones smaller."""
_AMBIENT = 0.42
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, eq=False)
class Capsule:
    """A rounded cone.

    Attributes:
        start, end: centers (2,) of its two round ends, image pixels.
        radii: at both ends, in eye distances.
        color: (3,) BGR in the light of the photo.
        base: height of its axis above the face, in eye distances; higher ones hide lower ones.
        bulge: 1 for a round cross section, 0 for a flat one.
    """

    start: Floats
    end: Floats
    radii: tuple[float, float]
    color: Floats
    base: float = 0.0
    bulge: float = 1.0


class Canvas:
    """A part of the image, at its own resolution.

    Attributes:
        color: (H, W, 3) float32 BGR.
        alpha: (H, W) float32 coverage, 0..1.
        height: (H, W) float32 height in canvas pixels.
        unit: canvas pixels per eye distance.
    """

    def __init__(self, scene: Scene, points: ArrayLike, margin: float) -> None:
        """Canvas around points (n, 2) in image pixels, with a margin in eye distances."""
        self._scene = scene
        at = np.asarray(points, np.float64).reshape(-1, 2)
        x0, y0, x1, y1 = scene.limit
        wide = margin * scene.pose.scale + 2
        low = np.clip(np.floor(at.min(0) - wide), (x0, y0), (x1 - 1, y1 - 1)).astype(int)
        high = np.clip(np.ceil(at.max(0) + wide), low + 1, (x1, y1)).astype(int)
        self.window = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        self.unit = float(np.clip(scene.pose.scale, _MIN_UNIT_PX, _MAX_UNIT_PX))
        self._zoom = self.unit / scene.pose.scale
        width, height = np.maximum(np.ceil((high - low) * self._zoom), 1).astype(int)
        self.color = np.zeros((height, width, 3), np.float32)
        self.alpha = np.zeros((height, width), np.float32)
        self.height = np.zeros((height, width), np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in canvas pixels."""
        return self.alpha.shape[0], self.alpha.shape[1]

    def at(self, points: ArrayLike) -> Floats:
        """Canvas pixels (..., 2) of image pixels (..., 2)."""
        return (np.asarray(points, np.float64) - np.array(self.window[:2])) * self._zoom

    def capsule(self, part: Capsule) -> None:
        """Draw a solid; where it is lower than what is there already, it is hidden."""
        start, end = self.at(part.start), self.at(part.end)
        radius, other = (r * self.unit for r in part.radii)
        area = self._area(np.stack([start, end]), max(radius, other) + 1)
        if area is None:
            return
        rows, cols = area
        x = np.arange(cols.start, cols.stop, dtype=np.float32)[None, :] - np.float32(start[0])
        y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(start[1])
        dx, dy = (np.float32(v) for v in end - start)
        along = (x * dx + y * dy) / np.float32(max(float(dx * dx + dy * dy), 1e-3))
        along = np.minimum(np.maximum(along, 0), 1, out=along)
        r = np.float32(radius) + along * np.float32(other - radius)
        square = (x - along * dx) ** 2 + (y - along * dy) ** 2
        cover = np.minimum(np.maximum(r - np.sqrt(square) + np.float32(0.5), 0), 1)
        top = np.sqrt(np.maximum(r * r - square, 0)) * np.float32(part.bulge)
        top += np.float32(part.base * self.unit)
        height = self.height[rows, cols]
        above = (cover > 0.3) & (top > height)
        height[above] = top[above]
        self.color[rows, cols][above] = part.color
        np.maximum(self.alpha[rows, cols], cover, out=self.alpha[rows, cols])

    def polygon(
        self, outline: ArrayLike, color: ArrayLike, *, base: float = 0.0, alpha: float = 1.0
    ) -> None:
        """Paint a flat shape (n, 2) in image pixels over what is there."""
        self.paint(self.mask(outline), color, base=base, alpha=alpha)

    def mask(self, outline: ArrayLike) -> Floats:
        """Coverage (H, W) float32 of the inside of an outline (n, 2) in image pixels."""
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(mask, [_fixed(self.at(outline))], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return mask.astype(np.float32) / np.float32(255.0)

    def strokes(self, lines: Sequence[Floats] | Floats, width: float) -> Floats:
        """Coverage (H, W) float32 of lines (n, 2) in image pixels; width in eye distances."""
        at = self.at(lines) if isinstance(lines, np.ndarray) else [self.at(line) for line in lines]
        return self.lines(at, max(1, round(width * self.unit)))

    def lines(self, lines: Sequence[Floats] | Floats, width: int) -> Floats:
        """Coverage (H, W) float32 of lines (n, 2) in canvas pixels; width in canvas pixels."""
        mask = np.zeros(self.shape, np.uint8)
        # An array of equal lines is converted at once.
        fixed = (
            list(_fixed(lines)) if isinstance(lines, np.ndarray) else [_fixed(at) for at in lines]
        )
        cv2.polylines(mask, fixed, False, 255, width, cv2.LINE_AA, _SUBPIXEL_BITS)
        return mask.astype(np.float32) / np.float32(255.0)

    def paint(
        self, cover: Floats, color: ArrayLike, *, base: float = 0.0, alpha: float = 1.0
    ) -> None:
        """Paint a color (3,) or (H, W, 3) where ``cover`` (H, W) is, times ``alpha``; in place.

        With a ``base`` in eye distances the surface gets this height.
        """
        x, y, width, height = cv2.boundingRect((cover > 0).view(np.uint8))
        area = np.s_[y : y + height, x : x + width]
        part = cover[area] * np.float32(alpha)
        ink = np.asarray(color, np.float32)
        ink = ink[area] if ink.ndim == 3 else ink
        # Colors are not premultiplied: where nothing was, the new color is the only one.
        total = part + self.alpha[area] * (1 - part)
        weight = part / np.maximum(total, np.float32(1e-3))
        self.color[area] += weight[..., None] * (ink - self.color[area])
        self.alpha[area] = total
        if base:
            self.height[area][part > 0.5] = base * self.unit

    def over(self, parts: Sequence[Capsule]) -> None:
        """Draw and shade solids over everything, with their shadow."""
        if not parts:
            return
        top = copy(self)
        top.color, top.alpha, top.height = (
            np.zeros_like(a) for a in (self.color, self.alpha, self.height)
        )
        for part in parts:
            top.capsule(part)
        top.light()
        near = cv2.GaussianBlur(top.alpha, (0, 0), 0.1 * self.unit)
        self.color *= (1 - np.float32(0.35) * near)[..., None]
        self.paint(top.alpha, top.color)

    def mottle(self, amount: float, cells: float = 0.2) -> None:
        """Vary the brightness smoothly by ``amount``; ``cells`` in eye distances."""
        rows, cols = self.shape
        grid = tuple(max(2, int(n / (cells * self.unit))) for n in (rows, cols))
        noise = smooth_noise(self._scene.rng, rows, cols, (grid[0], grid[1]))
        self.color *= (1 + np.float32(amount) * noise)[..., None]

    def light(self, depth: float = 1.0, smooth: float = 0.035) -> None:
        """Shade the surface by its height, in place.

        Args:
            depth: strength of slopes, 0..1.
            smooth: the height is smoothed with this radius in eye distances.
        """
        rng, photo = self._scene.rng, self._scene.photo
        x, y, width, height = cv2.boundingRect((self.alpha > 0).view(np.uint8))
        margin = int(0.3 * self.unit)
        area = np.s_[
            max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin
        ]
        surface = cv2.GaussianBlur(self.height[area], (0, 0), max(smooth * self.unit, 0.6))
        slope_x = cv2.Sobel(surface, cv2.CV_32F, 1, 0, ksize=3, scale=0.125 * depth)
        slope_y = cv2.Sobel(surface, cv2.CV_32F, 0, 1, ksize=3, scale=0.125 * depth)
        light = np.array([0.6 * photo.side_light, -0.55, 0.8]) + rng.normal(0, [0.15, 0.12, 0])
        light = (light / np.linalg.norm(light)).astype(np.float32)
        norm = np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
        lambert = (light[2] - light[0] * slope_x - light[1] * slope_y) / norm
        shade = np.float32(_AMBIENT) + np.float32(1 - _AMBIENT) * np.maximum(lambert, 0) / light[2]
        # Little light reaches creases.
        around = cv2.GaussianBlur(surface, (0, 0), 0.12 * self.unit)
        crease = np.float32(1.4 / self.unit) * np.maximum(around - surface, 0)
        shade *= np.maximum(1 - crease, np.float32(0.45))
        self.color[area] *= np.clip(shade, 0.2, 1.25)[..., None]

    def layer(self) -> tuple[tuple[int, int, int, int], Layer]:
        """The painted part at the resolution of the image, and its window x0, y0, x1, y1."""
        x, y, width, height = cv2.boundingRect((self.alpha > 0.01).view(np.uint8))
        # In image pixels, with space for the shadow.
        space = 0.2 * self._scene.pose.scale + 2
        corners = np.array([[x, y], [x + width, y + height]]) / self._zoom
        first = np.maximum(np.floor(corners[0] - space), 0).astype(int)
        size = np.array(self.window[2:]) - self.window[:2]
        last = np.maximum(np.minimum(np.ceil(corners[1] + space).astype(int), size), first + 1)
        premultiplied = np.clip(self.color, 0, 254) * self.alpha[..., None]
        both = np.dstack([premultiplied, self.alpha])
        if both.shape[:2] != (size[1], size[0]):
            interpolation = cv2.INTER_AREA if self._zoom > 1 else cv2.INTER_LINEAR
            both = cv2.resize(both, (int(size[0]), int(size[1])), interpolation=interpolation)
        both = np.asarray(both[first[1] : last[1], first[0] : last[0]], np.float32)
        x0, y0 = int(self.window[0] + first[0]), int(self.window[1] + first[1])
        window = (x0, y0, x0 + both.shape[1], y0 + both.shape[0])
        return window, Layer(both[..., :3], both[..., 3], both[..., 3])

    def _area(self, points: Floats, margin: float) -> tuple[slice, slice] | None:
        low = np.maximum(np.floor(points.min(0) - margin), 0).astype(int)
        high = np.minimum(np.ceil(points.max(0) + margin) + 1, self.shape[::-1]).astype(int)
        if np.any(high <= low):
            return None
        return slice(low[1], high[1]), slice(low[0], high[0])


def _fixed(points: Floats) -> IntArray:
    """Pixels (n, 2) in OpenCV's fixed-point format."""
    fixed = np.clip(points * 2**_SUBPIXEL_BITS, -(2**20), 2**20)
    return np.round(fixed).astype(np.int32)
