# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simple 3D head model and the head pose from five landmarks.

Head coordinates: unit is the distance between the eye centers, origin between the eyes,
x to the person's left (right in the image), y down, z out of the face.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mask_detector_ros.arrays import FloatArray as Floats

LANDMARKS_3D: Floats = np.array(
    [
        [-0.50, 0.00, 0.00],
        [0.50, 0.00, 0.00],
        [0.00, 0.55, 0.55],
        [-0.41, 0.97, 0.10],
        [0.41, 0.97, 0.10],
    ]
)
"""(5, 3) right eye, left eye, nose tip, right and left mouth corner of an average face."""

CHIN_Y = 1.62
"""Height of the chin; the lips end near 1.13."""

EAR_X, EAR_Y, EAR_Z = 1.05, 0.28, -1.0
"""Point where an ear loop is held, for the person's left ear."""

_LANDMARKS_IN_BOX: Floats = np.array(
    [[0.25, 0.37], [0.75, 0.37], [0.50, 0.56], [0.29, 0.74], [0.71, 0.74]]
)
"""Typical landmarks in a face box of size 1, for faces without landmarks."""

# Half width and front depth of the lower head by height. The jaw is wider than a bare one,
# because cloth spans the hollow beside the chin.
_Y = np.array([-0.5, 0.0, 0.5, 0.9, 1.2, 1.4, 1.6, 1.8, 2.1, 3.0])
_WIDTH = np.array([1.05, 1.07, 1.05, 1.00, 0.95, 0.89, 0.80, 0.72, 0.68, 0.74])
_FRONT = np.array([0.05, 0.10, 0.22, 0.33, 0.36, 0.36, 0.32, 0.08, -0.20, -0.20])
_BACK_Z = -0.85

_PRIOR_SIGMA = np.array([10.0, 10.0, 0.55, 0.16, 100.0, 100.0, 0.12])
_LANDMARK_SIGMA = 0.05
_LOWER = np.array([-20.0, -10.0, -1.2, -0.45, -1e7, -1e7, -0.30])
_UPPER = np.array([20.0, 10.0, 1.2, 0.45, 1e7, 1e7, 0.30])


@dataclass(frozen=True, eq=False)
class HeadPose:
    """Pose of a head in a scaled orthographic camera.

    Attributes:
        scale: pixels per unit of head coordinates (eye distance seen from the front).
        rotation: (3, 3) from head to camera axes.
        origin: (2,) pixel between the eyes.
        stretch: factor on heights, for long and round faces.
        residual: (N, 2) pixels, landmarks minus their projection.
        landmarks: (N, 2 or 3) the landmarks of the average head, in head coordinates; distances
            to them are measured in these coordinates.
        reach: distance up to which a landmark corrects its surroundings (sigma).
    """

    scale: float
    rotation: Floats
    origin: Floats
    stretch: float
    residual: Floats
    landmarks: Floats = field(default_factory=lambda: LANDMARKS_3D[:, :2])
    reach: float = 0.35

    def project(self, points: Floats) -> Floats:
        """Project head points (..., 3) to pixels (..., 2), corrected toward the landmarks."""
        scaled = points * np.array([1.0, self.stretch, 1.0])
        plain = self.scale * (scaled @ self.rotation[:2].T) + self.origin
        # Faces differ from the average one; near each landmark the residual is added.
        offsets = points[..., None, : self.landmarks.shape[1]] - self.landmarks
        weights = np.exp(-(offsets**2).sum(-1) / (2 * self.reach**2))
        weights /= np.maximum(weights.sum(-1, keepdims=True), 1.0)
        return np.asarray(plain + weights @ self.residual)

    def facing(self, normals: Floats) -> Floats:
        """Rotate directions (..., 3) from head to camera axes; z > 0 faces the camera."""
        return np.asarray(normals @ self.rotation.T)


def landmarks_of_box(box: ArrayLike) -> Floats:
    """Typical landmarks (5, 2) pixels of a frontal face in ``box`` (x, y, w, h)."""
    x, y, w, h = np.asarray(box, np.float64).reshape(4)
    return np.array([x, y]) + _LANDMARKS_IN_BOX * np.array([w, h])


def box_of_landmarks(landmarks: ArrayLike) -> Floats:
    """Face box (x, y, w, h) pixels around landmarks (5, 2)."""
    pose = fit_pose(landmarks)
    outline = np.array([[-1.0, 0.4, -0.3], [1.0, 0.4, -0.3], [0, -0.75, 0.1], [0, 1.65, 0.2]])
    points = pose.project(outline)
    low, high = points.min(0), points.max(0)
    return np.concatenate([low, high - low])


def _rotation(roll: float, yaw: float, pitch: float) -> Floats:
    """(3, 3) from radians: yaw first, then pitch, then roll in the image."""
    cr, sr = np.cos(roll), np.sin(roll)
    in_image = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(in_image @ _yaw_pitch(yaw, pitch))


def _yaw_pitch(yaw: float, pitch: float) -> Floats:
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    return np.array([[cy, 0.0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]])


