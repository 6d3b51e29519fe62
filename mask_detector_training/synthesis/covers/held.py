# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cups, food and microphones at the mouth, with the hand that holds them."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.covers.canvas import Canvas, Capsule
from mask_detector_training.synthesis.covers.hands import grip
from mask_detector_training.synthesis.covers.scene import Scene
from mask_detector_training.synthesis.covers.sheets import CORNERS, Sheet

_SALAD, _MEAT, _CHEESE = (60, 90, 60), (50, 60, 90), (60, 190, 235)
_CRUST, _BREAD = (70, 125, 190), (110, 165, 205)
_FRUITS = ((45, 45, 190), (70, 175, 130), (50, 150, 235))


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

    def wall(first: Floats, r: float, last: Floats, other: float) -> Floats:
        rings = np.concatenate([ring(first, r), ring(last, other)])
        return np.asarray(cv2.convexHull(rings.astype(np.float32))[:, 0])

    hull = wall(rim, radius, base, radius * taper)
    canvas = Canvas(scene, np.concatenate([hull, scene.plane([[-2.4, 3.2], [2.4, 0]])]), 0.2)
    color = scene.lit((235, 235, 235)) if rng.random() < 0.4 else scene.any_color()
    if kind == "glass":
        color = scene.lit((225, 228, 225))
    body = canvas.mask(hull)
    canvas.paint(body, color, base=0.5, alpha=0.4 if kind == "glass" else 1.0)
    if kind == "glass" and rng.random() < 0.8:  # drink
        level = rim + (base - rim) * rng.uniform(0.25, 0.6)
        drink = wall(level, radius * 0.94, base, radius * taper * 0.92)
        canvas.polygon(drink, scene.any_color(), alpha=rng.uniform(0.4, 0.9))
    if kind == "paper" and rng.random() < 0.6:  # cardboard sleeve
        first, second = (rim + (base - rim) * t for t in (0.3, 0.8))
        band = wall(first, radius * 0.97, second, radius * 0.93 * taper)
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
        grip(canvas, scene, middle, 2 * radius, angle, int(rng.choice([-1, 1])))
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
        half = rng.uniform(0.25, 0.4) * along
        for low, filling, radius in ((0.22, _SALAD, 0.2), (0.12, _MEAT, 0.2), (0.3, _CHEESE, 0.1)):
            down = np.array([0, low])
            solid(down - half * 1.1, down + half * 1.1, radius, scene.lit(filling), 0.05)
        crust = scene.lit(np.array(_CRUST) * rng.uniform(0.7, 1.2))
        solid(-half, half, rng.uniform(0.4, 0.5), crust)
        down = np.array([0, 0.5])
        solid(down - half, down + half, 0.25, crust * 0.95)
    elif kind == "bar":
        down = np.array([-along[1], along[0]])
        bread = scene.lit(np.array(_BREAD) * rng.uniform(0.5, 1.1))
        solid(-0.1 * down, rng.uniform(0.8, 1.4) * down, rng.uniform(0.3, 0.45), bread)
        if rng.random() < 0.5:
            solid(0.6 * down, 1.2 * down, 0.48, scene.any_color(), 0.2)
    elif kind == "fruit":
        peel = scene.lit(_FRUITS[int(rng.integers(len(_FRUITS)))])
        solid(np.zeros(2), 0.1 * along, rng.uniform(0.5, 0.65), peel)
    else:
        cone = np.array([[-0.3, 0.3], [0.3, 0.3], [0.0, 1.5]])
        canvas.polygon(scene.plane(at + cone), scene.lit((95, 150, 200)), base=0.2)
        solid(np.zeros(2), 0.1 * along, rng.uniform(0.36, 0.46), scene.any_color() * 0.5 + 110)
    canvas.mottle(0.06, 0.08)
    canvas.light()
    if rng.random() < 0.9:
        hold = at + np.array([rng.normal(0, 0.1), 0.75])
        grip(canvas, scene, hold, 0.9, angle, int(rng.choice([-1, 1])))
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
        sheet = Sheet(scene, middle, np.array([0.75, 0.6]), -angle)
        canvas.polygon(sheet.pixels(CORNERS), scene.any_color(), base=0.35)
        canvas.polygon(sheet.pixels(CORNERS * (0.7, 0.4)), scene.any_color(), base=0.36)
    grain = rng.standard_normal(canvas.shape).astype(np.float32)
    canvas.color *= (1 + 0.08 * grain)[..., None]
    canvas.light()
    if rng.random() < 0.7:
        hold = at + down * (radius + rng.uniform(0.7, 1.1))
        grip(canvas, scene, hold, 1.1 * radius, angle, int(rng.choice([-1, 1])))
    return canvas


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
