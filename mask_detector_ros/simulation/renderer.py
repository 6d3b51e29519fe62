# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Renders the simulated camera's images: a room in perspective with people as flat sprites."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.patrol.interface import Point
from mask_detector_ros.simulation import camera
from mask_detector_ros.simulation.camera import (
    CENTER_X,
    CENTER_Y,
    FOCAL_LENGTH_PX,
    HEIGHT,
    MOUNT_HEIGHT_M,
    WIDTH,
)
from mask_detector_ros.simulation.camera_view import CameraView, Figure
from mask_detector_ros.simulation.room_renderer import RoomRenderer
from mask_detector_ros.simulation.sprites import (
    POSTER_CHIN_M,
    POSTER_SIZE_M,
    Sprite,
    SpriteLibrary,
    blend,
)

MIN_DEPTH_M = 0.35
"""Figures closer than this are not drawn."""
_FULL_WIDTH_YAW_RAD = math.radians(60.0)
"""Up to this yaw relative to the camera, people are drawn at full width."""
_MAX_POSTER_YAW_RAD = math.radians(85.0)
_WALL_TOLERANCE_M = 0.15
"""A poster this far behind its wall's surface is still visible."""
_NOISE_DAY, _NOISE_NIGHT = 1.6, 3.2
"""Standard deviation of the sensor noise, gray levels."""


