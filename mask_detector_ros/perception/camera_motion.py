# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ego-rotation of the camera between images, and scene cuts, estimated from whole images.

Phase correlation (Kuglin & Hines, 1975, "The Phase Correlation Image Alignment Method") of
images projected onto a cylinder around the camera, where a rotation shifts everything alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image

# Chosen on rendered rooms with known rotations (docs/tracking.md).
SIZE_PX = (128, 96)
"""Width and height at which images are compared."""
DEFAULT_FOCAL = 0.73
"""Focal length of an uncalibrated camera in image widths: a field of view of 69 degrees."""
CONTRAST_WINDOW_PX = 9
"""Side of the neighborhood used for local contrast normalization, pixels of ``SIZE_PX``."""
NOISE_LEVEL = 2.0
"""Gray levels of contrast that may be noise."""
BODY_HALF_WIDTH = 2.0
"""Half the width of a person, in face widths."""
HEAD_TOP = 0.6
"""How far a person extends above the face box, in face heights."""
MIN_SCENE_FRACTION = 0.4
"""Fraction of the image, weighted toward its center, that must be free of people."""
MIN_RESPONSE = 0.2
"""Correlation response below which the images do not show the same scene."""
MAX_SHIFT = 0.4
"""Largest shift in image widths; larger ones are chance."""
MAX_INTERVAL_S = 0.7
"""Longest time between two images that are compared."""
CALM_RATE_RAD_S, CUT_INTERVAL_S = 0.3, 0.25
"""A scene cut needs a preceding rotation no faster and an interval no longer than these: after
them the camera cannot have turned to another scene."""
MIN_SIMILARITY = 0.7
"""Correlation of two coarse images below which they may show different scenes."""
MAX_LIGHT_RATIO = 2.0
"""Largest ratio of brightness or contrast that is no change of the light."""
COARSE_SIZE_PX = (16, 12)
"""Width and height at which images are compared for similarity."""
ROTATION_MEMORY_S = 0.5
"""How long the last ego-rotation is extrapolated when it cannot be estimated any more."""
MAX_ANGLE_RAD = 1.3
"""Angle off the optical axis beyond which nothing is shifted."""


@dataclass(frozen=True)
class EgoRotation:
    """A rotation of the camera, and its effect on the image.

    Attributes:
        pan: radians by which the image moved to the right, the camera having turned left.
        tilt: radians by which it moved down.
        seconds: duration of the rotation.
        focal: focal length in pixels.
        center: x of the optical axis in pixels.
    """

    pan: float
    tilt: float
    seconds: float
    focal: float
    center: float

    def scaled_to(self, seconds: float) -> EgoRotation:
        """The rotation at the same rate over another duration."""
        factor = seconds / self.seconds
        return replace(self, pan=factor * self.pan, tilt=factor * self.tilt, seconds=seconds)

    def shift(self, x: float) -> tuple[float, float]:
        """Shift, right and down in pixels, of what was at column ``x``."""
        angle = math.atan((x - self.center) / self.focal) + self.pan
        angle = min(max(angle, -MAX_ANGLE_RAD), MAX_ANGLE_RAD)
        return self.center + self.focal * math.tan(angle) - x, self.focal * self.tilt


class RotationMemory:
    """The last ego-rotation; a robot does not stop turning at once."""

    def __init__(self) -> None:
        self._last: EgoRotation | None = None
        self._stamp = 0.0

    def forget(self) -> None:
        """Extrapolate nothing."""
        self._last = None

    def update(self, rotation: EgoRotation | None, stamp: float) -> None:
        """Note the rotation up to a frame, if it could be estimated."""
        if rotation is not None:
            self._last, self._stamp = rotation, stamp

    def since(
        self, rotation: EgoRotation | None, stamp: float, elapsed: float
    ) -> EgoRotation | None:
        """``rotation``; without it the last one, if recent, over ``elapsed`` seconds."""
        if rotation is not None or self._last is None:
            return rotation
        recent = stamp - self._stamp <= ROTATION_MEMORY_S
        return self._last.scaled_to(elapsed) if recent else None


class SceneCut:
    """The image shows another scene: an edited video, or another camera on the topic."""


