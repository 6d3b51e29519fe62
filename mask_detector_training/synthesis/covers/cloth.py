# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cloth over or around a face that is not a mask: scarf, collar, hood, sleeve, straps."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas, Capsule
from mask_detector_training.synthesis.covers.scene import Scene
from mask_detector_training.synthesis.fabric import smooth_noise

# Half width of head, neck and shoulders by height, with thick cloth around them.
_HEIGHTS = np.array([-0.2, 0.5, 1.0, 1.5, 2.0, 2.5, 3.2, 4.0])
_WIDTHS = np.array([1.12, 1.14, 1.12, 1.05, 1.05, 1.3, 1.9, 2.4])
_SIDE_Z = -0.55
"""Depth of the visible sides, which turn with the head."""


def scarf(scene: Scene) -> Canvas:
    """A scarf, shawl or pulled-up collar over mouth and neck, perhaps over the nose."""
    rng = scene.rng
    top = rng.uniform(0.28, 0.62) if rng.random() < 0.65 else rng.uniform(0.66, 0.8)
    rise = rng.uniform(-0.1, 0.35)
    bottom = rng.uniform(2.6, 4.0)
    outline = _wrap(scene, top, rise, bottom, rng.uniform(1.0, 1.2))
    canvas = _cloth(scene, outline, rng.uniform(0.5, 1.0), turn=rng.normal(0, 0.35))
    _rolls(canvas, scene, outline, int(rng.integers(0, 4)))
    return canvas


def collar(scene: Scene) -> Canvas:
    """A turtleneck, scarf or jacket collar that ends below the mouth."""
    rng = scene.rng
    top = rng.uniform(1.38, 1.85)
    outline = _wrap(
        scene, top, rng.uniform(-0.1, 0.5), rng.uniform(2.6, 3.6), rng.uniform(0.8, 1.1)
    )
    ribbed = rng.random() < 0.45
    canvas = _cloth(
        scene, outline, 0.25 if ribbed else rng.uniform(0.4, 1.0), rng.normal(0, 0.2), ribbed
    )
    if not ribbed:
        _rolls(canvas, scene, outline, int(rng.integers(0, 3)))
    return canvas


def hood(scene: Scene) -> Canvas:
    """A hijab, hood or shawl around the face; it leaves the face from brow to chin free."""
    rng = scene.rng
    turn = np.linspace(0, 2 * np.pi, 33)[:-1]
    wide, high = rng.uniform(0.84, 0.98), rng.uniform(1.16, 1.32)
    middle = 0.45 + rng.normal(0, 0.03)
    inner = np.stack(
        [wide * np.sin(turn), middle - high * np.cos(turn), 0.1 - 0.5 * np.sin(turn) ** 2], -1
    )
    thick = rng.uniform(0.3, 0.6)
    outer = np.stack(
        [(1.1 + thick) * np.sin(turn), 0.35 - (1.45 + thick) * np.cos(turn),
         np.full(len(turn), -0.4)], -1
    )  # fmt: skip
    wide, depth = 1.1 + thick, -0.4
    below = np.array(
        [[wide, 0.5, depth], [wide + 0.15, 1.6, depth], [wide + 0.7, 3.6, depth],
         [-wide - 0.7, 3.6, depth], [-wide - 0.15, 1.6, depth], [-wide, 0.5, depth]]
    )  # fmt: skip
    around, opening = scene.head(outer), scene.head(inner)
    canvas = Canvas(scene, np.concatenate([around, scene.head(below)]), 0.1)
    cover = np.maximum(canvas.mask(around), canvas.mask(scene.head(below)))
    cover = cover * (1 - canvas.mask(opening))
    _weave(canvas, scene, cover, rng.uniform(0.4, 0.9), 0.0, ribbed=False, ring=True)
    # The edge around the face is a thick fold with a shadow inside.
    edge = canvas.strokes([np.concatenate([opening, opening[:1]])], rng.uniform(0.05, 0.12))
    canvas.paint(edge * cover, canvas.color * np.float32(rng.uniform(0.75, 1.15)))
    return canvas


