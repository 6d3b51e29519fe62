# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Renders the empty room of a camera view: floor, ceiling, walls and glass, in perspective."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image, IntArray
from mask_detector_ros.simulation import camera
from mask_detector_ros.simulation.camera import (
    CENTER_X,
    CENTER_Y,
    FOCAL_LENGTH_PX,
    HEIGHT,
    MOUNT_HEIGHT_M,
    WIDTH,
)
from mask_detector_ros.simulation.camera_view import CameraView
from mask_detector_ros.simulation.room_textures import (
    CEILING_HEIGHT_M,
    DOOR_WIDTH_M,
    PANE_WIDTH_M,
    PERIOD_M,
    PIXELS_PER_METER,
    draw_ceiling,
    draw_door,
    draw_floor,
    draw_glass,
    draw_wall,
    mipmap,
)
from mask_detector_ros.simulation.sprites import blend

MAX_DEPTH_M = 40.0
_DOOR_SPACING_M = 4.5
"""Walls have one door per this length."""


class RoomRenderer:
    """Renders rooms. Build once, since the textures take time."""

    def __init__(self) -> None:
        self._floor, self._ceiling = mipmap(draw_floor()), mipmap(draw_ceiling())
        self._walls = np.hstack([draw_wall(), draw_door()])
        self._glass = draw_glass()
        self._columns = np.arange(WIDTH, dtype=np.float64)
        self._side = ((self._columns - CENTER_X) / FOCAL_LENGTH_PX).astype(np.float32)
        edge = np.hypot(*np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT)))
        self._vignette = (1.0 - 0.07 * edge**2).astype(np.float32)

    def render(self, view: CameraView) -> tuple[Image, FloatArray]:
        """The room without glass, (480, 640, 3) BGR, and the depth of its walls.

        The depth is (640,) meters, one per column, infinite where there is no wall.
        """
        depth, along, which = camera.nearest_wall(view.walls, view.robot, self._columns)
        image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        shade = np.empty((HEIGHT, WIDTH), np.float32)
        self._draw_floor_and_ceiling(image, shade, view, depth)
        self._draw_walls(image, shade, view, depth, along, which)
        shade *= self._vignette
        shade8 = cv2.convertScaleAbs(shade, alpha=230)
        shaded = cv2.multiply(image, cv2.merge([shade8] * 3), scale=1 / 230)
        return np.asarray(shaded, np.uint8), depth

    def pane_depths(self, view: CameraView, depth: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Glass in front of the walls: depth and meters along the pane, (panes, 640) each.

        The depth is infinite where a pane is not visible.
        """
        if not view.glass:
            nothing = np.full((0, WIDTH), np.inf)
            return nothing, nothing
        panes, along = camera.wall_depths(view.glass, view.robot, self._columns)
        return np.where(panes < depth, panes, np.inf), along

    def draw_panes(
        self, image: Image, panes: FloatArray, along: FloatArray, min_depth: float
    ) -> None:
        """Draw the panes beyond ``min_depth``, farthest first, in place.

        The depth of what has been drawn is set to infinity, so that a second call with a
        smaller ``min_depth`` does not draw it again.
        """
        order = np.argsort([-np.min(row) for row in panes])
        for pane in order:
            due = np.flatnonzero(np.isfinite(panes[pane]) & (panes[pane] > min_depth))
            if not len(due):
                continue
            columns = slice(int(due[0]), int(due[-1]) + 1)
            depth = panes[pane, columns]
            shown = np.isfinite(depth) & (depth > min_depth)
            u = np.mod(along[pane, columns], PANE_WIDTH_M) * PIXELS_PER_METER
            near = np.where(shown, depth, MAX_DEPTH_M).astype(np.float32)
            rows = _rows_of_walls(near)
            layer, inside = _project_vertical(self._glass, u, near, rows)
            layer[~(shown[None] & (inside > 0))] = 0
            blend(image[rows, columns], layer)
            panes[pane, due] = np.inf

    def _draw_floor_and_ceiling(
        self, image: Image, shade: FloatArray, view: CameraView, wall_depth: FloatArray
    ) -> None:
        """Texture both and set the brightness of all pixels, in place."""
        rows = np.arange(HEIGHT, dtype=np.float32)
        offset = np.abs(rows - CENTER_Y)
        heights = np.where(rows > CENTER_Y, MOUNT_HEIGHT_M, CEILING_HEIGHT_M - MOUNT_HEIGHT_M)
        # Rows behind the farthest wall are skipped.
        farthest = min(float(wall_depth.max()), MAX_DEPTH_M)
        depth = np.minimum(FOCAL_LENGTH_PX * heights / offset, MAX_DEPTH_M).astype(np.float32)
        c, s = np.float32(math.cos(view.robot.yaw)), np.float32(math.sin(view.robot.yaw))
        ray_x, ray_y = (c + s * self._side)[None], (s - c * self._side)[None]
        horizon = HEIGHT // 2
        for levels, part in (
            (self._ceiling, slice(0, horizon)), (self._floor, slice(horizon, HEIGHT))
        ):  # fmt: skip
            ahead = depth[part]
            height = float(heights[part][0])
            # Mean of the minification across and, stronger, along the viewing direction.
            minification = PIXELS_PER_METER * ahead / FOCAL_LENGTH_PX * np.sqrt(ahead / height)
            level = np.clip(np.round(np.log2(np.maximum(minification, 1))), 0, len(levels) - 1)
            for k in np.unique(level):
                chosen = np.flatnonzero((level == k) & (ahead <= 1.05 * farthest))
                if not len(chosen):
                    continue
                band = slice(part.start + int(chosen[0]), part.start + int(chosen[-1]) + 1)
                meters = depth[band, None]
                image[band] = cv2.remap(
                    levels[int(k)],
                    _texture_pixels(np.float32(view.robot.x) + meters * ray_x, levels[int(k)]),
                    _texture_pixels(np.float32(view.robot.y) + meters * ray_y, levels[int(k)]),
                    cv2.INTER_LINEAR,
                )
        shade[:] = (1.02 - 0.16 * np.clip(depth / 12, 0, 1))[:, None]

    def _draw_walls(
        self, image: Image, shade: FloatArray, view: CameraView,
        depth: FloatArray, along: FloatArray, which: IntArray,
    ) -> None:  # fmt: skip
        """Draw the nearest wall of every column, in place."""
        ahead = np.minimum(depth, MAX_DEPTH_M).astype(np.float32)
        u = np.mod(along, PERIOD_M) * PIXELS_PER_METER
        light = np.full(WIDTH, 0.9, np.float32)
        if view.walls:
            ends = np.array([[b.x - a.x, b.y - a.y] for a, b in view.walls])
            length = np.hypot(ends[:, 0], ends[:, 1])
            doors = np.floor(length / _DOOR_SPACING_M)[which]
            spacing = length[which] / np.maximum(doors, 1)
            offset = np.mod(along, spacing) - spacing / 2
            has_door = (doors > 0) & (np.abs(offset) < DOOR_WIDTH_M / 2) & np.isfinite(depth)
            u = np.where(has_door, (PERIOD_M + DOOR_WIDTH_M / 2 + offset) * PIXELS_PER_METER, u)
            # Directional light makes corners visible.
            light = (0.84 + 0.16 * np.abs(ends[:, 0] / np.maximum(length, 1e-6)))[which]
            light = (light - 0.12 * np.clip(depth / 14, 0, 1)).astype(np.float32)
        rows = _rows_of_walls(ahead)
        layer, inside = _project_vertical(self._walls, u, ahead, rows)
        cv2.copyTo(layer, inside, image[rows])
        np.copyto(shade[rows], np.broadcast_to(light[None], shade[rows].shape), where=inside > 0)


def _project_vertical(
    texture: Image, u: FloatArray, depth: FloatArray, rows: slice
) -> tuple[Image, Image]:
    """Project a floor-to-ceiling texture, one texture column ``u`` per image column.

    Returns:
        The projected texture in the given rows, and a mask that is 255 where it is valid.
    """
    down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(CENTER_Y)
    meters = np.float32(CEILING_HEIGHT_M - MOUNT_HEIGHT_M) + down * (depth / FOCAL_LENGTH_PX)[None]
    v = meters.astype(np.float32) * PIXELS_PER_METER
    inside = cv2.inRange(v, 0, CEILING_HEIGHT_M * PIXELS_PER_METER)
    # Clipped because remap is slow for positions outside the texture.
    v = np.clip(v, 0, len(texture) - 1.001)
    map_u = np.broadcast_to(u.astype(np.float32)[None], v.shape)
    layer = cv2.remap(
        texture, np.ascontiguousarray(map_u), v, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(layer, np.uint8), np.asarray(inside, np.uint8)


def _rows_of_walls(depth: FloatArray) -> slice:
    """Image rows between floor and ceiling at the smallest depth."""
    near = max(float(depth.min()), 0.02)
    top = CENTER_Y - FOCAL_LENGTH_PX * (CEILING_HEIGHT_M - MOUNT_HEIGHT_M) / near
    bottom = CENTER_Y + FOCAL_LENGTH_PX * MOUNT_HEIGHT_M / near
    return slice(max(0, math.floor(top)), min(HEIGHT, math.ceil(bottom) + 1))


def _texture_pixels(meters: FloatArray, texture: Image) -> FloatArray:
    """Map coordinates to pixels of a square texture that repeats every ``PERIOD_M``."""
    periods = meters / np.float32(PERIOD_M)
    return np.asarray((periods - np.floor(periods)) * np.float32(len(texture) - 1.001))
