# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the mesh of a mask to pixels: lit cloth and straps with their coverage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.perception.types import FloatArray as Floats
from mask_detector_training.synthesis.fabric import make_fabric
from mask_detector_training.synthesis.head import HeadPose
from mask_detector_training.synthesis.mesh import Mesh
from mask_detector_training.synthesis.photo import Photo
from mask_detector_training.synthesis.style import MaskStyle
from mask_detector_training.synthesis.wear import MaskWear

_DENSITY = 1.6


@dataclass(frozen=True, eq=False)
class Layer:
    """A drawn mask in a window of the image, before it is laid over the photo.

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
    wear: MaskWear,
    photo: Photo,
    window: tuple[int, int, int, int],
    rng: np.random.Generator,
) -> Layer:
    """Splat the lit cloth into a finer canvas, then shrink it to the window.

    Args:
        mesh: where the cloth is seen.
        pose: the head, for its size in pixels.
        style: what the mask is.
        wear: how it sits.
        photo: light, sharpness and noise to match.
        window: x0, y0, x1, y1 of the part of the image to draw.
        rng: source of chance for the light.
    """
    x0, y0, x1, y1 = window
    # Small faces are drawn larger and shrunk, huge ones drawn smaller and enlarged.
    zoom = float(np.clip(pose.scale, 40.0, 220.0) / pose.scale)
    zoom = min(zoom, 8.0)
    if pose.scale < 120:
        zoom = max(zoom, 1.15)
    canvas_w = max(1, int(np.ceil((x1 - x0) * zoom)))
    canvas_h = max(1, int(np.ceil((y1 - y0) * zoom)))
    points = ((mesh.points - np.array([x0, y0])) * zoom).astype(np.float32)
    extent = np.ptp(points.reshape(-1, 2), axis=0)
    # Dense enough that neighbors land less than a pixel apart.
    rows = int(np.clip(_DENSITY * extent[1] * _bow(points, 0), 24, 700))
    cols = int(np.clip(_DENSITY * extent[0] * _bow(points, 1), 32, 900))
    if wear.hang:
        rows, cols = (int(np.clip(_DENSITY * 1.2 * n, 24, 700)) for n in extent)
    lit = _lit_fabric(mesh, style, wear, photo, rows, cols, rng)
    facing = mesh.normals[..., 2].astype(np.float32)
    x, y, facing = (_stretch(g, rows, cols) for g in (points[..., 0], points[..., 1], facing))
    inside = (facing > 0) & (x >= 0) & (x < canvas_w) & (y >= 0) & (y < canvas_h)
    size = canvas_w * canvas_h
    # What is not seen falls into one bin too many.
    place = y.astype(np.int64) * canvas_w + x.astype(np.int64)
    index = np.where(inside, place, size).ravel()
    count = np.bincount(index, minlength=size + 1)[:size]
    # One sum for three colors, each in its own 16 bits of an exactly held integer.
    wide = lit.astype(np.float64)
    packed = (wide[..., 0] + 65536.0 * wide[..., 1] + 65536.0**2 * wide[..., 2]).ravel()
    sums = np.bincount(index, packed, size + 1)[:size].astype(np.int64)
    canvas = np.empty((canvas_h, canvas_w, 4), np.float32)
    flat = canvas.reshape(-1, 4)
    share = (1.0 / np.maximum(count, 1)).astype(np.float32)
    for channel in range(3):
        flat[:, channel] = ((sums >> (16 * channel)) & 0xFFFF) * share
    flat[:, 3] = count > 0
    if mesh.before is not None:
        _uncover(canvas, (mesh.before - np.array([x0, y0])) * zoom)
    mask_alpha = canvas[..., 3].copy()
    _straps(canvas, mesh, style, photo, pose, (x0, y0), zoom)
    interpolation = cv2.INTER_AREA if zoom > 1 else cv2.INTER_LINEAR
    target = (x1 - x0, y1 - y0)
    if zoom < 2:
        # Too few samples per pixel for smooth edges.
        cv2.GaussianBlur(canvas, (3, 3), 0.6, dst=canvas)
        cv2.GaussianBlur(mask_alpha, (3, 3), 0.6, dst=mask_alpha)
    small = cv2.resize(canvas, target, interpolation=interpolation)
    cloth = cv2.resize(mask_alpha, target, interpolation=interpolation)
    return Layer(small[..., :3], small[..., 3], cloth)


def _uncover(canvas: Floats, outline: Floats) -> None:
    """Take away what lies behind an outline (n, 2), in place."""
    corners = np.round(np.clip(outline, -30000, 30000)).astype(np.int32)
    cv2.fillConvexPoly(canvas, corners, (0.0, 0.0, 0.0, 0.0))


def _stretch(grid: Floats, rows: int, cols: int) -> Floats:
    """Linear interpolation of a mesh to (rows, cols); corners stay corners."""
    for axis, count in enumerate((rows, cols)):
        at = np.linspace(0, grid.shape[axis] - 1, count, dtype=np.float32)
        low = np.minimum(at.astype(np.intp), grid.shape[axis] - 2)
        share = at - low.astype(np.float32)
        share = share[:, None] if axis == 0 else share
        first = grid.take(low, axis)
        grid = first + (grid.take(low + 1, axis) - first) * share
    return grid


def _bow(points: Floats, axis: int) -> float:
    """How much longer the longest row or column is than the mesh is high or wide."""
    steps = np.linalg.norm(np.diff(points, axis=axis), axis=-1)
    longest = float(steps.max()) * steps.shape[axis]
    extent = float(np.ptp(points[..., 1 - axis])) + 1e-3
    return float(np.clip(longest / extent, 0.3, 2.5))


def _lit_fabric(
    mesh: Mesh,
    style: MaskStyle,
    wear: MaskWear,
    photo: Photo,
    rows: int,
    cols: int,
    rng: np.random.Generator,
) -> Floats:
    """(rows, cols, 3) float32 colors as the photo's camera sees the cloth."""
    detail = (int(np.clip(rows * 0.65, 24, 260)), int(np.clip(cols * 0.65, 32, 360)))
    color, relief = make_fabric(style, wear, *detail)
    # Light in most places comes from above.
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
    # Cloth close to white rolls off instead of clipping, black cloth never is pure black.
    lit = 6.0 + 0.97 * np.minimum(lit, 97.0 + 0.55 * lit)
    lit = np.clip(lit, 0, 252).astype(np.uint8)
    return cv2.resize(lit, (cols, rows), interpolation=cv2.INTER_LINEAR)


