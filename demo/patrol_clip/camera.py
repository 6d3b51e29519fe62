# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that drives and pans through box-shaped places, with true perspective.

Every surface of a place is a flat picture; the camera sees it through one lookup per pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.perception.types import FloatArray, Image

WIDTH, HEIGHT = 640, 480
FOCAL = WIDTH / 2 / np.tan(np.radians(69.0) / 2)
HORIZON = 258.0
"""Row of the horizon: the camera looks up a little, shifted as by a shift lens."""
CAMERA_HEIGHT = 1.22

DENSITY = 70
"""Pixels per meter of the flat pictures."""
_LEVELS = 4


@dataclass(frozen=True, eq=False)
class Place:
    """A box of flat pictures; x right, y up, z ahead of the camera's start, meters.

    Attributes:
        left, right: x of the walls.
        top: height of the ceiling.
        end: z of the far wall.
        tint: BGR of the light on people.
        haze: BGR that far things fade to.
        surfaces: pictures of floor, ceiling, left, right and far wall; walls with the
            upper edge first, floor and ceiling with x across and z down the picture.
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
    """Where the robot's camera is: meters ahead, meters to the right, radians to the right."""

    z: float = 0.0
    x: float = 0.0
    yaw: float = 0.0

    def see(self, x: float, z: float) -> tuple[float, float]:
        """Right and ahead of the camera, meters, of a point on the floor."""
        dx, dz = x - self.x, z - self.z
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        return float(c * dx - s * dz), float(s * dx + c * dz)


class Renderer:
    """Draws one place from anywhere in it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._atlas, self._origins = _make_atlas(place.surfaces)
        cols, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
        self._ray_x = ((cols - WIDTH / 2) / FOCAL).astype(np.float32)
        self._ray_y = ((HORIZON - rows) / FOCAL).astype(np.float32)

    def draw(self, camera: Camera) -> FloatArray:
        """The empty place, (HEIGHT, WIDTH, 3) float32 BGR, a little out of focus."""
        place = self._place
        c, s = np.float32(np.cos(camera.yaw)), np.float32(np.sin(camera.yaw))
        dx, dy, dz = c * self._ray_x + s, self._ray_y, c - s * self._ray_x
        far = np.float32(1e6)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.stack(
                [
                    np.where(dy < 0, -CAMERA_HEIGHT / dy, far),
                    np.where(dy > 0, (place.top - CAMERA_HEIGHT) / dy, far),
                    np.where(dx < 0, (place.left - camera.x) / dx, far),
                    np.where(dx > 0, (place.right - camera.x) / dx, far),
                    np.where(dz > 0, (place.end - camera.z) / dz, far),
                ]
            )
        surface = reach.argmin(0)
        t = np.take_along_axis(reach, surface[None], 0)[0]
        x, y, z = camera.x + t * dx, CAMERA_HEIGHT + t * dy, camera.z + t * dz
        across = np.where(surface >= 2, z, x - place.left)
        across = np.where(surface == 4, x - place.left, across)
        down = np.where(surface < 2, z, place.top - y)
        # Grazing surfaces shrink faster than distance tells.
        tilt = np.where(surface < 2, np.abs(dy), np.where(surface == 4, 1.0, np.abs(dx)))
        shrink = DENSITY * t / FOCAL / np.clip(tilt, 0.2, 1.0) ** 0.5
        level = np.clip(np.ceil(np.log2(np.maximum(shrink, 1e-3))), 0, _LEVELS - 1).astype(int)
        origin = self._origins[surface, level]
        zoom = (DENSITY / 2.0**level).astype(np.float32)
        u = (np.maximum(across, 0) * zoom + origin[..., 0]).astype(np.float32)
        v = (np.maximum(down, 0) * zoom + origin[..., 1]).astype(np.float32)
        picture = cv2.remap(self._atlas, u, v, cv2.INTER_LINEAR).astype(np.float32)
        fog = (1 - np.exp(-np.maximum(t - 4, 0) / 70))[..., None]
        picture += (np.array(place.haze, np.float32) - picture) * fog
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5))


def _make_atlas(surfaces: tuple[Image, ...]) -> tuple[Image, FloatArray]:
    """All pictures in all sizes on one sheet, and where each one starts, (5, levels, 2)."""
    pieces, origins = [], np.zeros((len(surfaces), _LEVELS, 2), np.float32)
    row = 0
    width = max(s.shape[1] for s in surfaces) + 4
    for index, picture in enumerate(surfaces):
        for level in range(_LEVELS):
            size = tuple(max(1, n >> level) for n in picture.shape[1::-1])
            small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            # Beyond its edge each picture goes on, so that no neighbor shines in.
            right = width - 2 - size[0]
            padded = cv2.copyMakeBorder(small, 2, 4, 2, right, cv2.BORDER_REPLICATE)
            origins[index, level] = (2, row + 2)
            row += len(padded)
            pieces.append(padded)
    return np.vstack(pieces), origins
