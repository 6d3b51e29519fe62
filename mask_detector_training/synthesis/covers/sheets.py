# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Flat things held in front of a face: paper, books, phones."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas, Capsule
from mask_detector_training.synthesis.covers.hands import grip
from mask_detector_training.synthesis.covers.scene import Scene

_PAPER_TONES = ((238, 240, 240), (225, 235, 240), (200, 220, 232), (235, 225, 205), (205, 225, 245))
CORNERS: Floats = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


class Sheet:
    """A rectangle in the plane before the mouth; its own coordinates run from -0.5 to 0.5."""

    def __init__(self, scene: Scene, center: Floats, size: Floats, angle: float) -> None:
        self._scene, self._center, self._size = scene, center, size
        c, s = np.cos(angle), np.sin(angle)
        self._axes = np.array([[c, s], [-s, c]])
        # Perspective: the sheet leans, so that one side is longer.
        self._lean = scene.rng.normal(0, 0.05, 2)

    def plane(self, points: Floats) -> Floats:
        """Points (..., 2) in the plane before the mouth."""
        points = np.asarray(points, np.float64)
        scale = 1 + points @ self._lean
        flat = points * scale[..., None] * self._size
        return np.asarray(self._center + flat @ self._axes)

    def pixels(self, points: Floats) -> Floats:
        """Image pixels (..., 2) of points (..., 2)."""
        return self._scene.plane(self.plane(points))


def paper(scene: Scene) -> Canvas:
    """A sheet of paper with print, held by its edges."""
    rng = scene.rng
    size = np.array([rng.uniform(1.9, 3.6), rng.uniform(1.9, 3.8)])
    sheet = Sheet(scene, _below_nose(size[1], rng), size, rng.normal(0, 0.14))
    canvas = _canvas(scene, sheet)
    tone = scene.lit(np.array(_PAPER_TONES[int(rng.integers(len(_PAPER_TONES)))]))
    canvas.polygon(sheet.pixels(CORNERS), tone, base=0.3)
    _print(canvas, scene, sheet, tone)
    _bend(canvas, scene, sheet)
    _holders(canvas, scene, sheet)
    return canvas


def book(scene: Scene) -> Canvas:
    """An open book, seen from its cover, or a closed one."""
    rng = scene.rng
    is_open = rng.random() < 0.65
    size = np.array([rng.uniform(2.4, 4.0) if is_open else rng.uniform(1.7, 2.5), 0.0])
    size[1] = rng.uniform(1.7, 2.7)
    sheet = Sheet(scene, _below_nose(size[1], rng), size, rng.normal(0, 0.1))
    canvas = _canvas(scene, sheet)
    if is_open:  # the pages behind
        pages = sheet.pixels(CORNERS * 1.0 + (0, -0.025))
        canvas.polygon(pages, scene.lit((215, 226, 232)), base=0.2)
    cover = scene.any_color()
    canvas.polygon(sheet.pixels(CORNERS * (1.0, 0.97)), cover, base=0.3)
    ink = scene.any_color()
    for left, right in ((-0.46, -0.06), (0.06, 0.46)) if is_open else ((-0.42, 0.42),):
        if rng.random() < 0.75:
            area = np.array([[left, -0.35], [right, -0.35], [right, 0.0], [left, 0.0]])
            area[:, 1] += rng.uniform(0.0, 0.3)
            area[:, 0] += rng.uniform(-0.02, 0.02)
            canvas.polygon(sheet.pixels(area), ink, alpha=rng.uniform(0.5, 1.0))
        _lines(canvas, scene, sheet, (left, right), (-0.42, 0.42), 3, 0.045, scene.any_color())
    if is_open:
        spine = np.array([[0.0, -0.49], [0.0, 0.49]])
        groove = canvas.strokes([sheet.pixels(spine)], 0.09)
        canvas.paint(groove, cover * 0.55, alpha=0.7)
    _bend(canvas, scene, sheet)
    _holders(canvas, scene, sheet)
    return canvas


def phone(scene: Scene) -> Canvas:
    """A phone in front of the mouth, its back or its screen in view."""
    rng = scene.rng
    size = np.array([rng.uniform(1.1, 1.35), rng.uniform(2.2, 2.6)])
    upright = rng.random() < 0.6
    angle = rng.normal(0, 0.2) + (0 if upright else np.pi / 2)
    drop = rng.uniform(0.3, 0.62) if upright else rng.uniform(-0.1, 0.08)
    center = np.array([rng.normal(0, 0.12), drop])
    sheet = Sheet(scene, center, size, angle)
    canvas = _canvas(scene, sheet)
    body = scene.any_color()
    outline = sheet.pixels(_rounded(0.12 * size[0] / size))
    canvas.polygon(outline, body * 0.7 + 8, base=0.25)
    inner = sheet.pixels(_rounded(0.11 * size[0] / size) * 0.965)
    if rng.random() < 0.3:
        canvas.polygon(inner, scene.lit((30, 28, 26)), base=0.3)
    else:
        canvas.polygon(inner, body, base=0.3)
        corner = np.array([-0.3, -0.36])
        bump = _rounded(np.array([0.3, 0.15])) * (0.36, 0.2) + corner
        canvas.polygon(sheet.pixels(bump), body * 0.8, base=0.34)
        for x, y in ((-0.38, -0.40), (-0.38, -0.32), (-0.22, -0.36))[: int(rng.integers(1, 4))]:
            lens = Capsule(*(sheet.pixels(np.array([x, y])),) * 2, (0.085, 0.085),
                           scene.lit((20, 18, 18)), 0.4, 0.3)  # fmt: skip
            canvas.capsule(lens)
    gleam = np.array([[-0.5, 0.1], [0.5, -0.4], [0.5, -0.1], [-0.5, 0.4]])
    inside = canvas.mask(inner) * canvas.mask(sheet.pixels(gleam))
    canvas.paint(inside, scene.lit((250, 250, 250)), alpha=rng.uniform(0.02, 0.2))
    # An upright phone is held around its middle, one on its side at an end.
    end = 0.12 if upright else rng.choice([-0.38, 0.38])
    turn = angle if upright else angle - np.pi / 2
    grip(canvas, scene, sheet.plane(np.array([0.0, end])), size[0], -turn, int(rng.choice([-1, 1])))
    return canvas


