# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Beards, and hair across a face."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas
from mask_detector_training.synthesis.covers.scene import Scene
from mask_detector_training.synthesis.fabric import smooth_noise

_COLORS = (
    (28, 28, 32),
    (34, 42, 58),
    (50, 75, 110),
    (60, 90, 150),
    (130, 135, 140),
    (215, 218, 220),
)
_WEIGHTS = (0.36, 0.26, 0.13, 0.07, 0.12, 0.06)


def beard(scene: Scene) -> Canvas:
    """A beard on chin and cheeks, from stubble to long, with or without a mustache."""
    rng = scene.rng
    cheek, length = rng.uniform(0.6, 1.05), max(0.0, rng.normal(0.15, 0.3))
    density = rng.uniform(0.35, 1.0) if length < 0.3 else rng.uniform(0.85, 1.0)
    x = np.array([1.0, 0.98, 0.92, 0.8, 0.5, 0.0])
    y = np.array([0.25, 0.7, 1.1, 1.4, 1.62, 1.72]) + length * np.array([0, 0, 0.1, 0.4, 0.9, 1])
    z = np.array([-0.5, -0.4, -0.25, -0.05, 0.15, 0.25])
    side = np.stack([x, y, z], -1)
    line = np.array([[-0.45, cheek + 0.12, 0.15], [-0.75, cheek, 0.0], [-0.9, 0.6 * cheek, -0.3]])
    mustache = rng.random() < 0.75
    lip = 0.76 if mustache else 1.14
    top = np.concatenate([line[::-1], [[-0.3, lip + 0.02, 0.2], [0.3, lip + 0.02, 0.2]],
                          line * (-1, 1, 1)])  # fmt: skip
    outline = np.concatenate([top, side, side[::-1][1:] * (-1.0, 1.0, 1.0)])
    canvas = Canvas(scene, scene.head(outline), 0.3)
    region = canvas.mask(scene.head(outline))
    mouth = canvas.mask(
        scene.head(
            np.array([[-0.4, 0.98, 0.1], [-0.15, 0.87, 0.2], [0.15, 0.87, 0.2], [0.4, 0.98, 0.1],
                      [0.2, 1.1, 0.2], [-0.2, 1.1, 0.2]])
        )
    )  # fmt: skip
    nose = canvas.mask(scene.head([[-0.24, 0.4, 0.2], [0.24, 0.4, 0.2], [0.2, 0.72, 0.35],
                                   [-0.2, 0.72, 0.35]]))  # fmt: skip
    region = region * (1 - np.maximum(mouth, nose))
    region = cv2.GaussianBlur(region, (0, 0), 0.07 * canvas.unit)
    rows, cols = canvas.shape
    patchy = 1 + 0.25 * smooth_noise(rng, rows, cols, (6, 8))
    cover = np.clip(region * patchy * 1.3 - 0.12, 0, 1) * np.float32(density)
    tone = _tone(scene)
    # Color between hair and skin where the beard is thin.
    canvas.paint(cover, tone * 0.9)
    low, high = canvas.at(scene.head(outline)).min(0), canvas.at(scene.head(outline)).max(0)
    count = 260
    roots = rng.uniform(low, high, (count, 2))
    middle = canvas.at(scene.head([0.0, 1.0, 0.2]))
    down = canvas.at(scene.plane([0, 1])) - canvas.at(scene.plane([0, 0]))
    outward = (roots - middle) * (0.5, 0.15)
    grow = (down / np.hypot(*down))[None] + outward / canvas.unit + rng.normal(0, 0.25, (count, 2))
    reach = (0.09 + 0.22 * length + 0.08 * rng.random((count, 1))) * canvas.unit
    ends = roots + grow * reach
    for light, part in ((0.65, slice(0, count // 2)), (1.45, slice(count // 2, count))):
        strokes = canvas.lines(np.stack([roots[part], ends[part]], 1), 1)
        grown = cv2.GaussianBlur(cover, (0, 0), 0.06 * canvas.unit) if length > 0.1 else cover
        canvas.paint(
            strokes * np.minimum(1.4 * grown, 1), np.clip(tone * light, 0, 250), alpha=0.55
        )
    canvas.mottle(0.1, 0.12)
    return canvas


def hair(scene: Scene) -> Canvas:
    """Locks of hair that hang or blow across the face."""
    rng = scene.rng
    tone = np.clip(scene.hair * rng.normal(0.9, 0.1), 6, 235)
    if tone.mean() > 1.15 * scene.skin.mean() or tone[0] > 1.1 * tone[2] + 10:
        # Background or a hat is above the forehead.
        tone = _tone(scene)
    locks = []
    for _ in range(int(rng.integers(1, 6))):
        side = float(rng.choice([-1, 1]))
        start = np.array([side * rng.uniform(0.0, 1.0), rng.uniform(-2.3, -1.75)])
        end = np.array([side * rng.uniform(-0.1, 1.0), rng.uniform(-0.6, 1.4)])
        if rng.random() < 0.25:  # blown across
            start = np.array([side * 1.15, rng.uniform(-1.6, -0.6)])
            end = np.array([-side * rng.uniform(0.0, 0.9), rng.uniform(-0.7, 0.9)])
        bow = np.array([side * rng.normal(0.3, 0.15), rng.normal(0, 0.15)])
        locks.append((start, bow, end, rng.uniform(0.04, 0.22)))
    ends = np.concatenate([[s, s + b, e] for s, b, e, _ in locks])
    canvas = Canvas(scene, scene.plane(ends), 0.4)
    t = np.linspace(0, 1, 10)[None, :, None]
    for start, bow, end, width in locks:
        normal = np.array([end[1] - start[1], start[0] - end[0]])
        normal = normal / max(float(np.hypot(*normal)), 1e-6)
        # Strands are one pixel wide, so that more of them are needed on a larger canvas.
        count = max(3, int((5 + 45 * width) * canvas.unit / 50))
        for light in (0.6, 0.95, 1.35):
            # Strands differ in length and part toward their ends.
            along = t * rng.uniform(0.65, 1.05, (count, 1, 1))
            spine = start + (end - start) * along + bow * np.sin(np.pi * along)
            aside = rng.normal(0, width, (count, 1, 1)) * (1 - 0.6 * along)
            aside = aside + rng.normal(0, 0.2, (count, 1, 1)) * along**2
            cover = canvas.strokes(scene.plane(spine + aside * normal), 0.012)
            canvas.paint(cover, np.clip(tone * light, 3, 245), alpha=0.75)
    return canvas


def _tone(scene: Scene) -> Floats:
    """Color (3,) of hair in the light of the photo."""
    index = int(scene.rng.choice(len(_COLORS), p=_WEIGHTS))
    return scene.lit(np.array(_COLORS[index]) * scene.rng.normal(1, 0.12))
