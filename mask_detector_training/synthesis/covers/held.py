# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Things held in front of a face: paper, books, phones, cups, food and microphones."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas, Capsule
from mask_detector_training.synthesis.covers.scene import Scene

_PAPER_TONES = ((238, 240, 240), (225, 235, 240), (200, 220, 232), (235, 225, 205), (205, 225, 245))
_CORNERS: Floats = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


class _Sheet:
    """A rectangle in the plane before the mouth; its own coordinates run from -0.5 to 0.5."""

    def __init__(self, scene: Scene, center: Floats, size: Floats, angle: float) -> None:
        self._scene, self._center, self._size = scene, center, size
        c, s = np.cos(angle), np.sin(angle)
        self._axes = np.array([[c, s], [-s, c]])
        # Perspective: the sheet leans, so that one side is longer.
        self._lean = scene.rng.normal(0, 0.05, 2)

    def plane(self, points: Floats) -> Floats:
        points = np.asarray(points, np.float64)
        scale = 1 + points @ self._lean
        flat = points * scale[..., None] * self._size
        return np.asarray(self._center + flat @ self._axes)

    def pixels(self, points: Floats) -> Floats:
        return self._scene.plane(self.plane(points))


def paper(scene: Scene) -> Canvas:
    """A sheet of paper with print, held by its edges."""
    rng = scene.rng
    size = np.array([rng.uniform(1.9, 3.6), rng.uniform(1.9, 3.8)])
    sheet = _Sheet(scene, _below_nose(size[1], rng), size, rng.normal(0, 0.14))
    canvas = _canvas(scene, sheet)
    tone = scene.lit(np.array(_PAPER_TONES[int(rng.integers(len(_PAPER_TONES)))]))
    canvas.polygon(sheet.pixels(_CORNERS), tone, base=0.3)
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
    sheet = _Sheet(scene, _below_nose(size[1], rng), size, rng.normal(0, 0.1))
    canvas = _canvas(scene, sheet)
    if is_open:  # the pages behind
        pages = sheet.pixels(_CORNERS * 1.0 + (0, -0.025))
        canvas.polygon(pages, scene.lit((215, 226, 232)), base=0.2)
    cover = scene.any_color()
    canvas.polygon(sheet.pixels(_CORNERS * (1.0, 0.97)), cover, base=0.3)
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
    sheet = _Sheet(scene, center, size, angle)
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
    side = int(rng.choice([-1, 1]))
    _grip(canvas, scene, sheet.plane(np.array([0.0, 0.12])), size[0], angle, side)
    return canvas