def sleeve(scene: Scene) -> Canvas:
    """A bent arm with the elbow in front of the mouth, as for coughing."""
    rng = scene.rng
    side = float(rng.choice([-1, 1]))
    cloth = scene.hand_skin() if rng.random() < 0.2 else scene.any_color()
    elbow = np.array([-side * rng.uniform(0.4, 1.1), rng.uniform(-0.25, 0.1)])
    shoulder = np.array([side * rng.uniform(2.4, 3.4), rng.uniform(1.4, 2.6)])
    wrist = np.array([side * rng.uniform(1.8, 3.0), rng.uniform(-0.4, 0.5)])
    parts = [
        Capsule(scene.plane(elbow), scene.plane(shoulder), (0.62, 0.85), cloth, 0.0, 0.8),
        Capsule(scene.plane(elbow), scene.plane(wrist), (0.6, 0.48), cloth * 0.98, 0.15, 0.8),
    ]
    canvas = Canvas(scene, [p for part in parts for p in (part.start, part.end)], 0.9)
    for part in parts:
        canvas.capsule(part)
    canvas.light()
    canvas.color *= _folds(canvas, scene, rng.uniform(0.2, 0.5), rng.normal(0, 1.2))[..., None]
    return canvas


def strap(scene: Scene) -> Canvas:
    """The chin strap of a helmet, hat or hood, perhaps with a chin cup and the brim."""
    rng = scene.rng
    color = scene.lit(np.full(3, rng.choice([30.0, 30.0, 60.0, 200.0]))) + 0.0
    if rng.random() < 0.25:
        color = scene.any_color()
    chin = rng.uniform(1.55, 1.75)
    has_hat = rng.random() < 0.8
    canvas = Canvas(scene, scene.head([[-1.5, -1.9, 0], [1.5, -1.9, 0], [0, 2.0, 0]]), 0.3)
    width = rng.uniform(0.05, 0.12)
    lines = []
    for side in (-1.0, 1.0):
        height = np.array([-0.5 if has_hat else 0.0, 0.1, 0.7, 1.2, chin - 0.05, chin + 0.04])
        x = side * np.array([1.0, 1.02, 0.98, 0.82, 0.35, 0.0])
        z = np.array([-0.3, -0.3, -0.2, -0.05, 0.2, 0.28])
        lines.append(scene.head(np.stack([x, height, z], -1)))
        if rng.random() < 0.4:  # the second strap behind the ear
            x, z = side * np.array([1.05, 0.98]), np.array([-0.9, -0.2])
            lines.append(scene.head(np.stack([x, np.array([-0.1, 0.7]), z], -1)))
    band = canvas.strokes(lines, width)
    canvas.paint(band, color, base=0.05)
    if rng.random() < 0.35:
        cup = np.array([[-0.3, chin - 0.12, 0.3], [0.3, chin - 0.12, 0.3], [0.25, chin + 0.1, 0.2],
                        [-0.25, chin + 0.1, 0.2]])  # fmt: skip
        canvas.polygon(scene.head(cup), color, base=0.06)
    if has_hat:
        turn = np.linspace(-np.pi / 2, np.pi / 2, 17)
        brim = rng.uniform(-0.62, -0.45)
        dome = np.stack([1.3 * np.sin(turn), brim - 0.1 - 1.25 * np.cos(turn), -0.3 + 0 * turn], -1)
        front = np.stack([1.3 * np.sin(-turn), brim + 0.12 * np.cos(turn), 0 * turn], -1)
        shell = scene.any_color()
        canvas.polygon(scene.head(np.concatenate([dome, front])), shell, base=0.4)
        edge = canvas.strokes([scene.head(front)], 0.08)
        canvas.paint(edge, shell * 0.7)
    canvas.light(0.6)
    return canvas


def _wrap(scene: Scene, top: float, rise: float, bottom: float, thick: float) -> Floats:
    """Outline (n, 2) pixels of cloth around the lower head and neck, upper edge first."""
    rng = scene.rng
    x = np.linspace(-1, 1, 15)
    wave = np.interp(x, np.linspace(-1, 1, 6), rng.normal(0, 0.04, 6))
    y = top - rise * np.abs(x) ** 1.6 + wave + rng.normal(0, 0.06) * x
    width = np.interp(y, _HEIGHTS, _WIDTHS)
    z = 0.3 - (0.3 - _SIDE_Z) * np.abs(x) ** 2.5
    upper = np.stack([x * width, y, z], -1)
    down = np.linspace(y[-1] + 0.2, bottom, 7)
    side = np.interp(down, _HEIGHTS, _WIDTHS) * (1 + 0.12 * thick) + rng.normal(0, 0.03, 7)
    right = np.stack([side, down, np.full(7, _SIDE_Z)], -1)
    left = right[::-1] * (-1.0, 1.0, 1.0)
    return scene.head(np.concatenate([upper, right, left]))


def _cloth(
    scene: Scene, outline: Floats, slack: float, turn: float, ribbed: bool = False
) -> Canvas:
    canvas = Canvas(scene, outline, 0.1)
    _weave(canvas, scene, canvas.mask(outline), slack, turn, ribbed)
    return canvas


