# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Texture of a mask: colors and patterns, pleats, seams and folds."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.placement import MaskPlacement
from mask_detector_training.synthesis.style import MaskStyle


def make_fabric(
    style: MaskStyle, placement: MaskPlacement, rows: int, cols: int
) -> tuple[Floats, Floats]:
    """Draw the flat cloth.

    Args:
        style: style of the mask; its seed determines pattern and folds.
        placement: position of the mask; slack gives folds.
        rows: height of the result in pixels.
        cols: width of the result in pixels.

    Returns:
        BGR albedo (rows, cols, 3) float32 in 0..255, and relief (rows, cols) float32, a
        factor around 1 on the light.
    """
    rng = np.random.default_rng(style.seed)
    v = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    s = np.linspace(-1, 1, cols, dtype=np.float32)[None, :]
    color = _pattern(style, v, s, rng)
    if style.print_color is not None:
        _print(color, style.print_color, rng)
    relief = 1.0 + _folds(placement.slack, style.kind, rows, cols, rng)
    if style.kind == "surgical":
        relief *= _pleats(v, s, placement.slack, rng)
    elif style.kind == "kn95":
        relief *= _fold_seams(v, s, rng)
    elif style.kind == "cup":
        relief *= 1 - 0.10 * _line(v - 0.13 - 0.05 * s * s, 0.012)
        relief *= 1 - 0.08 * _line(v - 0.87 + 0.05 * s * s, 0.012)
    else:
        seam = rng.uniform(0.05, 0.22) * (rng.random() < (0.85 if style.kind == "sponge" else 0.5))
        relief *= 1 - seam * _line(s * np.ones_like(v), 0.018)
    if style.kind != "sponge":
        _hem(relief, v, s, rng.uniform(0.04, 0.09), rng.uniform(0.03, 0.1))
    if style.valve:
        _valve(color, relief, rng)
    if placement.rolled > 0:
        _roll(color, relief, placement.rolled, v, s, rng)
    return color.astype(np.float32), relief.astype(np.float32)


def _line(distance: Floats, width: float) -> Floats:
    """1 on a line, 0 away from it."""
    return np.asarray(np.exp(-((distance / width) ** 2)))


def smooth_noise(rng: np.random.Generator, rows: int, cols: int, cells: tuple[int, int]) -> Floats:
    """Smooth noise (rows, cols) float32 of about unit variance, with ``cells`` grid points."""
    knots = rng.standard_normal(cells).astype(np.float32)
    return np.asarray(cv2.resize(knots, (cols, rows), interpolation=cv2.INTER_CUBIC))


