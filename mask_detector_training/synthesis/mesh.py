# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mesh of a mask and its straps in image coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.head import (
    EAR_X,
    EAR_Y,
    EAR_Z,
    LANDMARKS_3D,
    HeadPose,
    surface,
)
from mask_detector_training.synthesis.placement import MaskPlacement
from mask_detector_training.synthesis.style import MaskStyle

ROWS, COLS = 15, 25

# Ridge by height of a mask that spans from the bridge of the nose to the chin.
_TENT_Y = np.array([0.0, 0.2, 0.5, 0.75, 1.05, 1.5, 1.8])
_TENT = np.array([0.06, 0.20, 0.38, 0.33, 0.17, 0.05, 0.0])

# Outline of the nose above a mask worn below it: bridge, wings, tip and base.
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
        normals: (ROWS, COLS, 3) unit vectors in camera axes; z > 0 is visible.
        straps: lines (n, 2) of pixels.
        occluder: outline (n, 2) in pixels of the nose in front of the mask, or None.
    """

    points: Floats
    normals: Floats
    straps: list[Floats]
    occluder: Floats | None = None


def worn_mesh(pose: HeadPose, style: MaskStyle, placement: MaskPlacement) -> Mesh:
    """Mesh of a mask around the face."""
    s = np.linspace(-1.0, 1.0, COLS)[None, :]
    v = np.linspace(0.0, 1.0, ROWS)[:, None]
    bend = np.abs(s) ** placement.curve
    top = placement.top + (placement.top_side - placement.top) * bend + placement.skew * s
    bottom = (
        placement.bottom + (placement.bottom_side - placement.bottom) * bend + placement.skew * s
    )
    if placement.slack > 0.3:  # loose edges are wavy
        rng = np.random.default_rng(style.seed)
        swell = (
            0.05
            * placement.slack
            * np.sin(rng.uniform(2, 5, (2, 1)) * s + rng.uniform(0, 6, (2, 1)))
        )
        top, bottom = top + swell[:1] * (1 - s**2), bottom + 1.5 * swell[1:]
    y = top + (bottom - top) * v
    angle = s * (placement.angle + (placement.angle_bottom - placement.angle) * v)
    covers_nose = np.clip((0.62 - placement.top) / 0.2, 0.0, 1.0)
    ridge = placement.nose * covers_nose * np.interp(y, _TENT_Y, _TENT)
    if style.kind in ("kn95", "cup"):
        beak = 0.28 if style.kind == "kn95" else 0.22
        ridge = np.maximum(ridge, beak * np.sin(np.pi * np.clip(v, 0, 1)) ** 0.8)
    belly = np.sin(np.pi * v) * (1 - s**2)
    lift = placement.lift + (0.04 + 0.10 * placement.slack) * belly
    spread = np.broadcast_to(ridge, y.shape)
    head = surface(angle, y, spread, lift)
    points, normals = _project_grid(pose, head)
    straps = _loops(pose, head, style) if placement.straps else []
    bare_nose = placement.nose < 0.5 and placement.top > 0.55
    return Mesh(points, normals, straps, _nose(pose) if bare_nose else None)


def _nose(pose: HeadPose) -> Floats:
    """Outline (n, 2) of the nose in pixels; the tip is a ball, round from all directions."""
    ball = pose.project(_NOSE_TIP) + _TIP_RADIUS * pose.scale * _ROUND
    outline = np.vstack([pose.project(_NOSE), ball]).astype(np.float32)
    return np.asarray(cv2.convexHull(outline)[:, 0])


def hanging_mesh(pose: HeadPose, placement: MaskPlacement) -> Mesh:
    """Mesh of a mask that hangs from one ear; it follows gravity more than the head."""
    side = float(placement.hang)
    nearer = float(pose.rotation[2, 0])
    if abs(nearer) > 0.3:  # the other ear is not visible
        side = float(np.sign(nearer))
    ear = pose.project(np.array([side * EAR_X, EAR_Y, EAR_Z + 0.35]))
    lobe = pose.project(np.array([side * EAR_X, EAR_Y + 0.45, EAR_Z + 0.35]))
    down = pose.rotation[:2, 1] * 0.4 + np.array([0.0, 0.6])
    norm = float(np.hypot(*down))
    down = down / norm if norm > 0.2 else np.array([0.0, 1.0])
    c, s = np.cos(placement.swing), np.sin(placement.swing)
    down = np.array([c * down[0] - s * down[1], s * down[0] + c * down[1]])
    across = np.array([down[1], -down[0]])
    size = pose.scale
    start = lobe + down * 0.25 * size + across * side * 0.1 * size
    # Rotated by 90 degrees: the person's right edge is at the top.
    u = np.linspace(-0.5, 0.5, ROWS)[:, None, None]
    t = np.linspace(0.0, 1.0, COLS)[None, :, None]
    # The loop pulls the upper corners together; the lower end hangs open.
    narrow = 0.5 + 0.5 * np.clip(t / 0.35, 0.0, 1.0) ** 0.7 - 0.12 * t**3
    wave = 0.06 * np.sin(3.0 * t + 5.0 * placement.swing) * (1 + placement.slack)
    t = t * (
        1
        + 0.5 * placement.swing * u
        + 0.1 * placement.slack * np.sin(7.0 * u + 9.0 * placement.swing)
    )
    points = (
        start
        + down * (t * placement.hang_height * size)
        + across * ((u * placement.hang_width * narrow + wave) * size)
    )
    tilt = 0.9 * np.sin(2.5 * u[..., 0] + placement.swing * 4) + 0.4 * np.sin(4.0 * t[..., 0])
    normals = np.stack([np.sin(tilt), 0.0 * tilt - 0.1, np.cos(tilt)], -1)
    first, last = points[1, 0], points[-2, 0]
    loop = np.stack([first, ear - across * 0.04 * size, ear + across * 0.04 * size, last])
    # The other loop hangs free.
    lowest = (
        points[-2, -1] * 0.5 + points[1, -1] * 0.5 + down * (0.2 + 0.3 * placement.slack) * size
    )
    sway = across * 0.06 * size
    other = np.stack([points[1, -1], lowest - sway, lowest + sway, points[-2, -1]])
    return Mesh(points, normals, [_curve(loop), _curve(other)])


def _project_grid(pose: HeadPose, head: Floats) -> tuple[Floats, Floats]:
    """Pixels and unit normals in camera axes of a grid of head points."""
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
            fraction = np.linspace(0.0, 1.0, 9)[:, None]
            line = start + (end - start) * fraction
            # The straight line passes through the head; the strap runs around the cheek.
            radius = np.interp(fraction[:, 0], [0, 0.5, 1], [0.0, 0.10, 0.03])
            line[:, 0] += side * radius
            outward = np.stack([line[:, 0], 0 * line[:, 0], 0.8 * (line[:, 2] + 0.85)], -1)
            outward /= np.linalg.norm(outward, axis=-1, keepdims=True) + 1e-9
            visible = pose.facing(outward)[:, 2] > -0.22
            if visible.sum() >= 2:
                lines.append(pose.project(line[visible]))
    return lines


def _curve(control: Floats) -> Floats:
    """A smooth line (12, 2) near the control points (n, 2)."""
    fine = cv2.resize(control.astype(np.float32), (2, 12), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine, np.float64)
