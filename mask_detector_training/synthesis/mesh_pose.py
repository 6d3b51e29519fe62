# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Head pose from a face mesh: real nose ridge, cheeks and jaw instead of an average head."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_training.synthesis.head import HeadPose

_POINTS = (
    (33, -0.70, 0.02, -0.06),
    (263, 0.70, 0.02, -0.06),
    (133, -0.27, 0.03, 0.03),
    (362, 0.27, 0.03, 0.03),
    (129, -0.33, 0.52, 0.21),
    (358, 0.33, 0.52, 0.21),
    (234, -1.04, 0.34, -0.86),
    (454, 1.04, 0.34, -0.86),
    (93, -1.03, 0.55, -0.86),
    (323, 1.03, 0.55, -0.86),
    (132, -0.99, 0.77, -0.82),
    (361, 0.99, 0.77, -0.82),
    (58, -0.93, 0.99, -0.73),
    (288, 0.93, 0.99, -0.73),
    (172, -0.83, 1.17, -0.57),
    (397, 0.83, 1.17, -0.57),
    (136, -0.72, 1.30, -0.40),
    (365, 0.72, 1.30, -0.40),
    (150, -0.58, 1.41, -0.26),
    (379, 0.58, 1.41, -0.26),
    (176, -0.34, 1.56, -0.03),
    (400, 0.34, 1.56, -0.03),
    (116, -0.96, 0.26, -0.24),
    (345, 0.96, 0.26, -0.24),
    (50, -0.75, 0.47, 0.05),
    (280, 0.75, 0.47, 0.05),
    (205, -0.62, 0.58, 0.14),
    (425, 0.62, 0.58, 0.14),
    (187, -0.82, 0.68, -0.05),
    (411, 0.82, 0.68, -0.05),
    (61, -0.42, 0.95, 0.07),
    (291, 0.42, 0.95, 0.07),
    (67, -0.54, -0.73, 0.06),
    (297, 0.54, -0.73, 0.06),
    (21, -1.00, -0.30, -0.47),
    (251, 1.00, -0.30, -0.47),
    (127, -1.06, 0.12, -0.80),
    (356, 1.06, 0.12, -0.80),
    (202, -0.51, 1.09, 0.03),
    (422, 0.51, 1.09, 0.03),
    (10, 0.00, -0.79, 0.18),
    (168, 0.00, -0.07, 0.28),
    (6, 0.00, 0.04, 0.35),
    (195, 0.00, 0.22, 0.52),
    (1, 0.00, 0.54, 0.63),
    (0, 0.00, 0.84, 0.39),
    (17, 0.00, 1.13, 0.31),
    (199, 0.00, 1.45, 0.23),
    (152, 0.00, 1.63, 0.07),
)  # fmt: skip
"""Index in the mesh, and position in head coordinates on an average face: the mean over 542 faces,
aligned by similarity transforms (Procrustes analysis), symmetric. Eyes, nose, cheeks, lips, jaw and
forehead."""

MESH_INDICES = tuple(int(point[0]) for point in _POINTS)
"""Points of the mesh that are used."""
MESH_POINTS = len(MESH_INDICES)
AVERAGE_MESH: Floats = np.array([point[1:] for point in _POINTS])
"""(MESH_POINTS, 3) the points of an average face in head coordinates."""
_REACH = 0.22
_STRETCH = (0.8, 1.25)
_ROUNDS = 3


def five_landmarks(mesh: Floats) -> Floats:
    """Eyes, nose tip and mouth corners (5, 2) of a mesh (MESH_POINTS, 3), as YuNet defines them."""
    at = {index: mesh[row, :2] for row, index in enumerate(MESH_INDICES)}
    eyes = [(at[33] + at[133]) / 2, (at[362] + at[263]) / 2]
    return np.stack([*eyes, at[1], at[61], at[291]])


def fit_mesh_pose(mesh: ArrayLike) -> HeadPose:
    """Fit the head model to a mesh: rigidly first, then every point by its own offset.

    Args:
        mesh: (MESH_POINTS, 3) image pixels, z toward the camera, at ``MESH_INDICES``.
    """
    points = np.asarray(mesh, np.float64).reshape(MESH_POINTS, 3)
    stretch = 1.0
    for _ in range(_ROUNDS):
        model = AVERAGE_MESH * (1.0, stretch, 1.0)
        scale, rotation, origin = _similarity(model, points)
        flat = scale * (AVERAGE_MESH * (1.0, 0.0, 1.0)) @ rotation[:2].T + origin
        slope = scale * AVERAGE_MESH[:, 1:2] * rotation[:2, 1]
        stretch = float(
            np.clip(((points[:, :2] - flat) * slope).sum() / (slope**2).sum(), *_STRETCH)
        )
    projected = scale * (AVERAGE_MESH * (1.0, stretch, 1.0)) @ rotation[:2].T + origin
    residual = np.clip(points[:, :2] - projected, -0.3 * scale, 0.3 * scale)
    return HeadPose(scale, rotation, origin, stretch, residual, AVERAGE_MESH, _REACH)


def _similarity(model: Floats, points: Floats) -> tuple[float, Floats, Floats]:
    """Scale, rotation (3, 3) and origin (2,) that map a model (N, 3) to points (N, 3).

    Least squares (Umeyama, 1991).
    """
    model_mean, mean = model.mean(0), points.mean(0)
    centered = model - model_mean
    left, singular, right = np.linalg.svd(centered.T @ (points - mean))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * sign @ right).T
    scale = max(float((singular * sign).sum() / (centered**2).sum()), 1e-6)
    return scale, rotation, (mean - scale * rotation @ model_mean)[:2]
