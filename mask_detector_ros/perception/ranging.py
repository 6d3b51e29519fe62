# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a face is: its size in the image and the camera's calibration give its distance."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.perception.settings import RangingSettings
from mask_detector_ros.perception.types import Detections, FloatArray, RangeSource


@dataclass(frozen=True, eq=False)
class CameraModel:
    """Intrinsics for full-resolution pixels, as in sensor_msgs/CameraInfo.

    Attributes:
        matrix: (3, 3) float64 K.
        distortion: (D,) float64 in OpenCV's order; empty for none.
        fisheye: True for the equidistant model, False for plumb_bob / rational_polynomial.
    """

    matrix: FloatArray
    distortion: FloatArray
    fisheye: bool = False

    def rays(self, pixels: FloatArray) -> FloatArray:
        """Directions through (N, 2) pixels: (N, 2) x/z, y/z in the optical frame."""
        points = np.asarray(pixels, np.float64).reshape(-1, 1, 2)
        if self.fisheye:
            undistorted = cv2.fisheye.undistortPoints(points, self.matrix, self.distortion[:4])
        else:
            undistorted = cv2.undistortPoints(points, self.matrix, self.distortion)
        return np.asarray(undistorted).reshape(-1, 2)


def place_by_size(faces: Detections, camera: CameraModel, settings: RangingSettings) -> Detections:
    """Fill in positions from the width of the boxes.

    The pinhole model gives z = face width / angular width. Its deviation has two parts,
    how much people differ and how well a box is known; the second grows with distance:
    var(z) / z² = (dW / W)² + (dw / w)², with W in metres and w in pixels.

    Returns:
        The faces with positions, covariances and range_source; unchanged if there are none.
    """
    if len(faces) == 0:
        return faces
    x, y, w, h = (faces.boxes[:, i].astype(np.float64) for i in range(4))
    centre = camera.rays(np.stack([x + w / 2, y + h / 2], 1))
    left = camera.rays(np.stack([x, y + h / 2], 1))
    right = camera.rays(np.stack([x + w, y + h / 2], 1))
    angular_width = np.maximum(right[:, 0] - left[:, 0], 1e-6)
    z = settings.face_width / angular_width
    rays = np.concatenate([centre, np.ones((len(faces), 1))], axis=1)
    relative = np.hypot(
        settings.face_width_deviation / settings.face_width,
        settings.box_deviation / np.maximum(w, 1.0),
    )
    along = (relative * z)[:, np.newaxis, np.newaxis] ** 2 * rays[:, :, None] * rays[:, None, :]
    # Across the ray only the box's own jitter counts.
    across = (z * angular_width / np.maximum(w, 1.0) * settings.box_deviation) ** 2
    covariances = along + across[:, None, None] * np.diag([1.0, 1.0, 0.0])
    return faces.with_(
        positions=(rays * z[:, np.newaxis]).astype(np.float32),
        covariances=covariances.astype(np.float32),
        range_source=np.full(len(faces), RangeSource.FACE_SIZE, np.int8),
    )