def cup(scene: Scene) -> Canvas:
    """A mug, paper cup, glass or bottle at the lips, often with the hand that holds it."""
    rng = scene.rng
    kind = rng.choice(["mug", "paper", "glass", "bottle"], p=[0.35, 0.35, 0.18, 0.12])
    radius = rng.uniform(0.6, 0.78) if kind != "bottle" else rng.uniform(0.42, 0.55)
    length = rng.uniform(1.3, 1.9) if kind != "bottle" else rng.uniform(2.4, 3.0)
    taper = rng.uniform(0.75, 1.0) if kind != "mug" else 1.0
    angle = rng.normal(0, 0.22)
    # Tilted for drinking, the cup is shortened and hides more of the face.
    shortened = rng.uniform(0.45, 1.0)
    rim = np.array([rng.normal(0, 0.08), rng.uniform(-0.42, -0.12)])
    down = np.array([np.sin(angle), np.cos(angle)])
    across = np.array([down[1], -down[0]])
    base = rim + down * length * shortened
    flat = 0.5 * np.sqrt(1 - shortened**2) + 0.12
    turn = np.linspace(0, 2 * np.pi, 25)

    def ring(center: Floats, r: float) -> Floats:
        offsets = np.cos(turn)[:, None] * across + flat * np.sin(turn)[:, None] * down
        return scene.plane(center + r * offsets)

    hull = cv2.convexHull(
        np.concatenate([ring(rim, radius), ring(base, radius * taper)]).astype(np.float32)
    )[:, 0]
    canvas = Canvas(scene, np.concatenate([hull, scene.plane([[-2.4, 3.2], [2.4, 0]])]), 0.2)
    color = scene.lit((235, 235, 235)) if rng.random() < 0.4 else scene.any_color()
    if kind == "glass":
        color = scene.lit((225, 228, 225))
    body = canvas.mask(hull)
    canvas.paint(body, color, base=0.5, alpha=0.4 if kind == "glass" else 1.0)
    if kind == "glass" and rng.random() < 0.8:  # drink
        level = rim + (base - rim) * rng.uniform(0.25, 0.6)
        drink = cv2.convexHull(
            np.concatenate([ring(level, radius * 0.94), ring(base, radius * taper * 0.92)]).astype(
                np.float32
            )
        )[:, 0]
        canvas.polygon(drink, scene.any_color(), alpha=rng.uniform(0.4, 0.9))
    if kind == "paper" and rng.random() < 0.6:  # cardboard sleeve
        first, second = (rim + (base - rim) * t for t in (0.3, 0.8))
        band = cv2.convexHull(
            np.concatenate(
                [ring(first, radius * 0.97), ring(second, radius * 0.93 * taper)]
            ).astype(np.float32)
        )[:, 0]
        canvas.paint(canvas.mask(band) * body, scene.lit((105, 140, 175)))
    elif kind != "glass" and rng.random() < 0.5:
        spot = scene.plane(rim + (base - rim) * 0.5 + rng.normal(0, 0.08, 2))
        logo = Capsule(spot, spot, (0.22, 0.22), scene.any_color(), 0.52, 0.0)
        canvas.capsule(logo)
    _round_shade(canvas, scene, body, rim, across, radius)
    bottom = canvas.mask(ring(base, radius * taper * 0.97))
    if shortened < 0.8:
        canvas.paint(bottom, color * 0.85, alpha=0.5 if kind == "glass" else 0.9)
    rim_line = canvas.strokes([ring(rim, radius)[:13] if flat < 0.3 else ring(rim, radius)], 0.04)
    canvas.paint(rim_line, np.minimum(color * 1.15 + 8, 250), alpha=0.7)
    if kind == "mug":
        side = float(rng.choice([-1, 1]))
        loop = np.stack([rim + (base - rim) * t + side * across * radius * w
                         for t, w in ((0.2, 1), (0.2, 1.5), (0.75, 1.5), (0.75, 1))])  # fmt: skip
        handle = canvas.strokes([scene.plane(loop)], 0.14)
        canvas.paint(handle * (1 - body), color * 0.9, base=0.3)
    if rng.random() < 0.75:
        middle = rim + (base - rim) * 0.6
        _grip(canvas, scene, middle, 2 * radius, angle, int(rng.choice([-1, 1])))
    return canvas


def food(scene: Scene) -> Canvas:
    """Something at the mouth that is eaten: bun, sandwich, fruit, ice cream."""
    rng = scene.rng
    at = np.array([rng.normal(0, 0.15), rng.uniform(-0.08, 0.2)])
    kind = rng.choice(["bun", "bar", "fruit", "ice"])
    canvas = Canvas(
        scene, scene.plane([at - 1.2, at + np.array([1.2, 2.4]), [-2.2, 3.4], [2.2, 0]]), 0.3
    )
    angle = rng.normal(0, 0.3)

    def solid(start: Floats, end: Floats, radius: float, color: Floats, base: float = 0.1) -> None:
        first, last = scene.plane(at + start), scene.plane(at + end)
        canvas.capsule(Capsule(first, last, (radius, radius), color, base, 0.8))

    along = np.array([np.cos(angle), np.sin(angle)])
    if kind == "bun":
        crust = scene.lit(np.array((70, 125, 190)) * rng.uniform(0.7, 1.2))
        half = rng.uniform(0.25, 0.4) * along
        for low, color, r in (
            (0.22, (60, 90, 60), 0.2), (0.12, (50, 60, 90), 0.2), (0.3, (60, 190, 235), 0.1)
        ):  # fmt: skip
            solid(
                -half * 1.1 + np.array([0, low]),
                half * 1.1 + np.array([0, low]),
                r,
                scene.lit(color),
                0.05,
            )
        solid(-half, half, rng.uniform(0.4, 0.5), crust)
        solid(-half + np.array([0, 0.5]), half + np.array([0, 0.5]), 0.25, crust * 0.95)
    elif kind == "bar":
        color = scene.lit(np.array((110, 165, 205)) * rng.uniform(0.5, 1.1))
        down = np.array([-along[1], along[0]])
        solid(-0.1 * down, rng.uniform(0.8, 1.4) * down, rng.uniform(0.3, 0.45), color)
        if rng.random() < 0.5:
            solid(0.6 * down, 1.2 * down, 0.48, scene.any_color(), 0.2)
    elif kind == "fruit":
        color = scene.lit(
            np.array([(45, 45, 190), (70, 175, 130), (50, 150, 235)][int(rng.integers(3))])
        )
        solid(np.zeros(2), 0.1 * along, rng.uniform(0.5, 0.65), color)
    else:
        cone = np.array([[-0.3, 0.3], [0.3, 0.3], [0.0, 1.5]])
        canvas.polygon(scene.plane(at + cone), scene.lit((95, 150, 200)), base=0.2)
        solid(np.zeros(2), 0.1 * along, rng.uniform(0.36, 0.46), scene.any_color() * 0.5 + 110)
    canvas.mottle(0.06, 0.08)
    canvas.light()
    if rng.random() < 0.9:
        hold = at + np.array([rng.normal(0, 0.1), 0.75])
        _grip(canvas, scene, hold, 0.9, angle, int(rng.choice([-1, 1])))
    return canvas


