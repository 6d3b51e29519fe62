# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Turns the images of a camera that is mounted upside down or sideways, and results back.

Faces are only found upright. The image is turned for the networks and the tracker; boxes, landmarks
and positions are turned back, so that they belong to the image and to the optical frame that the
camera publishes. A pixel (x, y) of an image of H rows that is turned by 90 degrees clockwise
comes to (H - y, x), and a point (X, Y, Z) of the optical frame to (-Y, X, Z).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.types import CameraModel, Detections, Event

CODES = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""From the camera's optical frame to that of its image turned by 90 degrees clockwise."""


@dataclass(frozen=True)
class ImageRotation:
    """A rotation of images of one size.

    Attributes:
        degrees: clockwise; 0, 90, 180 or 270.
        width: of the camera's image in pixels, before the rotation.
        height: likewise.
    """

    degrees: int = 0
    width: int = 0
    height: int = 0

    def inverse(self) -> ImageRotation:
        """The rotation of a turned image to the camera's image."""
        sideways = self.degrees in (90, 270)
        width, height = (self.height, self.width) if sideways else (self.width, self.height)
        return ImageRotation(-self.degrees % 360, width, height)

    def image(self, image: Image) -> Image:
        """The turned image: (H, W, 3) uint8, the same object if it is not turned."""
        return np.asarray(cv2.rotate(image, CODES[self.degrees])) if self.degrees else image

    def camera(self, camera: CameraModel) -> CameraModel:
        """The calibration of the turned image, exact for every distortion."""
        if not self.degrees:
            return camera
        center = self._points(np.array([[camera.matrix[0, 2], camera.matrix[1, 2]]]), 1)[0]
        focal = np.abs(self._matrix[:2, :2]) @ np.diag(camera.matrix)[:2]
        matrix = np.array([[focal[0], 0.0, center[0]], [0.0, focal[1], center[1]], [0.0, 0.0, 1.0]])
        return _TurnedCamera(
            matrix, camera.distortion, camera.fisheye, camera=camera, rotation=self
        )

    def depth(self, depth: DepthImage) -> DepthImage:
        """The turned depth image, of any resolution; a view of the same memory."""
        return replace(depth, values=np.rot90(depth.values, -self.degrees // 90))

    def faces(self, faces: Detections) -> Detections:
        """Faces of the camera's image as faces of the turned image.

        Boxes, landmarks, positions and covariances are turned, all else is unchanged.
        """
        if not self.degrees or not len(faces):
            return faces
        x, y, w, h = faces.boxes.astype(np.float64).T
        corners = np.stack([np.stack([x, y], axis=1), np.stack([x + w, y + h], axis=1)])
        corners = self._points(corners, 0)
        matrix = self._matrix
        return faces.with_(
            boxes=np.hstack([corners.min(axis=0), np.ptp(corners, axis=0)]).astype(np.float32),
            landmarks=self._points(faces.landmarks, 0).astype(np.float32),
            positions=(faces.positions @ matrix.T).astype(np.float32),
            covariances=(matrix @ faces.covariances @ matrix.T).astype(np.float32),
        )

    def events(self, events: list[Event]) -> list[Event]:
        """Events whose faces are turned."""
        return [replace(event, face=self.faces(event.face)) for event in events]

    @property
    def up(self) -> FloatArray:
        """(3,) unit vector in the camera's optical frame: up in the turned image."""
        return np.asarray(np.array([0.0, -1.0, 0.0]) @ self._matrix)

    @property
    def _matrix(self) -> FloatArray:
        """Rotation from the camera's optical frame to that of the turned image, exactly."""
        matrix: FloatArray = np.linalg.matrix_power(QUARTER_TURN, self.degrees // 90)
        return matrix

    def _points(self, points: FloatArray, last: int) -> FloatArray:
        """Turned points (..., 2) in pixels.

        Args:
            points: in the camera's image.
            last: 0 if pixels span 0 to 1, as for boxes; 1 if their centers are at whole numbers, as
                for a camera matrix.
        """
        across, down = self.width - last, self.height - last
        offset = {0: (0, 0), 90: (down, 0), 180: (across, down), 270: (0, across)}[self.degrees]
        return np.asarray(points @ self._matrix[:2, :2].T + offset)


@dataclass(frozen=True, eq=False, kw_only=True)
class _TurnedCamera(CameraModel):
    """Calibration of a turned image; its distortion is that of the camera, which gives the rays."""

    camera: CameraModel
    rotation: ImageRotation

    def rays(self, pixels: FloatArray) -> FloatArray:
        """See ``CameraModel.rays``."""
        pixels = np.asarray(pixels, np.float64).reshape(-1, 2)
        rays = self.camera.rays(self.rotation.inverse()._points(pixels, 1))
        return rays @ self.rotation._matrix[:2, :2].T


def turned_depth(
    rotation: ImageRotation, depth: Callable[[], DepthImage | None] | None
) -> Callable[[], DepthImage | None] | None:
    """A function that returns the turned depth image of ``depth``."""
    if depth is None or not rotation.degrees:
        return depth

    def turned() -> DepthImage | None:
        found = depth()
        return None if found is None else rotation.depth(found)

    return turned