class Renderer:
    """Renders camera views. Sprites are cached, so the first images take longer."""

    def __init__(self, sprites: SpriteLibrary | None = None, seed: int = 0) -> None:
        """Prepare the textures.

        Args:
            sprites: images of people; None for the shipped ones.
            seed: of the sensor noise.

        Raises:
            FileNotFoundError: the images of people are missing.
        """
        self._sprites = sprites or SpriteLibrary()
        self._room = RoomRenderer()
        self._rng = np.random.default_rng(seed)
        grain = self._rng.normal(0, 1, (2, HEIGHT + 64, WIDTH + 64, 3))
        self._grain = np.abs(grain).astype(np.float32)
        self._noise: dict[int, FloatArray] = {}

    def render(self, view: CameraView) -> Image:
        """The camera image, (480, 640, 3) BGR."""
        image, depth = self._room.render(view)
        panes, along = self._room.pane_depths(view, depth)
        figures = []
        for figure in view.figures:
            right, ahead = camera.right_and_ahead(Point(figure.x, figure.y), view.robot)
            if ahead > MIN_DEPTH_M:
                figures.append((ahead, right, figure))
        figures.sort(key=lambda row: -row[0])
        for ahead, right, figure in figures:
            self._room.draw_panes(image, panes, along, ahead)
            if figure.is_poster:
                self._draw_poster(image, view, figure, ahead, depth)
            else:
                self._draw_person(image, view, figure, ahead, right, depth)
        self._room.draw_panes(image, panes, along, 0.0)
        return self._simulate_sensor(image, view.light)

    def _draw_poster(
        self, image: Image, view: CameraView, figure: Figure, ahead: float, depth: FloatArray
    ) -> None:
        yaw = camera.yaw_to_camera(figure.x, figure.y, figure.facing, view.robot)
        if yaw > _MAX_POSTER_YAW_RAD:
            return
        half = POSTER_SIZE_M[0] / 2
        right = np.array([-math.sin(figure.facing), math.cos(figure.facing)])
        top = figure.chin_height + POSTER_CHIN_M
        corners = [
            (figure.x + side * half * right[0], figure.y + side * half * right[1], z)
            for side, z in (
                (-1, top),
                (1, top),
                (1, top - POSTER_SIZE_M[1]),
                (-1, top - POSTER_SIZE_M[1]),
            )
        ]
        if camera.to_optical(np.array(corners), view.robot)[:, 2].min() < MIN_DEPTH_M:
            return
        quad = camera.project(np.array(corners), view.robot).astype(np.float32)
        area = _clip_to_image(quad.min(0), quad.max(0))
        if area is None:
            return
        sprite = self._sprites.poster(figure)
        poster = _choose_level(sprite, FOCAL_LENGTH_PX / ahead / sprite.pixels_per_meter)[1]
        height, width = poster.shape[:2]
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
        target = quad - np.array([area[1].start, area[0].start], np.float32)
        homography = cv2.getPerspectiveTransform(source, target)
        size = (area[1].stop - area[1].start, area[0].stop - area[0].start)
        layer = np.asarray(cv2.warpPerspective(poster, homography, size), np.uint8)
        layer[:, depth[area[1]] < ahead - _WALL_TOLERANCE_M] = 0
        blend(image[area], layer)

    def _draw_person(
        self, image: Image, view: CameraView, figure: Figure, ahead: float, right: float,
        depth: FloatArray,
    ) -> None:  # fmt: skip
        """Draw a flat sprite that faces the camera, with its feet on the floor."""
        yaw = camera.yaw_to_camera(figure.x, figure.y, figure.facing, view.robot)
        sprite = self._sprites.sprite(figure, from_behind=yaw > math.pi / 2)
        # People are narrower from the side than from the front.
        sideways = max(0.0, 1 - abs(yaw - math.pi / 2) / (math.pi / 2 - _FULL_WIDTH_YAW_RAD))
        scale = FOCAL_LENGTH_PX / ahead / sprite.pixels_per_meter
        level, person = _choose_level(sprite, scale)
        zoom = scale * 2**level
        zoom_x = zoom * (1 - 0.3 * sideways)
        phase = figure.stride % 1.0
        bob = 0.012 * (1 - math.cos(4 * math.pi * phase))
        chin = (
            CENTER_X + FOCAL_LENGTH_PX * right / ahead,
            CENTER_Y + FOCAL_LENGTH_PX * (MOUNT_HEIGHT_M - figure.chin_height + bob) / ahead,
        )
        anchor = (
            (sprite.anchor[0] + 0.5) / 2**level - 0.5,
            (sprite.anchor[1] + 0.5) / 2**level - 0.5,
        )
        x, y = chin[0] - anchor[0] * zoom_x, chin[1] - anchor[1] * zoom
        self._draw_shadow(image, chin[0], ahead, depth)
        end = (x + person.shape[1] * zoom_x, y + person.shape[0] * zoom)
        area = _clip_to_image(np.array([x, y]), np.array(end))
        if area is None:
            return
        affine = np.array([[zoom_x, 0, x - area[1].start], [0, zoom, y - area[0].start]])
        size = (area[1].stop - area[1].start, area[0].stop - area[0].start)
        warped = cv2.warpAffine(person, affine, size, flags=cv2.INTER_LINEAR)
        layer = np.asarray(warped, np.uint8)
        layer[:, depth[area[1]] < ahead] = 0
        blend(image[area], layer)

    @staticmethod
    def _draw_shadow(image: Image, x: float, ahead: float, depth: FloatArray) -> None:
        """Darken the floor around the feet at column ``x``."""
        y, width = (
            CENTER_Y + FOCAL_LENGTH_PX * MOUNT_HEIGHT_M / ahead,
            0.3 * FOCAL_LENGTH_PX / ahead,
        )
        height = 0.3 * width
        area = _clip_to_image(
            np.array([x - 2 * width, y - 2 * height]), np.array([x + 2 * width, y + 2 * height])
        )
        if area is None:
            return
        cols = np.exp(-(((np.arange(area[1].start, area[1].stop) - x) / width) ** 2))
        rows = np.exp(-(((np.arange(area[0].start, area[0].stop) - y) / height) ** 2))
        cols[depth[area[1]] < ahead] = 0
        dark = (255 * 0.5 * np.outer(rows, cols)).astype(np.uint8)
        blend(image[area], np.dstack([np.zeros((*dark.shape, 3), np.uint8), dark]))

    def _simulate_sensor(self, image: Image, light: float) -> Image:
        """Apply slight blur, the brightness and sensor noise."""
        light = min(max(light, 0.0), 1.0)
        image = np.asarray(cv2.GaussianBlur(image, (3, 3), 0.55), np.uint8)
        if light < 1.0:
            image = np.asarray(cv2.convertScaleAbs(image, alpha=0.02 + 0.98 * light), np.uint8)
        level = round(10 * light)
        if level not in self._noise:
            sigma = _NOISE_NIGHT + (_NOISE_DAY - _NOISE_NIGHT) * level / 10
            self._noise[level] = np.round(self._grain * sigma).astype(np.uint8)
        for grain, apply in zip(self._noise[level], (cv2.add, cv2.subtract), strict=True):
            y, x = self._rng.integers(0, 64, 2)
            image = np.asarray(apply(image, grain[y : y + HEIGHT, x : x + WIDTH]), np.uint8)
        return image


def _clip_to_image(low: FloatArray, high: FloatArray) -> tuple[slice, slice] | None:
    """Rows and columns of a rectangle (x, y corners) within the image; None if outside."""
    x0, y0 = (max(0, math.floor(v)) for v in low)
    x1, y1 = min(WIDTH, math.ceil(high[0]) + 1), min(HEIGHT, math.ceil(high[1]) + 1)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _choose_level(sprite: Sprite, scale: float) -> tuple[int, Image]:
    """The smallest level that needs no enlargement at this scale, and its image."""
    level = min(max(0, math.floor(-math.log2(scale))), len(sprite.levels) - 1)
    return level, sprite.levels[level]
