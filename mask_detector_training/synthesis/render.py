# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rendering of a mask mesh: shaded cloth and straps with coverage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image
from mask_detector_training.synthesis.fabric import make_fabric
from mask_detector_training.synthesis.head import HeadPose
from mask_detector_training.synthesis.mesh import Mesh
from mask_detector_training.synthesis.photo import Photo
from mask_detector_training.synthesis.placement import MaskPlacement
from mask_detector_training.synthesis.style import MaskStyle

_SAMPLES_PER_PIXEL = 1.6


@dataclass(frozen=True, eq=False)
class Layer:
    """A rendered mask in a window of the image.

    Attributes:
        color: (H, W, 3) float32 BGR, premultiplied by ``alpha``.
        alpha: (H, W) float32 coverage by cloth and straps.
        mask_alpha: (H, W) float32 coverage by cloth alone.
    """

    color: Floats
    alpha: Floats
    mask_alpha: Floats


def render(
    mesh: Mesh,
    pose: HeadPose,
    style: MaskStyle,
    placement: MaskPlacement,
    photo: Photo,
    window: tuple[int, int, int, int],
    rng: np.random.Generator,
) -> Layer:
    """Splat the shaded cloth into a finer canvas, and downscale it to the window.

    Args:
        mesh: the mask in image coordinates.
        pose: head pose, for the size in pixels.
        style: style of the mask.
        placement: position of the mask.
        photo: light, sharpness and noise of the photo.
        window: x0, y0, x1, y1 of the part of the image to draw.
        rng: random generator for the light.
    """
    x0, y0, x1, y1 = window
    # Small faces are rendered larger and downscaled, very large ones smaller and upscaled.
    zoom = float(np.clip(pose.scale, 40.0, 220.0) / pose.scale)
    zoom = min(zoom, 8.0)
    if pose.scale < 120:
        zoom = max(zoom, 1.15)
    canvas_w = max(1, int(np.ceil((x1 - x0) * zoom)))
    canvas_h = max(1, int(np.ceil((y1 - y0) * zoom)))
    points = ((mesh.points - np.array([x0, y0])) * zoom).astype(np.float32)
    extent = np.ptp(points.reshape(-1, 2), axis=0)
    # Dense enough for neighboring samples to be less than a pixel apart.
    rows = int(np.clip(_SAMPLES_PER_PIXEL * extent[1] * _curvature(points, 0), 24, 700))
    cols = int(np.clip(_SAMPLES_PER_PIXEL * extent[0] * _curvature(points, 1), 32, 900))
    if placement.hang:
        rows, cols = (int(np.clip(_SAMPLES_PER_PIXEL * 1.2 * n, 24, 700)) for n in extent)
    lit = _shade_fabric(mesh, style, placement, photo, rows, cols, rng)
    facing = mesh.normals[..., 2].astype(np.float32)
    x, y, facing = (_resample(g, rows, cols) for g in (points[..., 0], points[..., 1], facing))
    inside = (facing > 0) & (x >= 0) & (x < canvas_w) & (y >= 0) & (y < canvas_h)
    size = canvas_w * canvas_h
    # Invisible samples get an extra bin.
    pixel = y.astype(np.int64) * canvas_w + x.astype(np.int64)
    index = np.where(inside, pixel, size).ravel()
    count = np.bincount(index, minlength=size + 1)[:size]
    # One sum for three colors, each in 16 bits of an integer that a double holds exactly.
    wide = lit.astype(np.float64)
    packed = (wide[..., 0] + 65536.0 * wide[..., 1] + 65536.0**2 * wide[..., 2]).ravel()
    sums = np.bincount(index, packed, size + 1)[:size].astype(np.int64)
    canvas = np.empty((canvas_h, canvas_w, 4), np.float32)
    flat = canvas.reshape(-1, 4)
    weight = (1.0 / np.maximum(count, 1)).astype(np.float32)
    for channel in range(3):
        flat[:, channel] = ((sums >> (16 * channel)) & 0xFFFF) * weight
    flat[:, 3] = count > 0
    if mesh.occluder is not None:
        _clear_polygon(canvas, (mesh.occluder - np.array([x0, y0])) * zoom)
    mask_alpha = canvas[..., 3].copy()
    _straps(canvas, mesh, style, photo, pose, (x0, y0), zoom)
    interpolation = cv2.INTER_AREA if zoom > 1 else cv2.INTER_LINEAR
    target = (x1 - x0, y1 - y0)
    if zoom < 2:
        # Too few samples per pixel for smooth edges.
        cv2.GaussianBlur(canvas, (3, 3), 0.6, dst=canvas)
        cv2.GaussianBlur(mask_alpha, (3, 3), 0.6, dst=mask_alpha)
    small = np.asarray(cv2.resize(canvas, target, interpolation=interpolation), np.float32)
    cloth = np.asarray(cv2.resize(mask_alpha, target, interpolation=interpolation), np.float32)
    return Layer(small[..., :3], small[..., 3], cloth)


