# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A face to draw a cover on: its coordinates, colors and light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image
from mask_detector_training.synthesis.head import HeadPose
from mask_detector_training.synthesis.photo import Photo
from mask_detector_training.synthesis.style import any_color

MOUTH: Floats = np.array([0.0, 0.97, 0.15])
"""Middle of the mouth in head coordinates."""

_SKIN: Floats = np.array(
    [
        [-0.35, -0.40, 0.1], [0.0, -0.40, 0.1], [0.35, -0.40, 0.1], [0.0, 0.15, 0.3],
        [-0.55, 0.38, 0.1], [0.55, 0.38, 0.1], [-0.40, 0.45, 0.2], [0.40, 0.45, 0.2],
    ]
)  # fmt: skip
"""Forehead, bridge of the nose and cheeks: skin also above a mask."""
_HAIR: Floats = np.array([[-0.5, -1.15, -0.2], [0.0, -1.25, -0.1], [0.5, -1.15, -0.2]])


@dataclass(frozen=True, eq=False)
class Scene:
    """A face in a photo.

    Attributes:
        pose: head pose.
        photo: light, sharpness and noise.
        skin: (3,) BGR color of the face as in the photo.
        hair: (3,) BGR color above the forehead as in the photo.
        limit: x0, y0, x1, y1 of the part of the image that may change.
        rng: random generator.
    """

    pose: HeadPose
    photo: Photo
    skin: Floats
    hair: Floats
    limit: tuple[int, int, int, int]
    rng: np.random.Generator

    def head(self, points: ArrayLike) -> Floats:
        """Pixels (..., 2) of points on the head (..., 3), in head coordinates."""
        return self.pose.project(np.asarray(points, np.float64))

    def plane(self, points: ArrayLike) -> Floats:
        """Pixels (..., 2) of points (..., 2) in a plane before the mouth.

        Origin at the mouth, x along the line of the eyes, y toward the chin, in eye distances.
        """
        origin, axes = self._plane
        return np.asarray(origin + np.asarray(points, np.float64) @ axes)

    @cached_property
    def _plane(self) -> tuple[Floats, Floats]:
        """Origin (2,) and axes (2, 2) of the plane in pixels."""
        across = self.pose.rotation[:2, 0] + np.array(
            [self.pose.rotation[1, 1], -self.pose.rotation[0, 1]]
        )
        across *= self.pose.scale / max(float(np.hypot(*across)), 1e-6)
        return self.head(MOUTH), np.array([across, [-across[1], across[0]]])

    def lit(self, color: ArrayLike) -> Floats:
        """BGR color (..., 3) of a surface with this albedo (0..255) in the light of the photo."""
        albedo = np.asarray(color, np.float64)
        gray = albedo.mean(-1, keepdims=True)
        lit = (gray + (albedo - gray) * self.photo.chroma) * self.photo.cast * self.photo.exposure
        return np.asarray(6.0 + 0.97 * np.minimum(lit, 97.0 + 0.55 * lit))

    def any_color(self) -> Floats:
        """A random color (3,) of cloth or plastic in the light of the photo."""
        if self.rng.random() < 0.35:
            base = float(self.rng.choice([28.0, 50.0, 120.0, 225.0]))
            return self.lit(base + self.rng.normal(0, 6, 3))
        return self.lit(any_color(self.rng))

    def hand_skin(self) -> Floats:
        """Color (3,) of a hand: that of the face with a small difference."""
        tint = self.rng.normal([0.97, 0.97, 1.0], [0.04, 0.03, 0.02])
        return self.tinted(self.skin * self.rng.normal(1.0, 0.07), tint)

    def tinted(self, color: Floats, factors: ArrayLike) -> Floats:
        """A color (3,) times BGR factors; in a gray photo it stays gray."""
        tint = np.asarray(factors, np.float64)
        tint = tint.mean() + (tint - tint.mean()) * self.photo.chroma
        return np.asarray(np.clip(color * tint, 4, 252))

    def nail(self, skin: Floats) -> Floats:
        """Color (3,) of nails on skin of a color (3,)."""
        return self.tinted(skin + 8, (1.08, 1.04, 1.1))


def skin_color(image: Image, pose: HeadPose) -> Floats:
    """Median BGR color (3,) of a face (H, W, 3)."""
    return _median_color(image, pose.project(_SKIN), pose.scale)


def hair_color(image: Image, pose: HeadPose) -> Floats:
    """Median BGR color (3,) above the forehead."""
    return _median_color(image, pose.project(_HAIR), pose.scale)


def _median_color(image: Image, points: Floats, scale: float) -> Floats:
    height, width = image.shape[:2]
    half = max(1, int(0.06 * scale))
    colors = []
    for x, y in np.clip(points, 0, np.array([width - 1, height - 1])).astype(int):
        area = image[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
        colors.append(cv2.mean(area)[:3])
    return np.asarray(np.median(colors, axis=0))