def _pattern(style: MaskStyle, v: Floats, s: Floats, rng: np.random.Generator) -> Floats:
    rows, cols = len(v), s.shape[1]
    base = np.array(style.colors[0], np.float32)
    color = np.empty((rows, cols, 3), np.float32)
    color[:] = base
    if style.pattern == "plain":
        return color
    others = [np.array(c, np.float32) for c in (*style.colors[1:], (230.0, 230.0, 230.0))]
    # Cloth is about twice as wide as high, so x has a range of two units.
    x, y = np.broadcast_arrays(s + 1.0, v)
    turn = rng.uniform(0, np.pi)
    if rng.random() < 0.5:
        turn = 0.0
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    pitch = rng.uniform(0.08, 0.3)
    if style.pattern == "gradient":
        weight = np.clip(v * np.ones_like(s) + 0.2 * smooth_noise(rng, rows, cols, (3, 3)), 0, 1)
        return np.asarray(color * (1 - weight[..., None]) + others[0] * weight[..., None])
    if style.pattern == "dots":
        lane = np.floor(y / pitch)
        dx = (x / pitch + 0.5 * (lane % 2)) % 1 - 0.5
        dy = (y / pitch) % 1 - 0.5
        weight = np.asarray(np.hypot(dx, dy) < rng.uniform(0.18, 0.36), np.float32)
    elif style.pattern == "stripes":
        weight = np.asarray((y / pitch) % 1 < rng.uniform(0.2, 0.6), np.float32)
    elif style.pattern == "checks":
        weight = 0.5 * ((x / pitch) % 1 < 0.5) + 0.5 * ((y / pitch) % 1 < 0.5)
    elif style.pattern == "plaid":
        broad = 0.35 * ((x / pitch) % 1 < 0.4) + 0.35 * ((y / pitch) % 1 < 0.4)
        thin = ((x / pitch + 0.2) % 1 < 0.06) | ((y / pitch + 0.2) % 1 < 0.06)
        color[thin] = 0.5 * color[thin] + 0.5 * others[1]
        weight = broad
    elif style.pattern == "camo":
        cells = int(rng.integers(5, 10))
        for other in others[:3]:
            blotch = smooth_noise(rng, rows, cols, (cells, 2 * cells)) > rng.uniform(0.2, 0.6)
            color[blotch] = other
        return color
    else:  # blobs, as on flowered cloth
        for _ in range(int(rng.integers(8, 40))):
            center = (int(rng.integers(cols)), int(rng.integers(rows)))
            radius = max(1, int(rows * rng.uniform(0.02, 0.11)))
            axes = (radius, max(1, int(radius * rng.uniform(0.4, 1.0))))
            fill = others[int(rng.integers(len(others) - 1))].tolist()
            cv2.ellipse(color, center, axes, float(rng.uniform(0, 180)), 0, 360, fill, -1)
        return color
    alpha = np.asarray(weight, np.float32)[..., None]
    return np.asarray(color * (1 - alpha) + others[0] * alpha)


def _print(color: Floats, ink: tuple[float, float, float], rng: np.random.Generator) -> None:
    """Draw a small logo or lines of illegible text, in place."""
    rows, cols = color.shape[:2]
    x = int(cols * rng.choice([0.3, 0.5, 0.68]))
    y = int(rows * rng.uniform(0.35, 0.75))
    size = rng.uniform(0.05, 0.14) * rows
    if rng.random() < 0.4:
        axes = (max(1, int(size * rng.uniform(0.6, 1.6))), max(1, int(size)))
        cv2.ellipse(color, (x, y), axes, 0, 0, 360, ink, -1)
        return
    for line in range(int(rng.integers(1, 4))):
        left = x - size * 2
        for _ in range(int(rng.integers(2, 6))):
            right = left + size * rng.uniform(0.3, 1.0)
            top = int(y + line * size * 0.9)
            corners = (int(left), top), (int(right), top + max(1, int(size * 0.4)))
            cv2.rectangle(color, *corners, ink, -1)
            left = right + size * 0.2


def _folds(slack: float, kind: str, rows: int, cols: int, rng: np.random.Generator) -> Floats:
    """Relief around 0: soft waves of smooth cloth, creases with slack."""
    stiff = kind in ("kn95", "cup")
    waves = smooth_noise(rng, rows, cols, (5, 7)) * (0.02 if stiff else 0.045)
    creases = smooth_noise(rng, rows, cols, (8, 5)) + 0.7 * smooth_noise(rng, rows, cols, (6, 9))
    # The steep slope of a folded wave looks like a crease.
    amount = (0.05 if stiff else 0.03) + 0.13 * slack
    waves = waves + amount * np.sin(2.2 * creases) * (0.3 if stiff else 1.0)
    weave = rng.standard_normal((rows, cols)).astype(np.float32)
    return np.asarray(waves + 0.015 * weave)


