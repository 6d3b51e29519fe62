# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Notices a camera whose images show nothing: covered, overexposed, without light or frozen.

Faces are never found in such images, so that without this check a broken camera looks like an
empty room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image

SAMPLES_PX = 64
"""About this many samples along the longer side of an image are looked at."""
BLACK_LEVEL, DARK_LEVEL, WHITE_LEVEL = 20.0, 14.0, 245.0
"""Gray levels of 255: the 99th percentile of black, the mean of dark, and saturated pixels."""
SATURATED_FRACTION = 0.8
UNIFORM_RANGE = 8.0
"""Difference between the 1st and the 99th percentile in each color channel. Sensor noise alone
stays below it; each of 900 training scenes has more than 130."""

PERIOD_S = 1.0
"""Time between two images that are looked at."""
CONFIRMATIONS = 3
"""Images in a row with the same problem before it is reported."""
FROZEN_AFTER_S = 10.0
"""Identical images for this long are reported. The noise of a sensor changes every image, even
of a scene in which nothing moves; a simulated camera without noise does not."""

BLACK = "images are black: the lens is covered, there is no light, or the exposure is too short"
WHITE = "images are overexposed: most pixels are white; reduce exposure or gain"
DARK = "images are very dark: faces are missed; add light or increase exposure or gain"
UNIFORM = (
    "images show one uniform color: the lens is covered, the camera has no signal, or it faces a "
    "blank wall at close range"
)
FROZEN = "images are identical to the last bit: the camera is frozen, or a still image is published"


def samples(image: Image) -> Image:
    """A grid of unfiltered pixels of an image, as (h, w, 3) uint8 with about 64 x 48 pixels."""
    height, width = image.shape[:2]
    step = max(1, max(height, width) // SAMPLES_PX)
    return image[min(step, height) // 2 :: step, min(step, width) // 2 :: step]


def problem_of(image: Image) -> str:
    """What makes an image useless, in words; empty if nothing does.

    Args:
        image: (H, W, 3) uint8 BGR.
    """
    grid = np.ascontiguousarray(samples(image))
    gray = np.asarray(cv2.cvtColor(grid, cv2.COLOR_BGR2GRAY), np.uint8)
    if _range(gray.reshape(-1, 1))[1] < BLACK_LEVEL:
        return BLACK
    if np.mean(gray >= WHITE_LEVEL) > SATURATED_FRACTION:
        return WHITE
    low, high = _range(grid.reshape(-1, 3))
    if np.max(high - low) < UNIFORM_RANGE:
        return UNIFORM
    return DARK if gray.mean() < DARK_LEVEL else ""


def _range(values: Image) -> tuple[FloatArray, FloatArray]:
    """1st and 99th percentile of each column of (N, C) values."""
    ordered = np.sort(values, axis=0).astype(np.float64)
    cut = len(ordered) // 100
    return ordered[cut], ordered[-1 - cut]


def problem_of_all(images: Iterable[Image]) -> str:
    """The problem that all images share, in words; empty if there is none or no image."""
    found = {problem_of(image) for image in images}
    return found.pop() if len(found) == 1 else ""


class SharedProblem:
    """The problem that all images of a recording share. Looks at one image per second of it."""

    def __init__(self) -> None:
        self._found: set[str] = set()
        self._next_at = -np.inf
        self._first: Image | None = None
        self._unchanged, self._span_s = True, 0.0
        self._started_at = 0.0

    def add(self, image: Image, seconds: float | None) -> None:
        """Look at an image, if it is time to.

        Args:
            image: (H, W, 3) uint8 BGR.
            seconds: of the recording; None for an independent image, which is always looked at.
        """
        if seconds is not None:
            if seconds < self._next_at:
                return
            self._next_at = seconds + PERIOD_S
        self._found.add(problem_of(image))
        grid = samples(image)
        if self._first is None:
            self._first, self._started_at = grid.copy(), seconds or 0.0
        self._unchanged &= np.array_equal(grid, self._first)
        self._span_s = (seconds or 0.0) - self._started_at

    @property
    def problem(self) -> str:
        """In words; empty if there is none, or no image."""
        if len(self._found) != 1:
            return ""
        (problem,) = self._found
        frozen = self._unchanged and self._span_s >= FROZEN_AFTER_S
        return problem or (FROZEN if frozen else "")


class CameraCondition:
    """Follows the images of a camera and says what is wrong with them.

    Looks at one image per second; ``problem`` is set after three such images in a row.
    """

    def __init__(self) -> None:
        self.problem = ""
        """What is wrong, in words; empty if nothing is."""
        self._next_at = -np.inf
        self._recent: deque[str] = deque(maxlen=CONFIRMATIONS)
        self._last: Image | None = None
        self._unchanged_since = 0.0

    def update(self, image: Image, seconds: float) -> None:
        """Look at an image, if it is time to.

        Args:
            image: (H, W, 3) uint8 BGR.
            seconds: arrival of the image on a clock that never goes back.
        """
        if seconds < self._next_at:
            return
        self._next_at = seconds + PERIOD_S
        grid = samples(image)
        if self._last is None or not np.array_equal(grid, self._last):
            self._last, self._unchanged_since = grid.copy(), seconds
        self._recent.append(problem_of(image))
        lasting = len(self._recent) == CONFIRMATIONS and len(set(self._recent)) == 1
        self.problem = self._recent[-1] if lasting else ""
        if not self.problem and seconds - self._unchanged_since >= FROZEN_AFTER_S:
            self.problem = FROZEN
