# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn bodies: the portraits end at the chest."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image, IntArray

PIXELS_PER_METER = 480
CHIN = (270, 175)
"""Column and row of the chin in every figure."""
SIZE = (540, 900)
"""Width and height of a figure in pixels."""
CHIN_HEIGHT = 1.46
"""Meters from the floor to the chin."""


def _polygon(points: list[tuple[float, float]]) -> IntArray:
    """Convert meters from the chin to figure pixels with 4 fractional bits, for OpenCV."""
    pixels = np.array(points) * PIXELS_PER_METER + np.array(CHIN)
    return np.round(pixels * 16).astype(np.int32)


def cloth(
    outline: list[tuple[float, float]], color: tuple[int, int, int], rng: np.random.Generator
) -> FloatArray:
    """A rounded piece of cloth with folds, float32 BGRA (SIZE)."""
    shape = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    cv2.fillPoly(shape, [_polygon(outline)], 255, cv2.LINE_AA, 4)
    blurred = cv2.GaussianBlur(shape, (0, 0), 7)
    shape = np.asarray(cv2.threshold(blurred, 127, 255, cv2.THRESH_BINARY)[1])
    distance = cv2.distanceTransform(shape, cv2.DIST_L2, 5)
    height = 70 * np.sqrt(1 - (1 - np.clip(distance / 60, 0, 1)) ** 2)
    knots = rng.standard_normal((18, 14)).astype(np.float32)
    folds = cv2.resize(knots, SIZE, interpolation=cv2.INTER_CUBIC)
    long = cv2.resize(
        rng.standard_normal((9, 16)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC
    )
    height = cv2.GaussianBlur(height, (0, 0), 3) + 3 * np.sin(1.5 * folds) + 7 * np.sin(1.6 * long)
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    norm = np.sqrt(slope_x**2 + slope_y**2 + 1)
    shade = (-0.25 * slope_x - 0.5 * slope_y + 0.83) / norm
    light = 0.28 + 0.86 * np.clip(shade, 0, 1.2)
    light += 0.02 * rng.standard_normal(light.shape).astype(np.float32)
    out = np.empty((SIZE[1], SIZE[0], 4), np.float32)
    out[..., :3] = light[..., None] * np.array(color, np.float32)
    out[..., 3] = cv2.GaussianBlur(shape, (0, 0), 1.2)
    return out


def over(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Compose two BGRA images of one size (straight alpha, 0..255)."""
    a, b = upper[..., 3:] / 255, lower[..., 3:] / 255
    total = a + b * (1 - a)
    color = (upper[..., :3] * a + lower[..., :3] * b * (1 - a)) / np.maximum(total, 1e-3)
    return np.dstack([color, total * 255])


_SLEEVES: dict[str, tuple[list[tuple[float, float]], list[tuple[float, float]]]] = {
    "collins": (
        [(0.22, 0.16), (0.285, 0.24), (0.285, 0.46), (0.27, 0.73)],
        [(0.18, 0.15), (0.225, 0.24), (0.245, 0.46), (0.25, 0.73)],
    ),
    "hopper": (
        [(0.165, 0.075), (0.192, 0.16), (0.212, 0.28), (0.226, 0.46), (0.232, 0.73)],
        [(0.165, 0.075), (0.192, 0.16), (0.212, 0.28), (0.226, 0.46), (0.232, 0.73)],
    ),
}


def body(coat: tuple[int, int, int], portrait: str, rng: np.random.Generator) -> Image:
    """Torso and arms below the chin, BGRA (SIZE).

    Args:
        coat: BGR of the cloth.
        portrait: name of the portrait whose shoulders are matched.
        rng: for the folds.
    """
    # (out, down) meters of the outer edge of each sleeve, where the photo's shoulders end.
    left, right = _SLEEVES[portrait]
    result = np.zeros((SIZE[1], SIZE[0], 4), np.float32)
    for side, sleeve in ((-1.0, left), (1.0, right)):
        wrist = sleeve[-1][0]
        hand = [(wrist - 0.055, 0.70), (wrist - 0.01, 0.70), (wrist - 0.02, 0.81),
                (wrist - 0.05, 0.81)]  # fmt: skip
        result = over(result, cloth([(side * x, y) for x, y in hand], (112, 138, 186), rng))
        arm = [(0.10, sleeve[0][1] - 0.02), *sleeve, (wrist - 0.07, 0.73), (0.15, 0.42)]
        result = over(result, cloth([(side * x, y) for x, y in arm], coat, rng))
    torso = [
        (-0.06, 0.04), (0.06, 0.04), (0.12, right[0][1] - 0.02), (right[0][0], 0.20), (0.185, 0.45),
        (0.18, 0.66), (0.20, 0.92), (-0.20, 0.92), (-0.18, 0.66), (-0.185, 0.45),
        (-left[0][0], 0.20), (-0.12, left[0][1] - 0.02),
    ]  # fmt: skip
    front = cloth(torso, coat, rng)
    seam = _polygon([(0.0, 0.2), (0.005, 0.6), (0.0, 0.92)])
    mark = cv2.polylines(
        np.zeros((SIZE[1], SIZE[0]), np.float32), [seam], False, 1, 3, cv2.LINE_AA, 4
    )
    front[..., :3] *= 1 - 0.45 * cv2.GaussianBlur(mark, (0, 0), 1)[..., None]
    return np.asarray(np.clip(over(result, front), 0, 255), np.uint8)


def legs(trousers: tuple[int, int, int], phase: float) -> Image:
    """Both legs at a phase 0..1 of a stride, seen from the front, BGRA (SIZE)."""
    fixed = np.random.default_rng(5)  # the same folds in every phase
    result = np.zeros((SIZE[1], SIZE[0], 4), np.float32)
    sides = (-1.0, 1.0) if phase < 0.5 else (1.0, -1.0)
    for side in sides:
        swing = np.sin(2 * np.pi * phase) * side
        up, near = 0.09 * max(0.0, -swing), 0.03 * max(0.0, swing)
        foot = 1.43 - up + near
        shoe = [
            (side * 0.07, foot - 0.06), (side * 0.14, foot - 0.06), (side * 0.15, foot + 0.03),
            (side * 0.07, foot + 0.03),
        ]  # fmt: skip
        leg = [
            (side * 0.005, 0.80), (side * 0.18, 0.80), (side * 0.165, 1.12 - 0.4 * up),
            (side * 0.145, foot - 0.02), (side * 0.065, foot - 0.02),
            (side * 0.04, 1.12 - 0.4 * up),
        ]  # fmt: skip
        result = over(result, cloth(shoe, (26, 26, 30), fixed))
        trouser_leg = cloth(leg, trousers, fixed)
        trouser_leg[..., :3] *= 1 - 0.25 * max(0.0, -swing)
        result = over(result, trouser_leg)
    return np.asarray(np.clip(result, 0, 255), np.uint8)