def _pleats(v: Floats, s: Floats, slack: float, rng: np.random.Generator) -> Floats:
    """Three horizontal pleats, a nose wire and welded side seams."""
    relief = np.ones(np.broadcast_shapes(v.shape, s.shape), np.float32)
    bend = rng.uniform(-0.05, 0.08) * (1 - s * s) + rng.normal(0, 0.012) * np.sin(3 * s)
    # Pleats are flat at the welded sides and open in the middle.
    depth = rng.uniform(0.10, 0.20) * (0.65 + 0.35 * s * s) * (1 + 0.6 * slack)
    for middle in (0.30, 0.50, 0.70):
        off = v - middle - bend - rng.normal(0, 0.012)
        relief *= 1 - depth * _line(off, 0.016)
        relief *= 1 - 0.45 * depth * np.clip(1 - off / 0.10, 0, 1) * (off > 0)
        relief *= 1 + 0.35 * depth * _line(off + 0.035, 0.02)
    relief *= 1 + 0.05 * _line(v - 0.085, 0.02) - 0.06 * _line(v - 0.12, 0.012)
    relief *= 1 - 0.07 * _line(np.abs(s) - 0.93, 0.02)
    return relief


def _fold_seams(v: Floats, s: Floats, rng: np.random.Generator) -> Floats:
    """The vertical fold of a KN95 and its weld lines."""
    left_light = rng.uniform(-0.06, 0.06)
    relief = 1 + left_light * np.tanh(s / 0.03) + np.zeros_like(v)
    relief = relief * (1 - 0.16 * _line(s, 0.014)) * (1 + 0.07 * _line(s - 0.04, 0.02))
    slope = rng.uniform(0.15, 0.5)
    for middle in (rng.uniform(0.2, 0.3), rng.uniform(0.7, 0.8)):
        sign = 1 if middle < 0.5 else -1
        off = v - middle - sign * slope * 0.4 * np.abs(s)
        relief = relief * (1 - 0.08 * _line(off, 0.012))
    relief = relief * (1 - 0.06 * _line(np.abs(s) - 0.85, 0.02))
    return np.asarray(relief)


def _hem(relief: Floats, v: Floats, s: Floats, width: float, depth: float) -> None:
    """Draw the stitching along the edge and the thicker hem, in place."""
    for off in (v - width, v - (1 - width), np.abs(s) - (1 - 0.6 * width)):
        relief *= 1 - depth * _line(off, 0.012)
    relief *= 1 + 0.04 * ((v < width) | (v > 1 - width))


def _roll(
    color: Floats,
    relief: Floats,
    fraction: float,
    v: Floats,
    s: Floats,
    rng: np.random.Generator,
) -> None:
    """Draw the upper part folded over: plain lining with a shadow below, in place."""
    rows, cols = relief.shape
    edge = fraction * (1 + 0.25 * smooth_noise(rng, 1, cols, (1, 5)) - 0.3 * s * s)
    inside = np.clip((edge - v) * rows / 2, 0, 1)[..., None]
    # Most linings are white; dark masks often have a dark one.
    dark = float(color.mean()) < 70 and rng.random() < 0.5
    lining = np.array((48.0, 46.0, 46.0) if dark else (236.0, 236.0, 234.0), np.float32)
    color += inside * (lining - color)
    below = v - edge
    relief *= 1 - 0.35 * np.exp(-np.clip(below, 0, None) / 0.05) * (below > 0)
    relief *= 1 + 0.06 * _line(below, 0.02)


def _valve(color: Floats, relief: Floats, rng: np.random.Generator) -> None:
    rows, cols = relief.shape
    center = (int(cols * rng.choice([0.33, 0.5, 0.67])), int(rows * rng.uniform(0.5, 0.65)))
    axes = (max(2, cols // 12), max(2, rows // 8))
    light = float(rng.uniform(0.75, 1.05))
    shade = cv2.ellipse(np.ones_like(relief), center, axes, 0, 0, 360, light, -1)
    cv2.ellipse(shade, center, axes, 0, 0, 360, 0.6, 2)
    for row in range(center[1] - axes[1] // 2, center[1] + axes[1] // 2 + 1, 4):
        cv2.line(shade, (center[0] - axes[0] // 2, row), (center[0] + axes[0] // 2, row), 0.7, 1)
    relief *= shade
    color *= np.where(shade[..., None] == 1, 1.0, 0.97)
