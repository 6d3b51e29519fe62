# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the camera turned from one picture to the next, told from the pictures as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mask_detector_ros.perception.types import FloatArray, Image

# Chosen on rendered rooms whose true turns are known (docs/people.md).
SIZE = (128, 96)
"""Width and height that pictures are compared at, pixels."""
FOCAL = 0.73
"""Focal length of an unknown camera in picture widths: a field of view of 69 degrees."""
AROUND = 9
"""Side of the surroundings by whose contrast each pixel is levelled, pixels of ``SIZE``."""
NOISE = 2.0
"""Gray levels of contrast that may be nothing but noise."""
BODY = 2.0
"""Half the width of a person, in face widths."""
HAIR = 0.6
"""How far a person reaches above a face, in face heights."""
LEAST_SCENE = 0.4
"""Part of the picture, its middle counting most, that people must leave free."""
LEAST_RESPONSE = 0.2
"""Below this, too little of the one picture is found again in the other."""
FARTHEST = 0.4
"""Part of the width by which a picture may have moved; what is beyond is chance."""
LONGEST = 0.7
"""Seconds between two pictures that are still compared."""
CALM, SOON = 0.3, 0.25
"""Radians per second and seconds: from a turn no quicker than this, no robot can have turned to
something else altogether after so short a time."""
ALIKE = 0.7
"""Correlation of two pictures, as they are, below which they may show different places."""
LIT_ALIKE = 2.0
"""Most by which brightness and contrast differ where the light did not merely change."""
COARSE = (16, 12)
"""Width and height at which pictures are compared as they are."""
STEEPEST = 1.3
"""Radians off the camera's axis beyond which nothing is carried."""


@dataclass(frozen=True)
class Turn:
    """A turn of the camera, and what it does to the picture.

    Attributes:
        pan: radians by which everything moved to the right, the camera having turned left.
        tilt: the same downwards.
        seconds: how long it took.
        focal: focal length in pixels.
        center: x of the camera's axis in pixels.
    """

    pan: float
    tilt: float
    seconds: float
    focal: float
    center: float

    def over(self, seconds: float) -> Turn:
        """The turn that as quick a one makes in another time."""
        part = seconds / self.seconds
        return replace(self, pan=part * self.pan, tilt=part * self.tilt, seconds=seconds)

    def shift(self, x: float) -> tuple[float, float]:
        """By how much what was at ``x`` moved to the right and down, pixels."""
        angle = math.atan((x - self.center) / self.focal) + self.pan
        angle = min(max(angle, -STEEPEST), STEEPEST)
        return self.center + self.focal * math.tan(angle) - x, self.focal * self.tilt


class Cut:
    """The picture shows another place: a film was cut, or another camera took over."""


class CameraMotion:
    """Compares every picture with the one before.

    Pictures are laid on a cylinder around the camera, where a turn shifts everything alike.
    Contrast is levelled, so that the faint lines of a wall count as much as a bright coat, and
    people whose faces were found are blotted out, since they move by themselves. Phase
    correlation then finds the shift that most of the rest agrees on.
    """

    def __init__(self) -> None:
        self._window = cv2.createHanningWindow(SIZE, cv2.CV_32F)
        self._view: tuple[int, int, float] | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the last picture."""
        self._last: FloatArray | None = None
        self._coarse: FloatArray | None = None
        self._calm = False
        self._stamp = -math.inf

    def measure(
        self, image: Image, stamp: float, faces: FloatArray, focal: float | None = None
    ) -> Turn | Cut | None:
        """What the camera did since the last picture; None where it cannot be told.

        Args:
            image: (H, W, 3) uint8 BGR.
            stamp: its time in seconds.
            faces: (N, 4) xywh, the faces in it.
            focal: focal length in pixels, if it is known.
        """
        height, width = image.shape[:2]
        view = (width, height, focal or FOCAL * width)
        if view != self._view:
            self.reset()
            self._lay_out(*view)
        last, elapsed, calm, before = self._last, stamp - self._stamp, self._calm, self._coarse
        scene = self._scene(image, faces)
        self._last, self._stamp, self._calm = scene, stamp, False
        if last is None or scene is None or not 0.0 < elapsed <= LONGEST:
            return None
        (across, down), response = cv2.phaseCorrelate(last, scene, self._window)
        if not response >= LEAST_RESPONSE:
            surprising = calm and elapsed <= SOON
            return Cut() if surprising and _elsewhere(before, self._coarse) else None
        if abs(across) > FARTHEST * SIZE[0]:
            return None
        pan, tilt = across * self._step, down * height / SIZE[1] / self._focal
        self._calm = abs(pan) <= CALM * elapsed
        return Turn(pan, tilt, elapsed, self._focal, self._center)

    def _lay_out(self, width: int, height: int, focal: float) -> None:
        """Where on the picture every pixel of the cylinder lies, at twice ``SIZE``."""
        self._view = (width, height, focal)
        self._focal, self._center = focal, (width - 1) / 2
        self._edge = math.atan(width / 2 / focal)
        self._step = 2 * self._edge / SIZE[0]
        across, down = (np.arange(2 * n) + 0.5 for n in SIZE)
        x = self._center + focal * np.tan(across * self._step / 2 - self._edge)
        y = down * height / (2 * SIZE[1]) - 0.5
        self._places = np.round(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.int16)

    def _scene(self, image: Image, faces: FloatArray) -> FloatArray | None:
        """What may be compared of a picture: (H, W) of ``SIZE``, of mean 0 and like contrast.

        None where it is blank, or people fill it.
        """
        # Four of the nearest pixels for one are as good as anything finer, and faster.
        laid = cv2.remap(image, self._places, np.zeros(0, np.uint16), cv2.INTER_NEAREST)
        gray = cv2.resize(
            cv2.cvtColor(laid, cv2.COLOR_BGR2GRAY), SIZE, interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        self._coarse = cv2.resize(gray, COARSE, interpolation=cv2.INTER_AREA)
        scene = np.ones_like(gray)
        for x, y, w, h in faces.tolist():
            left, right = (self._column(x + w / 2 + side * w) for side in (-BODY, BODY))
            top = max(0, int((y - HAIR * h) * SIZE[1] / image.shape[0]))
            scene[top:, left:right] = 0.0
        if (scene * self._window).sum() < LEAST_SCENE * self._window.sum():
            return None
        part = np.maximum(cv2.blur(scene, (AROUND, AROUND)), 1e-3)
        detail = (gray - cv2.blur(gray * scene, (AROUND, AROUND)) / part) * scene
        if np.abs(detail).max() < 1.0:  # not even noise
            return None
        return detail / np.sqrt(cv2.blur(detail * detail, (AROUND, AROUND)) / part + NOISE**2)

    def _column(self, x: float) -> int:
        """The column of the cylinder in which ``x`` of the picture lies."""
        angle = math.atan((x - self._center) / self._focal) + self._edge
        return min(max(round(angle / self._step), 0), SIZE[0])


def _elsewhere(before: FloatArray | None, now: FloatArray | None) -> bool:
    """Whether two pictures of ``COARSE`` are equally well lit and still unlike each other."""
    if before is None or now is None:
        return False
    levels = ((before.mean(), now.mean()), (before.std(), now.std()))
    if any(max(pair) > LIT_ALIKE * min(pair) for pair in levels):
        return False
    return bool(np.corrcoef(before.ravel(), now.ravel())[0, 1] < ALIKE)