def microphone(scene: Scene) -> Canvas:
    """A microphone below the lips, with a grille or foam, often with a hand."""
    rng = scene.rng
    radius = rng.uniform(0.24, 0.42)
    at = np.array([rng.normal(0, 0.35), 0.2 + radius + rng.uniform(0.0, 0.35)])
    angle = rng.normal(0, 0.5)
    down = np.array([np.sin(angle), np.cos(angle)])
    end = at + down * rng.uniform(2.0, 3.0)
    canvas = Canvas(
        scene, scene.plane([at, end, at + np.array([-1.5, 3.6]), at + np.array([1.5, 3.6])]), 0.4
    )
    foam = rng.random() < 0.5
    dark = scene.lit(np.full(3, rng.uniform(22, 60)))
    head = dark if rng.random() < 0.6 else scene.any_color()
    if not foam:
        head = scene.lit(np.full(3, rng.choice([45.0, 110.0, 150.0])))
    stick = Capsule(
        scene.plane(at), scene.plane(end), (radius * 0.62, radius * 0.45), dark, 0.0, 0.9
    )
    canvas.capsule(stick)
    length = rng.uniform(0.0, 0.5) if foam else rng.uniform(0.0, 0.15)
    canvas.capsule(
        Capsule(scene.plane(at), scene.plane(at + down * length), (radius, radius), head, 0.1)
    )
    if not foam:
        ring = at + down * radius * 0.85
        half = 0.75 * radius * np.array([down[1], -down[0]])
        canvas.capsule(
            Capsule(scene.plane(ring - half), scene.plane(ring + half), (0.07, 0.07), head * 1.2,
                    0.3, 0.4)
        )  # fmt: skip
    elif rng.random() < 0.35:  # the flag of a station
        middle = at + down * (radius + length + 0.45)
        sheet = _Sheet(scene, middle, np.array([0.75, 0.6]), -angle)
        canvas.polygon(sheet.pixels(_CORNERS), scene.any_color(), base=0.35)
        canvas.polygon(sheet.pixels(_CORNERS * (0.7, 0.4)), scene.any_color(), base=0.36)
    grain = rng.standard_normal(canvas.shape).astype(np.float32)
    canvas.color *= (1 + 0.08 * grain)[..., None]
    canvas.light()
    if rng.random() < 0.7:
        hold = at + down * (radius + rng.uniform(0.7, 1.1))
        _grip(canvas, scene, hold, 1.1 * radius, angle, int(rng.choice([-1, 1])))
    return canvas


def _below_nose(height: float, rng: np.random.Generator) -> Floats:
    """Center of something whose upper edge is at the nose."""
    top = rng.uniform(-0.85, -0.4)
    return np.array([rng.normal(0, 0.2), top + height / 2])


def _canvas(scene: Scene, sheet: _Sheet) -> Canvas:
    return Canvas(scene, sheet.pixels(_CORNERS), 0.9)


def _rounded(radius: Floats) -> Floats:
    """Outline (n, 2) of a unit square with rounded corners of a radius (2,)."""
    turn = np.linspace(0, np.pi / 2, 4)
    corners = []
    for index, (x, y) in enumerate(((0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5))):
        at = turn + index * np.pi / 2
        center = np.array([x, y]) - np.sign((x, y)) * radius
        corners.append(center + radius * np.stack([np.cos(at), np.sin(at)], 1))
    return np.concatenate(corners)