def _project(q: Floats) -> tuple[Floats, Floats]:
    """Landmarks (5, 2) of parameters (7,) and their derivatives (7, 5, 2).

    The parameters are log scale, roll, yaw, pitch, x, y, log stretch.
    """
    scale, stretch = np.exp(q[0]), np.exp(q[6])
    cr, sr = np.cos(q[1]), np.sin(q[1])
    spin = scale * np.array([[cr, sr], [-sr, cr]])
    cy, sy, cp, sp = np.cos(q[2]), np.sin(q[2]), np.cos(q[3]), np.sin(q[3])
    x, y, z = LANDMARKS_3D[:, 0], LANDMARKS_3D[:, 1] * stretch, LANDMARKS_3D[:, 2]
    side, front = cy * x + sy * z, sy * x - cy * z
    flat = np.empty((7, 5, 2))
    flat[0] = flat[1] = np.stack([side, cp * y + sp * front], -1)
    flat[2] = np.stack([-front, sp * side], -1)
    flat[3] = np.stack([0.0 * y, -sp * y + cp * front], -1)
    flat[4:6] = 0.0
    flat[6] = np.stack([0.0 * y, cp * y], -1)
    slopes = flat @ spin
    landmarks = slopes[0] + q[4:6]
    slopes[1] = np.stack([-slopes[1, :, 1], slopes[1, :, 0]], -1)
    slopes[4, :, 0] = slopes[5, :, 1] = 1.0
    return landmarks, slopes


def fit_pose(landmarks: ArrayLike, chin_y: float | None = None) -> HeadPose:
    """Fit the head model to landmarks (5, 2) in pixels.

    Damped Gauss-Newton iterations with a prior on all parameters.

    Args:
        landmarks: right eye, left eye, nose tip, right and left mouth corner; finite.
        chin_y: image row of the chin, from a face box; adjusts the stretch.
    """
    points = np.asarray(landmarks, np.float64).reshape(5, 2)
    eyes, mouth = points[:2].mean(0), points[3:].mean(0)
    down, across = mouth - eyes, points[1] - points[0]
    # In profile the eyes are close together, but the height is the same.
    size = max(float(np.hypot(*across)), float(np.hypot(*down)) / 1.05, 1e-3)
    # In profile the vertical line is more reliable, in frontal views the eye line.
    turn = across + np.array([down[1], -down[0]])
    roll = float(np.arctan2(turn[1], turn[0])) if np.any(turn) else 0.0
    unit = (points - eyes) / size
    axis = np.array([np.cos(roll), np.sin(roll)])
    sideways = float((unit[2] - 0.5 * unit[3:].mean(0)) @ axis)
    yaw = float(np.arcsin(np.clip(sideways / 0.52, -0.9, 0.9)))
    q = np.array([0.0, roll, yaw, 0.0, 0.0, 0.0, 0.0])
    center = np.array([0.0, roll, 0.0, 0.0, 0.0, 0.0, 0.0])
    damping = np.diag(1.0 / _PRIOR_SIGMA**2)
    for _ in range(4):
        projected, slopes = _project(q)
        jacobian = slopes.reshape(7, 10).T / _LANDMARK_SIGMA
        error = (unit - projected).reshape(10) / _LANDMARK_SIGMA
        normal = jacobian.T @ jacobian + damping
        move = np.linalg.solve(normal, jacobian.T @ error - damping @ (q - center))
        q = np.clip(q + np.clip(move, -0.5, 0.5), _LOWER, _UPPER)
    scale = size * float(np.exp(np.clip(q[0], -0.7, 0.7)))
    projected, _ = _project(q)
    residual = np.clip((unit - projected) * size, -0.3 * scale, 0.3 * scale)
    rotation = _rotation(*q[1:4])
    stretch = float(np.exp(q[6]))
    origin = q[4:6] * size + eyes
    if chin_y is not None and rotation[1, 1] > 0.85:
        seen_chin = (chin_y - origin[1]) / (scale * rotation[1, 1] * CHIN_Y)
        # Boxes differ in tightness, so their effect is limited.
        stretch *= float(np.clip(seen_chin / stretch, 0.94, 1.08)) ** 0.5
    return HeadPose(scale, rotation, origin, stretch, residual)


def surface(angle: Floats, y: Floats, ridge: Floats, lift: Floats | float) -> Floats:
    """Points (..., 3) of a mask around the lower head, in head units.

    Args:
        angle: radians around the vertical axis, 0 in the middle of the face.
        y: height.
        ridge: how far the nose or the mask's shape pushes the cloth out in the middle.
        lift: distance of the cloth from cheeks and chin.
    """
    half_width = np.interp(y, _Y, _WIDTH) + lift
    depth = np.interp(y, _Y, _FRONT) + lift - _BACK_Z
    x = half_width * np.sin(angle)
    z = _BACK_Z + depth * np.cos(angle)
    return np.stack([x, y, z + ridge * np.exp(-((x / 0.34) ** 2))], -1)
