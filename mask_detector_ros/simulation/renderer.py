# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the simulated camera shows: rooms in true perspective, people as pictures in them."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.perception.types import FloatArray, Image, IntArray
from mask_detector_ros.simulation import camera
from mask_detector_ros.simulation.camera import CENTER_X, CENTER_Y, FOCAL, HEIGHT, WIDTH
from mask_detector_ros.simulation.camera_view import Figure, View
from mask_detector_ros.simulation.sprites import (
    CEILING,
    DENSITY,
    DOOR_WIDTH,
    POSTER_CHIN,
    POSTER_SIZE,
    REPEATED,
    Cast,
    Sprite,
    blend,
    draw_ceiling,
    draw_door,
    draw_floor,
    draw_glass,
    draw_wall,
    levels_of,
)

NEAREST = 0.35
"""Meters; whoever is nearer is not drawn."""
FARTHEST = 40.0

_DOOR_EVERY = 4.5
_NARROW = math.radians(60.0)
_ON_WALL = 0.15
"""Meters that a poster may hang behind its wall's surface and still be seen."""
_NOISE, _NOISE_DARK = 1.6, 3.2
"""Gray levels, standard deviation, by day and by night."""


class Renderer:
    """Draws views. Keeps pictures it has used, so that the first frames take longer."""

    def __init__(self, cast: Cast | None = None, seed: int = 0) -> None:
        """Prepare the room; None takes the shipped people.

        Raises:
            FileNotFoundError: the people's pictures are not there.
        """
        self._cast = cast or Cast()
        self._rng = np.random.default_rng(seed)
        self._floor, self._ceiling = levels_of(draw_floor()), levels_of(draw_ceiling())
        self._walls = np.hstack([draw_wall(), draw_door()])
        self._glass = draw_glass()
        self._columns = np.arange(WIDTH, dtype=np.float64)
        self._side = ((self._columns - CENTER_X) / FOCAL).astype(np.float32)
        grain = self._rng.normal(0, 1, (2, HEIGHT + 64, WIDTH + 64, 3))
        self._grain = np.abs(grain).astype(np.float32)
        self._noise: dict[int, FloatArray] = {}
        edge = np.hypot(*np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT)))
        self._vignette = (1.0 - 0.07 * edge**2).astype(np.float32)

    def render(self, view: View) -> Image:
        """The picture, (480, 640, 3) uint8 BGR."""
        depth, along, which = camera.nearest_wall(view.walls, view.robot, self._columns)
        picture = self._room(view, depth, along, which)
        if view.glass:
            panes = camera.wall_depths(view.glass, view.robot, self._columns)
            glass, places = np.where(panes[0] < depth, panes[0], np.inf), panes[1]
        else:
            glass = places = np.full((0, WIDTH), np.inf)
        figures = []
        for figure in view.figures:
            right, ahead = camera.place(Point(figure.x, figure.y), view.robot)
            if ahead > NEAREST:
                figures.append((ahead, right, figure))
        figures.sort(key=lambda row: -row[0])
        for ahead, right, figure in figures:
            self._draw_panes(picture, glass, places, ahead)
            if figure.is_poster:
                self._draw_poster(picture, view, figure, ahead, depth)
            else:
                self._draw_person(picture, view, figure, ahead, right, depth)
        self._draw_panes(picture, glass, places, 0.0)
        return self._expose(picture, view.light)

    def _room(self, view: View, depth: FloatArray, along: FloatArray, which: IntArray) -> Image:
        """Floor, ceiling and walls, and the light on them."""
        picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        shade = np.empty((HEIGHT, WIDTH), np.float32)
        rows = np.arange(HEIGHT, dtype=np.float32)
        below = np.abs(rows - CENTER_Y)
        heights = np.where(rows > CENTER_Y, camera.MOUNT_HEIGHT, CEILING - camera.MOUNT_HEIGHT)
        # What lies behind the walls along every column is not drawn.
        deepest = min(float(depth.max()), FARTHEST)
        reach = np.minimum(FOCAL * heights / below, FARTHEST).astype(np.float32)
        c, s = np.float32(math.cos(view.robot.yaw)), np.float32(math.sin(view.robot.yaw))
        ray_x, ray_y = (c + s * self._side)[None], (s - c * self._side)[None]
        horizon = HEIGHT // 2
        for levels, part in (
            (self._ceiling, slice(0, horizon)), (self._floor, slice(horizon, HEIGHT))
        ):  # fmt: skip
            ahead = reach[part]
            height = float(heights[part][0])
            # Between what distance shrinks across and, more, along the floor.
            shrink = DENSITY * ahead / FOCAL * np.sqrt(ahead / height)
            level = np.clip(np.round(np.log2(np.maximum(shrink, 1))), 0, len(levels) - 1)
            for k in np.unique(level):
                chosen = np.flatnonzero((level == k) & (ahead <= 1.05 * deepest))
                if not len(chosen):
                    continue
                band = slice(part.start + int(chosen[0]), part.start + int(chosen[-1]) + 1)
                meters = reach[band, None]
                picture[band] = cv2.remap(
                    levels[int(k)],
                    _within(np.float32(view.robot.x) + meters * ray_x, levels[int(k)]),
                    _within(np.float32(view.robot.y) + meters * ray_y, levels[int(k)]),
                    cv2.INTER_LINEAR,
                )
        shade[:] = (1.02 - 0.16 * np.clip(reach / 12, 0, 1))[:, None]
        self._draw_walls(picture, shade, view, depth, along, which)
        shade *= self._vignette
        shade8 = cv2.convertScaleAbs(shade, alpha=230)
        return np.asarray(cv2.multiply(picture, cv2.merge([shade8] * 3), scale=1 / 230))

    def _draw_walls(
        self, picture: Image, shade: FloatArray, view: View,
        depth: FloatArray, along: FloatArray, which: IntArray,
    ) -> None:  # fmt: skip
        """All walls at once, in place: each column shows the nearest."""
        ahead = np.minimum(depth, FARTHEST).astype(np.float32)
        u = np.mod(along, REPEATED) * DENSITY
        light = np.full(WIDTH, 0.9, np.float32)
        if view.walls:
            ends = np.array([[b.x - a.x, b.y - a.y] for a, b in view.walls])
            length = np.hypot(ends[:, 0], ends[:, 1])
            doors = np.floor(length / _DOOR_EVERY)[which]
            apart = length[which] / np.maximum(doors, 1)
            off = np.mod(along, apart) - apart / 2
            has_door = (doors > 0) & (np.abs(off) < DOOR_WIDTH / 2) & np.isfinite(depth)
            u = np.where(has_door, (REPEATED + DOOR_WIDTH / 2 + off) * DENSITY, u)
            # Light falls in along one direction, so that corners show.
            light = (0.84 + 0.16 * np.abs(ends[:, 0] / np.maximum(length, 1e-6)))[which]
            light = (light - 0.12 * np.clip(depth / 14, 0, 1)).astype(np.float32)
        rows = _rows_of(ahead)
        layer, inside = self._upright(self._walls, u, ahead, rows)
        cv2.copyTo(layer, inside, picture[rows])
        np.copyto(shade[rows], np.broadcast_to(light[None], shade[rows].shape), where=inside > 0)

    @staticmethod
    def _upright(
        texture: Image, u: FloatArray, ahead: FloatArray, rows: slice
    ) -> tuple[Image, Image]:
        """Something as high as the room in given rows, and where it is (uint8, 255 inside)."""
        down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(CENTER_Y)
        meters = np.float32(CEILING - camera.MOUNT_HEIGHT) + down * (ahead / FOCAL)[None]
        v = meters.astype(np.float32) * DENSITY
        inside = cv2.inRange(v, 0, CEILING * DENSITY)
        # OpenCV is slow where it looks beyond the edge.
        v = np.clip(v, 0, len(texture) - 1.001)
        map_u = np.broadcast_to(u.astype(np.float32)[None], v.shape)
        layer = cv2.remap(
            texture, np.ascontiguousarray(map_u), v, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return layer, inside

    def _draw_panes(
        self, picture: Image, glass: FloatArray, places: FloatArray, beyond: float
    ) -> None:
        """The panes farther than ``beyond``, in place, farthest first; each part only once."""
        order = np.argsort([-np.min(row) for row in glass])
        for pane in order:
            due = np.flatnonzero(np.isfinite(glass[pane]) & (glass[pane] > beyond))
            if not len(due):
                continue
            columns = slice(int(due[0]), int(due[-1]) + 1)
            ahead = glass[pane, columns]
            shown = np.isfinite(ahead) & (ahead > beyond)
            u = np.mod(places[pane, columns], 1.5) * DENSITY
            near = np.where(shown, ahead, FARTHEST).astype(np.float32)
            rows = _rows_of(near)
            layer, inside = self._upright(self._glass, u, near, rows)
            layer[~(shown[None] & (inside > 0))] = 0
            blend(picture[rows, columns], layer)
            glass[pane, due] = np.inf

    def _draw_poster(
        self, picture: Image, view: View, figure: Figure, ahead: float, depth: FloatArray
    ) -> None:
        if camera.turned_away(figure.x, figure.y, figure.facing, view.robot) > math.radians(85):
            return
        half = POSTER_SIZE[0] / 2
        right = np.array([-math.sin(figure.facing), math.cos(figure.facing)])
        top = figure.chin + POSTER_CHIN
        corners = [
            (figure.x + side * half * right[0], figure.y + side * half * right[1], z)
            for side, z in (
                (-1, top),
                (1, top),
                (1, top - POSTER_SIZE[1]),
                (-1, top - POSTER_SIZE[1]),
            )
        ]
        if camera.to_optical(np.array(corners), view.robot)[:, 2].min() < NEAREST:
            return
        quad = camera.project(np.array(corners), view.robot).astype(np.float32)
        area = _clipped(quad.min(0), quad.max(0))
        if area is None:
            return
        sprite = self._cast.poster(figure)
        image = _level(sprite, FOCAL / ahead / sprite.pixels_per_meter)[1]
        height, width = image.shape[:2]
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
        target = quad - np.array([area[1].start, area[0].start], np.float32)
        move = cv2.getPerspectiveTransform(source, target)
        size = (area[1].stop - area[1].start, area[0].stop - area[0].start)
        layer = cv2.warpPerspective(image, move, size)
        layer[:, depth[area[1]] < ahead - _ON_WALL] = 0
        blend(picture[area], layer)

    def _draw_person(
        self, picture: Image, view: View, figure: Figure, ahead: float, right: float,
        depth: FloatArray,
    ) -> None:  # fmt: skip
        """A flat picture that always faces the camera, its feet on the floor."""
        turned = camera.turned_away(figure.x, figure.y, figure.facing, view.robot)
        sprite = self._cast.sprite(figure, from_behind=turned > math.pi / 2)
        # Who is seen from the side is narrower than who is seen from the front.
        sideways = max(0.0, 1 - abs(turned - math.pi / 2) / (math.pi / 2 - _NARROW))
        scale = FOCAL / ahead / sprite.pixels_per_meter
        level, image = _level(sprite, scale)
        zoom = scale * 2**level
        wide = zoom * (1 - 0.3 * sideways)
        phase = figure.walking % 1.0
        bob = 0.012 * (1 - math.cos(4 * math.pi * phase))
        chin = (
            CENTER_X + FOCAL * right / ahead,
            CENTER_Y + FOCAL * (camera.MOUNT_HEIGHT - figure.chin + bob) / ahead,
        )
        anchor = (
            (sprite.anchor[0] + 0.5) / 2**level - 0.5,
            (sprite.anchor[1] + 0.5) / 2**level - 0.5,
        )
        x, y = chin[0] - anchor[0] * wide, chin[1] - anchor[1] * zoom
        self._draw_shadow(picture, chin[0], ahead, depth)
        end = (x + image.shape[1] * wide, y + image.shape[0] * zoom)
        area = _clipped(np.array([x, y]), np.array(end))
        if area is None:
            return
        move = np.array([[wide, 0, x - area[1].start], [0, zoom, y - area[0].start]])
        size = (area[1].stop - area[1].start, area[0].stop - area[0].start)
        layer = cv2.warpAffine(image, move, size, flags=cv2.INTER_LINEAR)
        layer[:, depth[area[1]] < ahead] = 0
        blend(picture[area], layer)

    @staticmethod
    def _draw_shadow(picture: Image, x: float, ahead: float, depth: FloatArray) -> None:
        y, wide = CENTER_Y + FOCAL * camera.MOUNT_HEIGHT / ahead, 0.3 * FOCAL / ahead
        flat = 0.3 * wide
        area = _clipped(
            np.array([x - 2 * wide, y - 2 * flat]), np.array([x + 2 * wide, y + 2 * flat])
        )
        if area is None:
            return
        cols = np.exp(-(((np.arange(area[1].start, area[1].stop) - x) / wide) ** 2))
        rows = np.exp(-(((np.arange(area[0].start, area[0].stop) - y) / flat) ** 2))
        cols[depth[area[1]] < ahead] = 0
        dark = (255 * 0.5 * np.outer(rows, cols)).astype(np.uint8)
        blend(picture[area], cv2.merge([np.zeros_like(dark)] * 3 + [dark]))

    def _expose(self, picture: Image, light: float) -> Image:
        """The picture as a sensor gives it: a little soft, noisy, dark where there is no light."""
        light = min(max(light, 0.0), 1.0)
        picture = cv2.GaussianBlur(picture, (3, 3), 0.55)
        if light < 1.0:
            picture = cv2.convertScaleAbs(picture, alpha=0.02 + 0.98 * light)
        level = round(10 * light)
        if level not in self._noise:
            sigma = _NOISE_DARK + (_NOISE - _NOISE_DARK) * level / 10
            self._noise[level] = np.round(self._grain * sigma).astype(np.uint8)
        for grain, apply in zip(self._noise[level], (cv2.add, cv2.subtract), strict=True):
            y, x = self._rng.integers(0, 64, 2)
            picture = apply(picture, grain[y : y + HEIGHT, x : x + WIDTH])
        return np.asarray(picture)


def _clipped(low: FloatArray, high: FloatArray) -> tuple[slice, slice] | None:
    """Rows and columns of a rectangle (x, y corners) inside the picture, None if there are none."""
    x0, y0 = (max(0, math.floor(v)) for v in low)
    x1, y1 = min(WIDTH, math.ceil(high[0]) + 1), min(HEIGHT, math.ceil(high[1]) + 1)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _rows_of(ahead: FloatArray) -> slice:
    """The rows that something as high as the room covers, at its nearest."""
    near = max(float(ahead.min()), 0.02)
    top = CENTER_Y - FOCAL * (CEILING - camera.MOUNT_HEIGHT) / near
    bottom = CENTER_Y + FOCAL * camera.MOUNT_HEIGHT / near
    return slice(max(0, math.floor(top)), min(HEIGHT, math.ceil(bottom) + 1))


def _level(sprite: Sprite, scale: float) -> tuple[int, Image]:
    """The smallest size of a picture that need not be enlarged, and how often it was halved."""
    level = min(max(0, math.floor(-math.log2(scale))), len(sprite.levels) - 1)
    return level, sprite.levels[level]


def _within(meters: FloatArray, texture: Image) -> FloatArray:
    """Where in a square texture places are that it covers over and over."""
    turns = meters / np.float32(REPEATED)
    return np.asarray((turns - np.floor(turns)) * np.float32(len(texture) - 1.001))