def _weave(
    canvas: Canvas,
    scene: Scene,
    cover: Floats,
    slack: float,
    turn: float,
    ribbed: bool,
    ring: bool = False,
) -> None:
    """Paint cloth with pattern and folds where ``cover`` is; ``ring`` bends folds around it."""
    rng = scene.rng
    u, v = _coordinates(canvas, scene)
    color = np.empty((*canvas.shape, 3), np.float32)
    color[:] = scene.any_color()
    pattern = rng.choice(["plain", "stripes", "plaid", "dots"], p=[0.62, 0.16, 0.14, 0.08])
    bent = v + np.float32(0.22) * u * u
    if pattern != "plain":
        other = scene.any_color().astype(np.float32)
        pitch = np.float32(rng.uniform(0.12, 0.6))
        across = (bent / pitch) % 1 < 0.4
        along = (u / pitch) % 1 < 0.4
        weight = {"stripes": 1.0 * across, "plaid": 0.45 * across + 0.45 * along,
                  "dots": 1.0 * (across & along)}[str(pattern)]  # fmt: skip
        color += weight.astype(np.float32)[..., None] * (other - color)
    relief = _folds(canvas, scene, slack, turn, ring)
    if ribbed:
        ribs = np.float32(rng.uniform(14, 30))
        relief = relief * (1 + np.float32(0.13) * np.sin(ribs * u / (1 + np.float32(0.15) * v * v)))
    elif rng.random() < 0.5:  # knit
        fine = np.float32(rng.uniform(30, 60))
        relief = relief * (1 + np.float32(0.06) * np.sin(fine * u) * np.sin(fine * bent))
    # Cloth turns away at its sides.
    relief = relief * (1.06 - np.float32(0.13) * np.minimum(u * u, 2.5))
    relief = relief * (1 + np.float32(0.18 * scene.photo.side_light) * np.clip(u, -1.5, 1.5))
    canvas.paint(cover, color * relief[..., None], base=0.2)


def _coordinates(canvas: Canvas, scene: Scene) -> tuple[Floats, Floats]:
    """Coordinates (H, W) in the plane before the mouth, in eye distances."""
    origin, right, down = canvas.at(scene.plane([[0, 0], [1, 0], [0, 1]]))
    inverse = np.linalg.inv(np.stack([right - origin, down - origin], 1)).astype(np.float32)
    rows, cols = canvas.shape
    x = np.arange(cols, dtype=np.float32)[None, :] - np.float32(origin[0])
    y = np.arange(rows, dtype=np.float32)[:, None] - np.float32(origin[1])
    return inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y


def _folds(canvas: Canvas, scene: Scene, slack: float, turn: float, ring: bool = False) -> Floats:
    """Relief (H, W), a factor around 1: folds that sag below the chin, or run around the face."""
    rng = scene.rng
    u, v = _coordinates(canvas, scene)
    c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    if ring:
        across = np.hypot(u, (v + np.float32(0.5)) * np.float32(0.8))
    else:
        across = c * v - s * u + np.float32(rng.uniform(-0.1, 0.3)) * u * u
    grid = (int(rng.integers(4, 7)), int(rng.integers(3, 6)))
    bend = smooth_noise(rng, *canvas.shape, grid)
    phase = np.float32(rng.uniform(4.5, 9.0)) * across + np.float32(0.9) * bend
    wave = np.sin(phase)
    # Light from above: the upper side of a fold is bright, its lower side falls into shadow.
    sharp = np.float32(0.6) * wave + np.float32(0.4) * np.sin(2 * phase + np.float32(0.8))
    soft = smooth_noise(rng, *canvas.shape, (5, 5))
    return np.asarray(1 + np.float32(0.24 * slack) * sharp + np.float32(0.06) * soft)


def _rolls(canvas: Canvas, scene: Scene, outline: Floats, count: int) -> None:
    """Dark lines between the turns of a wound scarf."""
    rng = scene.rng
    upper = outline[:15]
    down = scene.plane([0, 1]) - scene.plane([0, 0])
    for index in range(count):
        drop = np.linspace(rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.7), 15) + 0.45 * index
        sag = 0.25 * np.cos(np.linspace(-1.5, 1.5, 15))
        line = upper + (drop + sag)[:, None] * down
        dark = canvas.strokes([line], 0.09)
        soft = np.asarray(cv2.GaussianBlur(dark, (0, 0), 0.05 * canvas.unit), np.float32)
        canvas.color *= (1 - np.float32(rng.uniform(0.3, 0.6)) * soft)[..., None]
