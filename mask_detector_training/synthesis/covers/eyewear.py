# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Glasses, sunglasses and face shields."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas
from mask_detector_training.synthesis.covers.scene import Scene


def glasses(scene: Scene) -> Canvas:
    """Glasses with clear lenses."""
    return _eyewear(scene, dark=False)


def sunglasses(scene: Scene) -> Canvas:
    """Glasses with dark or mirrored lenses."""
    return _eyewear(scene, dark=True)


def shield(scene: Scene) -> Canvas:
    """A transparent visor before the whole face, with headband, edge and reflections."""
    rng = scene.rng
    top, bottom = rng.uniform(-1.15, -0.8), rng.uniform(1.75, 2.4)
    wide = rng.uniform(1.15, 1.4)
    x = np.linspace(-1, 1, 11)
    depth = 0.85 - 1.1 * x**2  # the visor is bent around the face
    upper = np.stack([wide * x, top + 0 * x, depth], -1)
    lower = np.stack([wide * 0.95 * x, bottom - 0.45 * np.abs(x) ** 3, depth], -1)
    outline = scene.head(np.concatenate([upper, lower[::-1]]))
    canvas = Canvas(scene, outline, 0.3)
    inside = canvas.mask(outline)
    white = scene.lit((250, 250, 250))
    tint = white if rng.random() < 0.75 else scene.any_color()
    canvas.paint(inside, tint, alpha=rng.uniform(0.03, 0.16))
    for _ in range(int(rng.integers(1, 4))):  # reflections of windows and lamps
        at, half = rng.uniform(-0.9, 0.9), rng.uniform(0.04, 0.28)
        lean = rng.normal(0, 0.25)
        first, last = sorted(rng.uniform(0, 1, 2))
        streak = []
        for fraction, sign in ((first, -1), (first, 1), (last, 1), (last, -1)):
            u = np.clip(at + sign * half * 0.5 + lean * (fraction - 0.5), -1, 1)
            y = top + (bottom - top) * fraction
            streak.append([wide * u, y, 0.85 - 1.1 * u * u])
        gleam = cv2.GaussianBlur(
            canvas.mask(scene.head(streak)), (0, 0), rng.uniform(0.03, 0.2) * canvas.unit
        )
        canvas.paint(gleam * inside, white, alpha=rng.uniform(0.12, 0.6))
    edges = [np.concatenate([scene.head(lower), outline[:1]]), scene.head(lower)]
    edge = canvas.strokes(edges[1:], rng.uniform(0.02, 0.05))
    canvas.paint(edge, white if rng.random() < 0.7 else scene.any_color(), alpha=0.6)
    for side in (0, -1):
        border = scene.head(np.stack([upper[side], lower[side]]))
        canvas.paint(canvas.strokes([border], 0.03), white, alpha=0.4)
    band = upper.copy()
    band[:, 1] += rng.uniform(0.12, 0.32)
    foam = scene.head(np.concatenate([upper, band[::-1]]) + np.array([0, -0.05, -0.3]))
    if rng.random() < 0.85:
        color = scene.any_color() if rng.random() < 0.6 else scene.lit((235, 235, 235))
        canvas.polygon(foam, color, alpha=rng.uniform(0.75, 1.0))
    return canvas


def _eyewear(scene: Scene, dark: bool) -> Canvas:
    rng = scene.rng
    half = np.array([rng.uniform(0.34, 0.46), rng.uniform(0.2, 0.4)])
    power = rng.uniform(1.0, 2.2)  # from round to square
    center = rng.uniform(0.48, 0.54)
    turn = np.linspace(0, 2 * np.pi, 25)
    c, s = np.cos(turn), np.sin(turn)
    shape = np.stack([np.sign(c) * np.abs(c) ** (1 / power), np.sign(s) * np.abs(s) ** (1 / power)])
    lenses = []
    for side in (-1.0, 1.0):
        x = side * center + half[0] * shape[0] * side
        y = 0.06 + half[1] * shape[1] + 0.04 * shape[0]
        lenses.append(scene.head(np.stack([x, y, 0.3 - 0.25 * x * x], -1)))
    ear = [scene.head([[s * (center + half[0]), -0.05, 0.1], [s * 1.08, 0.0, -0.75]])
           for s in (-1.0, 1.0)]  # fmt: skip
    turned = scene.pose.rotation[2, 0]  # the far temple is hidden
    ear = [line for line, s in zip(ear, (-1.0, 1.0), strict=True) if s * turned > -0.25]
    canvas = Canvas(scene, np.concatenate([*lenses, *ear]), 0.2)
    frame = scene.lit(np.full(3, rng.uniform(20, 55)))
    if rng.random() < 0.45:
        frame = scene.any_color()
    inside = np.maximum(canvas.mask(lenses[0]), canvas.mask(lenses[1]))
    gleam = _gleam(canvas, scene) * inside
    white = scene.lit((250, 250, 250))
    if dark:
        tint = scene.lit(np.full(3, rng.uniform(8, 30)))
        if rng.random() < 0.35:
            tint = scene.any_color() * rng.uniform(0.3, 0.9)
        canvas.paint(inside, tint, alpha=rng.uniform(0.8, 0.98))
        canvas.paint(gleam, white, alpha=rng.uniform(0.05, 0.4))
    else:
        canvas.paint(inside, white, alpha=rng.uniform(0.0, 0.08))
        canvas.paint(gleam, white, alpha=rng.uniform(0.0, 0.35))
    thick = rng.uniform(0.02, 0.09)
    bridge = scene.head([[-center + half[0] - 0.02, 0.02, 0.33], [0.0, -0.02, 0.42],
                         [center - half[0] + 0.02, 0.02, 0.33]])  # fmt: skip
    canvas.paint(canvas.strokes([*lenses, bridge, *ear], thick), frame)
    return canvas


def _gleam(canvas: Canvas, scene: Scene) -> Floats:
    """A soft slanted reflection (H, W), 0..1."""
    rng = scene.rng
    x, y = rng.uniform(-0.9, 0.9), rng.uniform(0.05, 0.35)
    corners = np.array([[x, -0.5, 0.3], [x + y, -0.5, 0.3], [x - 0.2 + y, 0.6, 0.3],
                        [x - 0.2, 0.6, 0.3]])  # fmt: skip
    return np.asarray(
        cv2.GaussianBlur(canvas.mask(scene.head(corners)), (0, 0), 0.06 * canvas.unit)
    )