class CameraMotion:
    """Compares every image with the one before.

    Local contrast is normalized, so that weak texture counts as much as strong edges, and
    people with a detected face are masked out, since they move independently.
    """

    def __init__(self) -> None:
        self._window = cv2.createHanningWindow(SIZE_PX, cv2.CV_32F)
        self._camera: tuple[int, int, float] | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the last image."""
        self._last: FloatArray | None = None
        self._coarse: FloatArray | None = None
        self._calm = False
        self._stamp = -math.inf

    def estimate(
        self, image: Image, stamp: float, faces: FloatArray, focal: float | None = None
    ) -> EgoRotation | SceneCut | None:
        """Motion of the camera since the last image; None if it cannot be estimated.

        Args:
            image: (H, W, 3) uint8 BGR.
            stamp: its stamp in seconds.
            faces: (N, 4) xywh, the faces in it.
            focal: focal length in pixels, if known.
        """
        height, width = image.shape[:2]
        camera = (width, height, focal or DEFAULT_FOCAL * width)
        if camera != self._camera:
            self.reset()
            self._prepare_projection(*camera)
        last, elapsed, calm, before = self._last, stamp - self._stamp, self._calm, self._coarse
        scene = self._scene(image, faces)
        self._last, self._stamp, self._calm = scene, stamp, False
        if last is None or scene is None or not 0.0 < elapsed <= MAX_INTERVAL_S:
            return None
        (across, down), response = cv2.phaseCorrelate(last, scene, self._window)
        if not response >= MIN_RESPONSE:
            possible = calm and elapsed <= CUT_INTERVAL_S
            return SceneCut() if possible and _differ(before, self._coarse) else None
        if abs(across) > MAX_SHIFT * SIZE_PX[0]:
            return None
        pan, tilt = across * self._step, down * height / SIZE_PX[1] / self._focal
        self._calm = abs(pan) <= CALM_RATE_RAD_S * elapsed
        return EgoRotation(pan, tilt, elapsed, self._focal, self._center)

    def _prepare_projection(self, width: int, height: int, focal: float) -> None:
        """Compute the image pixel for every pixel of the cylinder, at twice ``SIZE_PX``."""
        self._camera = (width, height, focal)
        self._focal, self._center = focal, (width - 1) / 2
        self._edge = math.atan(width / 2 / focal)
        self._step = 2 * self._edge / SIZE_PX[0]
        across, down = (np.arange(2 * n) + 0.5 for n in SIZE_PX)
        x = self._center + focal * np.tan(across * self._step / 2 - self._edge)
        y = down * height / (2 * SIZE_PX[1]) - 0.5
        self._pixels = np.round(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.int16)

    def _scene(self, image: Image, faces: FloatArray) -> FloatArray | None:
        """The image to compare: (H, W) of ``SIZE_PX``, zero mean, normalized contrast.

        None if it is blank or mostly covered by people.
        """
        # Nearest-neighbor sampling at twice the size, then averaging: as good as
        # interpolation, and faster.
        projected = cv2.remap(image, self._pixels, np.zeros(0, np.uint16), cv2.INTER_NEAREST)
        gray = cv2.resize(
            cv2.cvtColor(projected, cv2.COLOR_BGR2GRAY), SIZE_PX, interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        self._coarse = cv2.resize(gray, COARSE_SIZE_PX, interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        scene = np.ones_like(gray)
        for x, y, w, h in faces.tolist():
            sides = (-BODY_HALF_WIDTH, BODY_HALF_WIDTH)
            left, right = (self._column(x + w / 2 + side * w) for side in sides)
            top = max(0, int((y - HEAD_TOP * h) * SIZE_PX[1] / image.shape[0]))
            scene[top:, left:right] = 0.0
        if (scene * self._window).sum() < MIN_SCENE_FRACTION * self._window.sum():
            return None
        window = (CONTRAST_WINDOW_PX, CONTRAST_WINDOW_PX)
        coverage = np.maximum(cv2.blur(scene, window), 1e-3)
        detail: FloatArray = (gray - cv2.blur(gray * scene, window) / coverage) * scene
        if np.abs(detail).max() < 1.0:  # blank, without even noise
            return None
        variance = cv2.blur(detail * detail, window) / coverage
        normalized: FloatArray = detail / np.sqrt(variance + NOISE_LEVEL**2)
        return normalized

    def _column(self, x: float) -> int:
        """The column of the cylinder for column ``x`` of the image."""
        angle = math.atan((x - self._center) / self._focal) + self._edge
        return min(max(round(angle / self._step), 0), SIZE_PX[0])


def _differ(before: FloatArray | None, now: FloatArray | None) -> bool:
    """Whether two coarse images are equally well lit and still not alike."""
    if before is None or now is None:
        return False
    levels = ((before.mean(), now.mean()), (before.std(), now.std()))
    if any(max(pair) > MAX_LIGHT_RATIO * min(pair) for pair in levels):
        return False
    return bool(np.corrcoef(before.ravel(), now.ravel())[0, 1] < MIN_SIMILARITY)