def _below_nose(height: float, rng: np.random.Generator) -> Floats:
    """Center of something whose upper edge is at the nose."""
    top = rng.uniform(-0.85, -0.4)
    return np.array([rng.normal(0, 0.2), top + height / 2])


def _canvas(scene: Scene, sheet: Sheet) -> Canvas:
    return Canvas(scene, sheet.pixels(CORNERS), 0.9)


def _rounded(radius: Floats) -> Floats:
    """Outline (n, 2) of a unit square with rounded corners of a radius (2,)."""
    turn = np.linspace(0, np.pi / 2, 4)
    corners = []
    for index, (x, y) in enumerate(((0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5))):
        at = turn + index * np.pi / 2
        center = np.array([x, y]) - np.sign((x, y)) * radius
        corners.append(center + radius * np.stack([np.cos(at), np.sin(at)], 1))
    return np.concatenate(corners)


def _print(canvas: Canvas, scene: Scene, sheet: Sheet, tone: Floats) -> None:
    """Print lines of text, perhaps a headline and an image."""
    rng = scene.rng
    ink = tone * rng.uniform(0.2, 0.6)
    if rng.random() < 0.15:
        return
    top = -0.42
    if rng.random() < 0.5:
        _lines(canvas, scene, sheet, (-0.4, 0.4), (top, top + 0.1), 1, 0.06, ink)
        top += 0.12
    if rng.random() < 0.4:
        x, y = rng.uniform(-0.4, 0.0), rng.uniform(top, 0.0)
        w, h = rng.uniform(0.25, 0.45), rng.uniform(0.15, 0.4)
        area = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
        canvas.polygon(sheet.pixels(area), scene.any_color(), alpha=0.9)
    _lines(canvas, scene, sheet, (-0.42, 0.42), (top, 0.44), int(rng.integers(6, 22)), 0.02, ink)


def _lines(
    canvas: Canvas,
    scene: Scene,
    sheet: Sheet,
    across: tuple[float, float],
    down: tuple[float, float],
    count: int,
    width: float,
    ink: Floats,
) -> None:
    """Print lines of words."""
    rng = scene.rng
    words: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for y in np.linspace(*down, count + 1)[:-1]:
        x, end = across[0], across[1] - rng.uniform(0, 0.3) * (across[1] - across[0])
        while x < end:
            stop = min(x + rng.uniform(0.03, 0.16), end)
            words.append(((x, y), (stop, y)))
            x = stop + 0.025
    canvas.paint(
        canvas.strokes(sheet.pixels(np.array(words)), width), ink, alpha=rng.uniform(0.4, 0.9)
    )


def _bend(canvas: Canvas, scene: Scene, sheet: Sheet) -> None:
    """Shade a sheet that is bent across, perhaps with a fold."""
    rng = scene.rng
    left, right = canvas.at(sheet.pixels(np.array([[-0.5, 0.0], [0.5, 0.0]])))
    axis = (right - left) / max(float(np.sum((right - left) ** 2)), 1e-6)
    rows, cols = canvas.shape
    x = np.arange(cols, dtype=np.float32)[None, :] - np.float32(left[0])
    y = np.arange(rows, dtype=np.float32)[:, None] - np.float32(left[1])
    u = x * np.float32(axis[0]) + y * np.float32(axis[1])
    shade = 1 + np.float32(rng.uniform(0.02, 0.12)) * np.sin(
        np.float32(rng.uniform(2, 7)) * u + np.float32(rng.uniform(0, 6))
    )
    shade += np.float32(0.15 * scene.photo.side_light) * (u - np.float32(0.5))
    if rng.random() < 0.3:
        shade -= np.float32(0.12) * np.exp(-((u - np.float32(rng.uniform(0.3, 0.7))) ** 2) * 2500)
    canvas.color *= shade[..., None]


def _holders(canvas: Canvas, scene: Scene, sheet: Sheet) -> None:
    """Thumbs or fingers in front of the edges of a sheet."""
    rng = scene.rng
    skin = scene.hand_skin()
    parts = []
    for side in (-1, 1):
        if rng.random() < 0.2:
            continue
        count = 1 if rng.random() < 0.5 else 4
        y = rng.uniform(-0.1, 0.35)
        for index in range(count):
            root, tip = sheet.plane(
                np.array([[side * 0.56, y + 0.02], [side * 0.5, y]])
            ) + np.array([0, 0.27 * index])  # fmt: skip
            inward = (tip - root) / max(float(np.hypot(*(tip - root))), 1e-6)
            end = tip + inward * rng.uniform(0.25, 0.45)
            r = 0.16 if count == 1 else 0.14
            parts.append(
                Capsule(
                    scene.plane(root + np.array([side * 0.15, 0.1])),
                    scene.plane(end),
                    (r + 0.03, r - 0.02),
                    skin,
                    0.36,
                )
            )
            nail = scene.nail(skin)
            parts.append(
                Capsule(
                    scene.plane(end - 0.04 * inward),
                    scene.plane(end + 0.02 * inward),
                    (0.08, 0.08),
                    nail,
                    0.46,
                    0.3,
                )
            )
    canvas.over(parts)