def _straps(
    canvas: Floats,
    mesh: Mesh,
    style: MaskStyle,
    photo: Photo,
    pose: HeadPose,
    offset: tuple[int, int],
    zoom: float,
) -> None:
    """Draw straps where the cloth has not been drawn, in place."""
    if not mesh.straps:
        return
    layer = np.zeros(canvas.shape[:2], np.uint8)
    full = style.strap_width * pose.scale * zoom
    for line in mesh.straps:
        points = np.clip((line - np.array(offset)) * zoom, -30000, 30000)
        fixed = np.round(points * 16).astype(np.int32)
        # Straps narrow toward the ear, where they turn their edge to the camera.
        parts = ((fixed[:4], 1.0), (fixed[3:7], 0.75), (fixed[6:], 0.5))
        for part, share in parts:
            width = max(1, round(full * share))
            cv2.polylines(layer, [part], False, 255, width, cv2.LINE_AA, 4)
    on = np.flatnonzero(layer)
    flat = canvas.reshape(-1, 4)
    free = (layer.ravel()[on].astype(np.float32) / 255.0) * (1 - flat[on, 3])
    ink = np.array(style.strap_color, np.float32)
    ink = ink.mean() + (ink - ink.mean()) * photo.chroma
    ink = np.clip(ink * photo.exposure * photo.cast * 0.9 + 6, 0, 250)
    flat[on, :3] += free[:, None] * ink.astype(np.float32)
    flat[on, 3] += free
