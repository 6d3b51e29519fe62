# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A moving pinhole camera in box-shaped environments.

Every surface is a flat texture, sampled once per pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image

WIDTH, HEIGHT = 640, 480
FOCAL = WIDTH / 2 / np.tan(np.radians(69.0) / 2)
HORIZON = 258.0
"""Row of the horizon. The image is shifted vertically, as with a shift lens."""
CAMERA_HEIGHT = 1.22

DENSITY = 70
"""Pixels per meter of the textures."""
_LEVELS = 4


@dataclass(frozen=True, eq=False)
class Environment:
    """A box with textured sides; x right, y up, z ahead of the camera's start, meters.

    Attributes:
        left, right: x of the walls.
        top: height of the ceiling.
        end: z of the far wall.
        tint: BGR factors of the light on people.
        haze: BGR color of distant objects.
        surfaces: textures of floor, ceiling, left, right and far wall. The first row of a
            wall is its upper edge. Floor and ceiling have x across and z down.
    """

    left: float
    right: float
    top: float
    end: float
    tint: tuple[float, float, float]
    haze: tuple[float, float, float]
    surfaces: tuple[Image, Image, Image, Image, Image]


@dataclass(frozen=True)
class Camera:
    """Pose of the camera: ``z`` ahead, ``x`` right in meters, ``yaw`` to the right in radians."""

    z: float = 0.0
    x: float = 0.0
    yaw: float = 0.0

    def right_and_ahead(self, x: float, z: float) -> tuple[float, float]:
        """A floor point relative to the camera: meters to the right, meters ahead."""
        dx, dz = x - self.x, z - self.z
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        return float(c * dx - s * dz), float(s * dx + c * dz)


class Renderer:
    """Renders an environment from any camera pose in it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._atlas, self._origins = _make_atlas(environment.surfaces)
        cols, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
        self._ray_x = ((cols - WIDTH / 2) / FOCAL).astype(np.float32)
        self._ray_y = ((HORIZON - rows) / FOCAL).astype(np.float32)

    def draw(self, camera: Camera) -> FloatArray:
        """The empty environment, (HEIGHT, WIDTH, 3) float32 BGR, slightly blurred."""
        box = self._environment
        c, s = np.float32(np.cos(camera.yaw)), np.float32(np.sin(camera.yaw))
        dx, dy, dz = c * self._ray_x + s, self._ray_y, c - s * self._ray_x
        far = np.float32(1e6)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.stack(
                [
                    np.where(dy < 0, -CAMERA_HEIGHT / dy, far),
                    np.where(dy > 0, (box.top - CAMERA_HEIGHT) / dy, far),
                    np.where(dx < 0, (box.left - camera.x) / dx, far),
                    np.where(dx > 0, (box.right - camera.x) / dx, far),
                    np.where(dz > 0, (box.end - camera.z) / dz, far),
                ]
            )
        surface = reach.argmin(0)
        t = np.take_along_axis(reach, surface[None], 0)[0]
        x, y, z = camera.x + t * dx, CAMERA_HEIGHT + t * dy, camera.z + t * dz
        across = np.where(surface >= 2, z, x - box.left)
        across = np.where(surface == 4, x - box.left, across)
        down = np.where(surface < 2, z, box.top - y)
        # Surfaces at a grazing angle are minified more than by distance alone.
        tilt = np.where(surface < 2, np.abs(dy), np.where(surface == 4, 1.0, np.abs(dx)))
        minification = DENSITY * t / FOCAL / np.clip(tilt, 0.2, 1.0) ** 0.5
        level = np.clip(np.ceil(np.log2(np.maximum(minification, 1e-3))), 0, _LEVELS - 1).astype(
            int
        )
        origin = self._origins[surface, level]
        zoom = (DENSITY / 2.0**level).astype(np.float32)
        u = (np.maximum(across, 0) * zoom + origin[..., 0]).astype(np.float32)
        v = (np.maximum(down, 0) * zoom + origin[..., 1]).astype(np.float32)
        image = cv2.remap(self._atlas, u, v, cv2.INTER_LINEAR).astype(np.float32)
        fog = (1 - np.exp(-np.maximum(t - 4, 0) / 70))[..., None]
        image += (np.array(box.haze, np.float32) - image) * fog
        return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.5))


def _make_atlas(surfaces: tuple[Image, ...]) -> tuple[Image, FloatArray]:
    """All textures at all mipmap levels in one image, and their origins, (5, levels, 2)."""
    pieces, origins = [], np.zeros((len(surfaces), _LEVELS, 2), np.float32)
    row = 0
    width = max(s.shape[1] for s in surfaces) + 4
    for index, image in enumerate(surfaces):
        for level in range(_LEVELS):
            size = tuple(max(1, n >> level) for n in image.shape[1::-1])
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            # Replicated borders keep interpolation from reaching the neighboring texture.
            right = width - 2 - size[0]
            padded = cv2.copyMakeBorder(small, 2, 4, 2, right, cv2.BORDER_REPLICATE)
            origins[index, level] = (2, row + 2)
            row += len(padded)
            pieces.append(padded)
    return np.vstack(pieces), origins