def _clear_polygon(canvas: Floats, outline: Floats) -> None:
    """Clear the inside of an outline (n, 2), in place."""
    corners = np.round(np.clip(outline, -30000, 30000)).astype(np.int32)
    cv2.fillConvexPoly(canvas, corners, (0.0, 0.0, 0.0, 0.0))


def _resample(grid: Floats, rows: int, cols: int) -> Floats:
    """Linear interpolation of a grid to (rows, cols); the corners keep their values."""
    for axis, count in enumerate((rows, cols)):
        at = np.linspace(0, grid.shape[axis] - 1, count, dtype=np.float32)
        low = np.minimum(at.astype(np.intp), grid.shape[axis] - 2)
        fraction = at - low.astype(np.float32)
        fraction = fraction[:, None] if axis == 0 else fraction
        first = grid.take(low, axis)
        grid = first + (grid.take(low + 1, axis) - first) * fraction
    return grid


def _curvature(points: Floats, axis: int) -> float:
    """Length of the longest row or column, relative to the extent of the mesh."""
    steps = np.linalg.norm(np.diff(points, axis=axis), axis=-1)
    longest = float(steps.max()) * steps.shape[axis]
    extent = float(np.ptp(points[..., 1 - axis])) + 1e-3
    return float(np.clip(longest / extent, 0.3, 2.5))


def _shade_fabric(
    mesh: Mesh,
    style: MaskStyle,
    placement: MaskPlacement,
    photo: Photo,
    rows: int,
    cols: int,
    rng: np.random.Generator,
) -> Image:
    """(rows, cols, 3) uint8 colors of the cloth in the light of the photo."""
    detail = (int(np.clip(rows * 0.65, 24, 260)), int(np.clip(cols * 0.65, 32, 360)))
    color, relief = make_fabric(style, placement, *detail)
    # Light mostly comes from above.
    light = np.array([0.6 * photo.side_light, -0.6, 0.75]) + rng.normal(0, [0.1, 0.1, 0])
    light /= np.linalg.norm(light)
    lambert = np.clip(mesh.normals @ light, 0.0, 1.0)
    facing = np.clip(mesh.normals[..., 2], 0.0, 1.0)
    shade = (0.30 + 0.60 * lambert + 0.14 * facing).astype(np.float32)
    shade /= max(float(np.percentile(shade, 60)), 0.2)
    level = photo.exposure * float(np.clip(rng.normal(0.98, 0.07), 0.8, 1.12))
    relief *= cv2.resize(shade * level, detail[::-1])
    if photo.chroma < 1:
        gray = color.mean(-1, keepdims=True)
        color = gray + (color - gray) * np.float32(photo.chroma)
    lit = color * photo.cast.astype(np.float32) * relief[..., None]
    # Near white the curve rolls off instead of clipping; black cloth is never pure black.
    lit = 6.0 + 0.97 * np.minimum(lit, 97.0 + 0.55 * lit)
    lit = np.clip(lit, 0, 252).astype(np.uint8)
    return np.asarray(cv2.resize(lit, (cols, rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def _straps(
    canvas: Floats,
    mesh: Mesh,
    style: MaskStyle,
    photo: Photo,
    pose: HeadPose,
    offset: tuple[int, int],
    zoom: float,
) -> None:
    """Draw straps outside the cloth, in place."""
    if not mesh.straps:
        return
    layer = np.zeros(canvas.shape[:2], np.uint8)
    full = style.strap_width * pose.scale * zoom
    for line in mesh.straps:
        points = np.clip((line - np.array(offset)) * zoom, -30000, 30000)
        fixed = np.round(points * 16).astype(np.int32)
        # Straps appear narrower toward the ear, where their edge faces the camera.
        parts = ((fixed[:4], 1.0), (fixed[3:7], 0.75), (fixed[6:], 0.5))
        for part, fraction in parts:
            width = max(1, round(full * fraction))
            cv2.polylines(layer, [part], False, 255, width, cv2.LINE_AA, 4)
    on = np.flatnonzero(layer)
    flat = canvas.reshape(-1, 4)
    free = (layer.ravel()[on].astype(np.float32) / 255.0) * (1 - flat[on, 3])
    ink = np.array(style.strap_color, np.float32)
    ink = ink.mean() + (ink - ink.mean()) * photo.chroma
    ink = np.clip(ink * photo.exposure * photo.cast * 0.9 + 6, 0, 250)
    flat[on, :3] += free[:, None] * ink.astype(np.float32)
    flat[on, 3] += free
