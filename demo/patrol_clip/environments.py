# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The environments of the demo clip: textures of a corridor, a lobby and a street."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from patrol_clip.camera import DENSITY, Environment


def _canvas(width: float, height: float, color: tuple[float, float, float]) -> FloatArray:
    """A texture of width x height meters in one color."""
    size = (int(height * DENSITY), int(width * DENSITY), 3)
    return np.full(size, color, np.float32)


def _box(
    image: FloatArray,
    x: float,
    y: float,
    w: float,
    h: float,
    color: tuple[float, float, float],
) -> None:
    """A filled rectangle in meters."""
    low = (round(x * DENSITY), round(y * DENSITY))
    high = (round((x + w) * DENSITY) - 1, round((y + h) * DENSITY) - 1)
    cv2.rectangle(image, low, high, color, -1)


def _color(values: FloatArray) -> tuple[float, float, float]:
    b, g, r = (float(v) for v in values)
    return b, g, r


def _clouds(shape: tuple[int, ...], cells: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """Smooth noise (H, W, 1)."""
    knots = rng.standard_normal(cells).astype(np.float32)
    noise: FloatArray = np.asarray(cv2.resize(knots, shape[1::-1], interpolation=cv2.INTER_CUBIC))
    return noise[..., None]


def _finish(image: FloatArray, light: FloatArray | float = 1.0) -> Image:
    return np.asarray(np.clip(image * light, 0, 255), np.uint8)


def _lamps(width: float, length: float, every: float, spread: float, base: float) -> FloatArray:
    """Brightness (H, W, 1) below a row of lamps along the middle."""
    x = np.linspace(-width / 2, width / 2, int(width * DENSITY))[None, :]
    z = np.linspace(0, length, int(length * DENSITY))[:, None]
    near = (z + every / 2) % every - every / 2
    pool = np.exp(-(near**2 + 0.6 * x**2) / (2 * spread**2))
    return np.asarray((base + (1.08 - base) * pool)[..., None], np.float32)


def corridor(rng: np.random.Generator) -> Environment:
    """A hospital corridor: linoleum, doors, handrail, light panels."""
    left, right, top, end = -1.9, 1.9, 2.8, 26.0
    wide = right - left
    floor = _canvas(wide, end, (168, 172, 170))
    floor += 4 * _clouds(floor.shape, (120, 18), rng)
    for z in np.arange(0, end, 0.9):
        _box(floor, 0, z, wide, 0.015, (150, 154, 152))
    for x in (0.25, wide - 0.35):
        _box(floor, x, 0, 0.10, end, (140, 128, 96))
    floor_light = _lamps(wide, end, 2.7, 0.8, 0.72)
    ceiling = _canvas(wide, end, (205, 208, 208))
    for z in np.arange(0, end, 0.6):
        _box(ceiling, 0, z, wide, 0.02, (185, 188, 188))
    for x in np.arange(0, wide, 0.6):
        _box(ceiling, x, 0, 0.02, end, (185, 188, 188))
    for z in np.arange(0.0, end, 2.7):
        _box(ceiling, wide / 2 - 0.3, z, 0.6, 1.1, (254, 254, 252))
    walls = []
    for side in range(2):
        wall = _canvas(end, top, (196, 206, 208)) + 2 * _clouds((196, 1820), (6, 50), rng)
        _box(wall, 0, top - 1.0, end, 1.0, (166, 160, 128))
        _box(wall, 0, top - 0.12, end, 0.12, (96, 92, 84))
        _box(wall, 0, top - 0.98, end, 0.10, (92, 120, 150))
        _box(wall, 0, top - 0.88, end, 0.03, (120, 116, 96))
        for z in np.arange(1.2 + side * 1.6, end, 3.6):
            _door(wall, z, top, rng)
            tone = _color(rng.uniform(60, 200, 3))
            _box(wall, z + 1.6, top - 1.85, 0.62, 0.62, (120, 120, 118))
            _box(wall, z + 1.64, top - 1.81, 0.54, 0.54, tone)
            _box(wall, z + 1.72, top - 1.72, 0.30, 0.20, (225, 228, 230))
        rows = np.linspace(1.06, 0.86, len(wall), dtype=np.float32)[:, None, None]
        lamp = _lamps(0.03, end, 2.7, 1.0, 0.85)[:, :1].transpose(1, 0, 2)
        walls.append(_finish(wall, rows * lamp))
    back = _canvas(wide, top, (190, 200, 202))
    _box(back, 0.6, top - 2.3, wide - 1.2, 2.3, (120, 124, 126))
    for x in (0.7, wide / 2 + 0.03):
        _box(back, x, top - 2.2, wide / 2 - 0.75, 2.1, (246, 244, 238))
        _box(back, x, top - 1.0, wide / 2 - 0.75, 0.06, (130, 132, 132))
    return Environment(
        left, right, top, end, (0.98, 1.0, 1.0), (214, 218, 216),
        (_finish(floor, floor_light), _finish(ceiling), walls[0], walls[1], _finish(back)),
    )  # fmt: skip


def _door(wall: FloatArray, z: float, top: float, rng: np.random.Generator) -> None:
    _box(wall, z - 0.07, top - 2.17, 1.09, 2.17, (110, 118, 122))
    wood = (92 + 12 * rng.random(), 132 + 12 * rng.random(), 168 + 12 * rng.random())
    _box(wall, z, top - 2.1, 0.95, 2.1, wood)
    _box(wall, z + 0.62, top - 1.75, 0.18, 0.65, (205, 200, 182))
    _box(wall, z + 0.06, top - 1.08, 0.12, 0.04, (210, 210, 210))
    _box(wall, z + 0.3, top - 2.45, 0.35, 0.14, (150, 100, 50))


def lobby(rng: np.random.Generator) -> Environment:
    """A wide lobby: stone floor, tall windows, wood panels, lifts."""
    left, right, top, end = -4.5, 4.5, 4.2, 20.0
    wide = right - left
    floor = _canvas(wide, end, (150, 160, 170)) + 6 * _clouds((1400, 630), (40, 20), rng)
    veins = np.abs(_clouds(floor.shape, (34, 18), rng)) < 0.06
    floor -= 9 * cv2.GaussianBlur(veins.astype(np.float32), (0, 0), 1)[..., None]
    for z in np.arange(0, end, 1.5):
        _box(floor, 0, z, wide, 0.015, (125, 133, 142))
    for x in np.arange(0, wide, 1.5):
        _box(floor, x, 0, 0.015, end, (125, 133, 142))
    glow = np.linspace(1.25, 0.8, floor.shape[1], dtype=np.float32)[None, :, None]
    ceiling = _canvas(wide, end, (190, 196, 200))
    for z in np.arange(1.0, end, 2.0):
        for x in np.arange(1.0, wide, 2.0):
            middle = (int(x * DENSITY), int(z * DENSITY))
            cv2.circle(ceiling, middle, int(0.14 * DENSITY), (252, 252, 255), -1)
    sky = np.linspace(0, 1, int(top * DENSITY), dtype=np.float32)[:, None, None]
    windows: FloatArray = _canvas(end, top, (0, 0, 0)) + (1 - sky) * np.array(
        [250, 240, 226], np.float32
    )
    windows += sky * np.array([206, 222, 214], np.float32)
    leaves = _clouds(windows.shape, (10, 48), rng) + 3.2 * sky - 1.6 > 0.5
    windows = np.where(leaves, np.array([110, 150, 120], np.float32), windows)
    windows = np.asarray(cv2.GaussianBlur(windows, (0, 0), 7))
    for z in np.arange(0, end, 1.6):
        _box(windows, z, 0, 0.09, top, (84, 82, 80))
    for y in (0.0, 1.5, top - 0.35):
        _box(windows, 0, y, end, 0.08, (84, 82, 80))
    _box(windows, 0, top - 0.27, end, 0.27, (120, 126, 132))
    panels = _canvas(end, top, (84, 122, 160)) + 7 * _clouds((294, 1400), (90, 4), rng)
    for z in np.arange(0, end, 1.2):
        _box(panels, z, 0, 0.02, top, (56, 84, 112))
    _box(panels, 0, top - 0.14, end, 0.14, (50, 56, 62))
    for z in (3.0, 9.5, 15.0):
        _box(panels, z, top - 2.9, 1.7, 1.2, (60, 62, 64))
        tone = _color(rng.uniform(90, 210, 3))
        _box(panels, z + 0.08, top - 2.82, 1.54, 1.04, tone)
        _box(panels, z + 0.2, top - 2.5, 0.7, 0.4, (220, 220, 216))
    back = _canvas(wide, top, (132, 138, 140))
    for x in (1.2, 3.7, 6.2):
        _box(back, x - 0.1, top - 2.45, 1.6, 2.45, (88, 92, 94))
        _box(back, x, top - 2.35, 1.4, 2.35, (188, 190, 192))
        _box(back, x + 0.69, top - 2.35, 0.02, 2.35, (110, 112, 114))
        _box(back, x + 0.55, top - 2.75, 0.3, 0.14, (60, 90, 220))
    shade = np.linspace(1.1, 0.8, panels.shape[0], dtype=np.float32)[:, None, None]
    return Environment(
        left, right, top, end, (0.96, 1.0, 1.04), (196, 204, 206),
        (_finish(floor, glow), _finish(ceiling), _finish(windows), _finish(panels, shade),
         _finish(back)),
    )  # fmt: skip


def street(rng: np.random.Generator) -> Environment:
    """A street with shops under an overcast sky."""
    left, right, top, end = -4.2, 7.5, 9.0, 45.0
    wide = right - left
    ground = _canvas(wide, end, (122, 124, 124)) + 3.5 * _clouds((3150, 819), (200, 60), rng)
    for z in np.arange(0, end, 0.8):
        _box(ground, 0, z, 6.0, 0.02, (100, 102, 102))
    for x in np.arange(0, 6.0, 0.8):
        _box(ground, x, 0, 0.02, end, (100, 102, 102))
    _box(ground, 6.0, 0, 0.18, end, (160, 162, 160))
    _box(ground, 6.18, 0, wide - 6.18, end, (92, 90, 88))
    sky = _canvas(wide, end, (222, 212, 202)) + 10 * _clouds((3150, 819), (14, 6), rng)
    walls = []
    bases = ((104, 120, 160), (164, 176, 186))
    for side in range(2):
        wall = _canvas(end, top, bases[side]) + 5 * _clouds((630, 3150), (30, 160), rng)
        start = 0.0
        while start < end:
            size = float(rng.uniform(5.0, 8.0))
            tone = np.array(bases[side]) * rng.uniform(0.75, 1.2) + rng.uniform(-14, 14, 3)
            _shop(wall, start, size, top, _color(tone), rng)
            start += size
        walls.append(_finish(wall, 0.92 if side else 1.0))
    back = _canvas(wide, top, (222, 214, 206))
    height = np.linspace(0, 1, len(back), dtype=np.float32)[:, None, None]
    trees = _clouds(back.shape, (7, 9), rng) * 0.35 + height * 1.6 > 0.95
    back = np.where(trees, np.array([104, 128, 112], np.float32), back)
    back = np.asarray(cv2.GaussianBlur(back, (0, 0), 6))
    return Environment(
        left, right, top, end, (1.04, 1.0, 0.97), (222, 214, 206),
        (_finish(ground), _finish(sky), walls[0], walls[1], _finish(back)),
    )  # fmt: skip


def _shop(
    wall: FloatArray,
    z: float,
    size: float,
    top: float,
    tone: tuple[float, float, float],
    rng: np.random.Generator,
) -> None:
    """Draw one house of a street: shop window and sign below, windows above."""
    low = int(z * DENSITY)
    high = min(int((z + size) * DENSITY), wall.shape[1])
    wall[:, low:high] += np.array(tone, np.float32) - wall[:, low:high].mean((0, 1))
    sign = _color(rng.uniform(40, 190, 3))
    _box(wall, z + 0.4, top - 2.6, size - 1.9, 2.15, (70, 66, 62))
    _box(wall, z + 0.5, top - 2.5, size - 2.1, 1.9, (138, 150, 160))
    for x in np.arange(z + 0.7, z + size - 1.8, 0.55):
        tall = float(rng.uniform(0.4, 1.1))
        goods = _color(rng.uniform(50, 200, 3))
        _box(wall, x, top - 0.65 - tall, 0.4, tall, goods)
    _box(wall, z + size - 1.3, top - 2.5, 0.95, 2.5, (64, 60, 58))
    _box(wall, z + size - 1.2, top - 2.35, 0.75, 1.9, (120, 130, 136))
    _box(wall, z + 0.2, top - 3.3, size - 0.4, 0.6, sign)
    _box(wall, z + 0.8, top - 3.12, size * 0.4, 0.22, (225, 225, 222))
    for y in (top - 5.6, top - 8.4):
        for x in np.arange(z + 0.6, z + size - 1.2, 1.7):
            _box(wall, x - 0.08, y - 0.08, 1.06, 1.66, (200, 200, 196))
            _box(wall, x, y, 0.9, 1.5, (118, 112, 102))
    _box(wall, z + size - 0.04, 0, 0.04, top, (70, 70, 70))
