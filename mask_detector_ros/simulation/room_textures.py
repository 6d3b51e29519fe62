# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Textures of the simulated rooms: floor, ceiling, walls, doors and glass."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import Image

CEILING_HEIGHT_M = 2.8
PIXELS_PER_METER = 96
"""Resolution of all textures."""
PERIOD_M = 2.0
"""Floors, ceilings and walls repeat with this period."""
DOOR_WIDTH_M = 1.3
PANE_WIDTH_M = 1.5
MIPMAP_LEVELS = 6


def mipmap(texture: Image) -> list[Image]:
    """A texture at ``MIPMAP_LEVELS`` sizes, each half of the one before.

    The first row and column are repeated at the end, for interpolation across the period.
    """
    levels = []
    for k in range(MIPMAP_LEVELS):
        size = (texture.shape[1] >> k, texture.shape[0] >> k)
        small = cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
        padded = cv2.copyMakeBorder(small, 0, 1, 0, 1, cv2.BORDER_WRAP)
        levels.append(np.asarray(padded, np.uint8))
    return levels


def _speckled(height: float, width: float, color: tuple[int, ...], grain: float) -> Image:
    """A surface of one color with noise of standard deviation ``grain``; size in meters."""
    rng = np.random.default_rng(1)
    shape = (round(height * PIXELS_PER_METER), round(width * PIXELS_PER_METER))
    spots = rng.normal(0, grain, (*shape, 1))
    return np.asarray(np.clip(np.array(color) + spots, 0, 255), np.uint8)


def draw_floor() -> Image:
    """Two by two tiles of 1 m, BGR."""
    floor = _speckled(PERIOD_M, PERIOD_M, (150, 164, 172), 5.0)
    half = len(floor) // 2
    for y, x in ((0, 1), (1, 0)):
        area = floor[y * half : (y + 1) * half, x * half : (x + 1) * half]
        area[:] = cv2.convertScaleAbs(area, alpha=0.93)
    for k in (0, half):
        floor[k : k + 2] = floor[:, k : k + 2] = (118, 130, 136)
    return floor


def draw_ceiling() -> Image:
    """Two by two panels of 1 m, one of them a lamp, BGR."""
    ceiling = _speckled(PERIOD_M, PERIOD_M, (212, 216, 216), 2.0)
    half = len(ceiling) // 2
    for k in (0, half):
        ceiling[k : k + 2] = ceiling[:, k : k + 2] = (186, 190, 190)
    ceiling[half // 5 : half - half // 5, half // 5 : half - half // 5] = (248, 252, 252)
    return ceiling


def _band(wall: Image, top: float, bottom: float, color: tuple[int, int, int]) -> None:
    """Fill the strip between two heights in meters, in place."""
    first, last = (round((CEILING_HEIGHT_M - z) * PIXELS_PER_METER) for z in (top, bottom))
    wall[first:last] = color


def draw_wall() -> Image:
    """Two meters of wall: plaster above, panels and a handrail below, BGR."""
    wall = _speckled(CEILING_HEIGHT_M, PERIOD_M, (206, 214, 216), 2.0)
    _band(wall, 1.0, 0.0, (176, 168, 136))
    for x in (0, PIXELS_PER_METER):
        wall[round((CEILING_HEIGHT_M - 1.0) * PIXELS_PER_METER) :, x : x + 2] = (146, 140, 112)
    _band(wall, 1.04, 0.98, (92, 116, 150))
    _band(wall, 0.98, 0.96, (130, 126, 104))
    _band(wall, 0.1, 0.0, (92, 96, 98))
    return wall


def draw_door() -> Image:
    """A door in its frame, ``DOOR_WIDTH_M`` wide, BGR."""
    door = draw_wall()[:, : round(DOOR_WIDTH_M * PIXELS_PER_METER)]

    def box(x0: float, x1: float, top: float, bottom: float, color: tuple[int, int, int]) -> None:
        columns = slice(round(x0 * PIXELS_PER_METER), round(x1 * PIXELS_PER_METER))
        _band(door[:, columns], top, bottom, color)

    box(0.08, 1.22, 2.2, 0.0, (104, 108, 110))
    box(0.15, 1.15, 2.13, 0.0, (112, 146, 176))
    box(0.25, 1.05, 2.0, 1.15, (104, 138, 168))
    box(0.25, 1.05, 1.0, 0.2, (104, 138, 168))
    box(0.98, 1.1, 1.08, 1.02, (190, 192, 192))
    return door


def draw_glass() -> Image:
    """One pane and its frame, ``PANE_WIDTH_M`` wide, BGRA with premultiplied alpha."""
    height = round(CEILING_HEIGHT_M * PIXELS_PER_METER)
    width = round(PANE_WIDTH_M * PIXELS_PER_METER)
    y, x = np.mgrid[:height, :width]
    shine = np.mod(x + 0.45 * y, PANE_WIDTH_M * PIXELS_PER_METER) / PIXELS_PER_METER
    alpha = 0.13 + 0.09 * ((shine > 0.5) & (shine < 0.68)) + 0.06 * ((shine > 0.74) & (shine < 0.8))
    glass = np.dstack(
        [np.full((height, width, 3), (226, 226, 206)) * alpha[..., None], alpha * 255]
    )
    frame = [(92, 92, 88, 255)]
    glass[:, :4] = glass[:, -3:] = glass[: round(0.08 * PIXELS_PER_METER)] = frame
    glass[-round(0.12 * PIXELS_PER_METER) :] = frame
    return glass.astype(np.uint8)
