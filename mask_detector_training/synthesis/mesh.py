# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where every point of a worn mask and its straps is seen in the image."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.perception.types import FloatArray as Floats
from mask_detector_training.synthesis.head import (
    EAR_X,
    EAR_Y,
    EAR_Z,
    LANDMARKS_3D,
    HeadPose,
    surface,
)
from mask_detector_training.synthesis.style import MaskStyle
from mask_detector_training.synthesis.wear import MaskWear

ROWS, COLS = 15, 25

# How far the nose lifts a mask that spans from its bridge to the chin, by height.
_TENT_Y = np.array([0.0, 0.2, 0.5, 0.75, 1.05, 1.5, 1.8])
_TENT = np.array([0.06, 0.20, 0.38, 0.33, 0.17, 0.05, 0.0])

# What is seen of a nose above a mask that has slipped under it: bridge, wings, tip and base.
_NOSE: Floats = np.array(
    [
        [-0.10, 0.20, 0.24], [0.10, 0.20, 0.24], [-0.21, 0.55, 0.26], [0.21, 0.55, 0.26],
        [-0.13, 0.62, 0.36], [0.13, 0.62, 0.36], [0.0, 0.64, 0.44],
    ]
)  # fmt: skip
_NOSE_TIP: Floats = LANDMARKS_3D[2]
_TIP_RADIUS = 0.1
_ROUND: Floats = np.array([[1, 0], [0.7, 0.7], [0, 1], [-0.7, 0.7], [-1, 0], [0, -1]])


@dataclass(frozen=True, eq=False)
class Mesh:
    """A mask in the image.

    Attributes:
        points: (ROWS, COLS, 2) pixels, from the upper edge down, from the person's right
            to left.
        normals: (ROWS, COLS, 3) unit, camera axes; z > 0 is seen.
        straps: lines of (n, 2) pixels.
        before: outline (n, 2) in pixels of what stands before the mask, or None.
    """

    points: Floats
    normals: Floats
    straps: list[Floats]
    before: Floats | None = None


def worn_mesh(pose: HeadPose, style: MaskStyle, wear: MaskWear) -> Mesh:
    """A mask around the face."""
    s = np.linspace(-1.0, 1.0, COLS)[None, :]
    v = np.linspace(0.0, 1.0, ROWS)[:, None]
    bend = np.abs(s) ** wear.curve
    top = wear.top + (wear.top_side - wear.top) * bend + wear.skew * s
    bottom = wear.bottom + (wear.bottom_side - wear.bottom) * bend + wear.skew * s
    if wear.slack > 0.3:  # loose edges are not straight
        rng = np.random.default_rng(style.seed)
        swell = (
            0.05 * wear.slack * np.sin(rng.uniform(2, 5, (2, 1)) * s + rng.uniform(0, 6, (2, 1)))
        )
        top, bottom = top + swell[:1] * (1 - s**2), bottom + 1.5 * swell[1:]
    y = top + (bottom - top) * v
    angle = s * (wear.angle + (wear.angle_bottom - wear.angle) * v)
    covers_nose = np.clip((0.62 - wear.top) / 0.2, 0.0, 1.0)
    ridge = wear.nose * covers_nose * np.interp(y, _TENT_Y, _TENT)
    if style.kind in ("kn95", "cup"):
        beak = 0.28 if style.kind == "kn95" else 0.22
        ridge = np.maximum(ridge, beak * np.sin(np.pi * np.clip(v, 0, 1)) ** 0.8)
    belly = np.sin(np.pi * v) * (1 - s**2)
    lift = wear.lift + (0.04 + 0.10 * wear.slack) * belly
    spread = np.broadcast_to(ridge, y.shape)
    head = surface(angle, y, spread, lift)
    points, normals = _seen(pose, head)
    straps = _loops(pose, head, style) if wear.straps else []
    bare_nose = wear.nose < 0.5 and wear.top > 0.55
    return Mesh(points, normals, straps, _nose(pose) if bare_nose else None)


def _nose(pose: HeadPose) -> Floats:
    """Outline (n, 2) of the nose in pixels; its tip is round, from wherever it is seen."""
    ball = pose.project(_NOSE_TIP) + _TIP_RADIUS * pose.scale * _ROUND
    outline = np.vstack([pose.project(_NOSE), ball]).astype(np.float32)
    return np.asarray(cv2.convexHull(outline)[:, 0])