def _print(canvas: Canvas, scene: Scene, sheet: _Sheet, tone: Floats) -> None:
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
    sheet: _Sheet,
    across: tuple[float, float],
    down: tuple[float, float],
    count: int,
    width: float,
    ink: Floats,
) -> None:
    """Print lines of words."""
    rng = scene.rng
    words = []
    for y in np.linspace(*down, count + 1)[:-1]:
        x, end = across[0], across[1] - rng.uniform(0, 0.3) * (across[1] - across[0])
        while x < end:
            stop = min(x + rng.uniform(0.03, 0.16), end)
            words.append(sheet.pixels(np.array([[x, y], [stop, y]])))
            x = stop + 0.025
    canvas.paint(canvas.strokes(words, width), ink, alpha=rng.uniform(0.4, 0.9))


def _bend(canvas: Canvas, scene: Scene, sheet: _Sheet) -> None:
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


def _round_shade(
    canvas: Canvas, scene: Scene, body: Floats, middle: Floats, across: Floats, radius: float
) -> None:
    """Shade a cylinder: dark toward its sides, a highlight on one of them."""
    left, right = canvas.at(scene.plane([middle - radius * across, middle + radius * across]))
    axis = 2 * (right - left) / max(float(np.sum((right - left) ** 2)), 1e-6)
    rows, cols = canvas.shape
    x = np.arange(cols, dtype=np.float32)[None, :] - np.float32(left[0])
    y = np.arange(rows, dtype=np.float32)[:, None] - np.float32(left[1])
    u = x * np.float32(axis[0]) + y * np.float32(axis[1]) - 1
    side = 0.35 * scene.photo.side_light + scene.rng.normal(0, 0.15)
    shade = 1.08 - 0.42 * np.clip(u - np.float32(side), -1.2, 1.2) ** 2
    canvas.color *= (1 + body * (shade - 1))[..., None]
    gleam = np.exp(-(((u - np.float32(side - 0.3)) / 0.09) ** 2)) * body
    canvas.paint(gleam, scene.lit((250, 250, 250)), alpha=float(scene.rng.uniform(0.05, 0.4)))


def _holders(canvas: Canvas, scene: Scene, sheet: _Sheet) -> None:
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
            nail = np.clip(skin * (1.08, 1.04, 1.1) + 8, 0, 252)
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


def _grip(canvas: Canvas, scene: Scene, at: Floats, width: float, angle: float, side: int) -> None:
    """A hand around an upright thing; fingers in front, the wrist at one side below."""
    rng = scene.rng
    across = np.array([np.cos(angle), -np.sin(angle)])
    down = np.array([np.sin(angle), np.cos(angle)])
    skin, cloth = scene.hand_skin(), scene.any_color()
    # Fingers reach around from the side of the hand.
    knuckle = at + side * across * (0.5 * width + 0.12)
    reach = min(width * rng.uniform(0.6, 0.95) + 0.1, 1.05)
    parts = []
    wrist = knuckle + side * across * rng.uniform(0.1, 0.5) + down * rng.uniform(1.1, 1.5)
    elbow = wrist + side * across * rng.uniform(0.2, 1.5) + down * 2.6
    parts.append(Capsule(scene.plane(wrist), scene.plane(elbow), (0.42, 0.58), skin, 0.2, 0.7))
    if rng.random() < 0.6:
        cuff = wrist + (elbow - wrist) * rng.uniform(0.05, 0.3)
        parts.append(Capsule(scene.plane(cuff), scene.plane(elbow), (0.56, 0.8), cloth, 0.3, 0.7))
    for index in range(4):
        start = knuckle + down * (0.27 * index - 0.35)
        tip = start - side * across * (reach - 0.12 * abs(index - 1.2)) + down * rng.normal(0, 0.02)
        parts.append(Capsule(scene.plane(wrist), scene.plane(start), (0.32, 0.2), skin, 0.25, 0.5))
        tone = skin * rng.normal(1, 0.02)
        parts.append(Capsule(scene.plane(start), scene.plane(tip), (0.16, 0.12), tone, 0.5))
        nail = np.clip(skin * (1.08, 1.04, 1.1) + 8, 0, 252)
        near = tip + side * across * 0.05
        parts.append(Capsule(scene.plane(near), scene.plane(tip), (0.075, 0.07), nail, 0.6, 0.3))
    canvas.over(parts)