def hanging_mesh(pose: HeadPose, wear: MaskWear) -> Mesh:
    """A mask that hangs by one loop from an ear; it follows gravity more than the head."""
    side = float(wear.hang)
    nearer = float(pose.rotation[2, 0])
    if abs(nearer) > 0.3:  # the other ear is out of sight
        side = float(np.sign(nearer))
    ear = pose.project(np.array([side * EAR_X, EAR_Y, EAR_Z + 0.35]))
    lobe = pose.project(np.array([side * EAR_X, EAR_Y + 0.45, EAR_Z + 0.35]))
    down = pose.rotation[:2, 1] * 0.4 + np.array([0.0, 0.6])
    norm = float(np.hypot(*down))
    down = down / norm if norm > 0.2 else np.array([0.0, 1.0])
    c, s = np.cos(wear.swing), np.sin(wear.swing)
    down = np.array([c * down[0] - s * down[1], s * down[0] + c * down[1]])
    across = np.array([down[1], -down[0]])
    size = pose.scale
    start = lobe + down * 0.25 * size + across * side * 0.1 * size
    # Turned by a quarter: what was the person's right edge is now at the top.
    u = np.linspace(-0.5, 0.5, ROWS)[:, None, None]
    t = np.linspace(0.0, 1.0, COLS)[None, :, None]
    # The loop pulls the upper corners together; the lower end hangs open and askew.
    narrow = 0.5 + 0.5 * np.clip(t / 0.35, 0.0, 1.0) ** 0.7 - 0.12 * t**3
    wave = 0.06 * np.sin(3.0 * t + 5.0 * wear.swing) * (1 + wear.slack)
    t = t * (1 + 0.5 * wear.swing * u + 0.1 * wear.slack * np.sin(7.0 * u + 9.0 * wear.swing))
    points = (
        start
        + down * (t * wear.hang_height * size)
        + across * ((u * wear.hang_width * narrow + wave) * size)
    )
    tilt = 0.9 * np.sin(2.5 * u[..., 0] + wear.swing * 4) + 0.4 * np.sin(4.0 * t[..., 0])
    normals = np.stack([np.sin(tilt), 0.0 * tilt - 0.1, np.cos(tilt)], -1)
    first, last = points[1, 0], points[-2, 0]
    loop = np.stack([first, ear - across * 0.04 * size, ear + across * 0.04 * size, last])
    # The other loop dangles.
    lowest = points[-2, -1] * 0.5 + points[1, -1] * 0.5 + down * (0.2 + 0.3 * wear.slack) * size
    sway = across * 0.06 * size
    other = np.stack([points[1, -1], lowest - sway, lowest + sway, points[-2, -1]])
    return Mesh(points, normals, [_curve(loop), _curve(other)])


def _seen(pose: HeadPose, head: Floats) -> tuple[Floats, Floats]:
    """Pixels and camera-frame unit normals of a grid of head points."""
    points = pose.project(head)
    along = np.gradient(head, axis=1)
    below = np.gradient(head, axis=0)
    normals = np.cross(along, below)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-9
    return points, pose.facing(normals)


def _loops(pose: HeadPose, head: Floats, style: MaskStyle) -> list[Floats]:
    """The visible parts of ear loops or head bands."""
    lines = []
    last = len(head) - 1
    for side, column in ((-1.0, 0), (1.0, head.shape[1] - 1)):
        upper, lower = head[min(1, last), column], head[last - 1, column]
        if style.head_band:
            back = np.array([side * 1.05, EAR_Y - 0.5, EAR_Z - 0.1])
            nape = np.array([side * 0.95, EAR_Y + 0.85, EAR_Z])
            pairs = [(upper, back), (lower, nape)]
        else:
            behind = np.array([side * EAR_X, EAR_Y - 0.12, EAR_Z])
            under = np.array([side * EAR_X * 0.99, EAR_Y + 0.42, EAR_Z])
            pairs = [(upper, behind), (lower, under)]
        for start, end in pairs:
            share = np.linspace(0.0, 1.0, 9)[:, None]
            line = start + (end - start) * share
            # Straight through the head is round the cheek in truth.
            radius = np.interp(share[:, 0], [0, 0.5, 1], [0.0, 0.10, 0.03])
            line[:, 0] += side * radius
            outward = np.stack([line[:, 0], 0 * line[:, 0], 0.8 * (line[:, 2] + 0.85)], -1)
            outward /= np.linalg.norm(outward, axis=-1, keepdims=True) + 1e-9
            seen = pose.facing(outward)[:, 2] > -0.22
            if seen.sum() >= 2:
                lines.append(pose.project(line[seen]))
    return lines


def _curve(control: Floats) -> Floats:
    """A smooth line (12, 2) near the control points (n, 2)."""
    fine = cv2.resize(control.astype(np.float32), (2, 12), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine, np.float64)
