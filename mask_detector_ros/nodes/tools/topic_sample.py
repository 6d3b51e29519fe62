# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A sample of an image topic, judged by the functions that the mask_detector node uses."""

from __future__ import annotations

import itertools
import statistics
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.images import BitDepth, ImageError, decode_message
from mask_detector_ros.perception.camera_condition import FROZEN, problem_of_all, samples
from mask_detector_ros.perception.frame_clock import stamps_problem
from mask_detector_ros.perception.stamps import NO_STAMP, clock_problem, read_stamp

KEPT = 5
"""Images of which the pixels are looked at, spread over the sample."""
MIN_IMAGES = 5
"""Fewer images do not tell whether the camera is frozen, or what their stamps do."""

MIN_STEPS, MAX_UNEVENNESS = 10, 0.1
"""Losses are estimated from at least so many steps between stamps, if the steps are multiples of
the camera's period with at most this median deviation, in periods."""

GRAY_DIFFERENCE, GRAY_FRACTION = 3, 0.999
"""Largest difference between the color channels of a gray pixel (JPEG rounds them), and fraction
of such pixels from which an image is gray."""


class ImageSample:
    """The images that arrived on a topic."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        """Monotonic seconds."""
        self._walls: list[float] = []
        """Arrivals by this computer's clock, seconds."""
        self._stamps: list[float | None] = []
        self._unusable = NO_STAMP
        self._checksums: set[int] = set()
        self._kept: list[Any] = []
        self._spacing = 1

    def __len__(self) -> int:
        return len(self.arrivals)

    def add(self, message: Any, arrival: float, wall: float) -> None:
        """Add an image message.

        Args:
            message: sensor_msgs/Image or CompressedImage.
            arrival: monotonic seconds.
            wall: this computer's clock, seconds.
        """
        stamp, reason = read_stamp(message.header.stamp.sec, message.header.stamp.nanosec)
        if stamp is None:
            self._unusable = reason
        if len(self) % self._spacing == 0:
            self._kept.append(message)
        if len(self._kept) > 2 * KEPT:
            self._kept, self._spacing = self._kept[::2], 2 * self._spacing
        self.arrivals.append(arrival)
        self._walls.append(wall)
        self._stamps.append(stamp)
        self._checksums.add(zlib.crc32(memoryview(message.data)))

    def images(self, models: Path | None = None, rotate: int = 0) -> dict[str, Any]:
        """Number, rate, size and content of the images.

        Args:
            models: folder of the models, with which faces are looked for.
            rotate: degrees clockwise by which a detector turns the images.
        """
        if not self.arrivals:
            return {"count": 0}
        first, last = self.arrivals[0], self.arrivals[-1]
        gaps = len(self) - 1
        message = self._kept[-1]
        images, problems = self._decode()
        width, height = getattr(message, "width", 0), getattr(message, "height", 0)
        if images:
            height, width = images[-1].shape[:2]
        compressed = hasattr(message, "format")
        return {
            "count": len(self),
            "rate": gaps / (last - first) if gaps and last > first else None,
            "lost": 0.0 if self.stamps_problem() else lost_fraction(self._usable_stamps()),
            "frame_id": message.header.frame_id,
            "compressed": compressed,
            "encoding": message.format if compressed else message.encoding,
            "width": width,
            "height": height,
            "looked_at": len(images) + len(problems),
            "unusable": len(problems),
            "problem": problems[-1] if problems else "",
            "content": self._content(images),
            "gray": bool(images) and all(is_gray(image) for image in images),
            "mounting": turned_faces(images[-KEPT:], models, rotate),
        }

    def _decode(self) -> tuple[list[Image], list[str]]:
        """The kept images that can be decoded, and why the others cannot."""
        images, problems = [], []
        bit_depth = BitDepth()
        for message in self._kept:
            try:
                images.append(decode_message(message, bit_depth))
            except ImageError as error:
                problems.append(str(error))
        return images, problems

    def _content(self, images: Sequence[Image]) -> str:
        problem = problem_of_all(images)
        if not problem and len(self) >= MIN_IMAGES and len(self._checksums) == 1:
            return FROZEN
        return problem

    def stamps_problem(self) -> str:
        """How stamps contradict the arrivals, or why they cannot be used; empty if all is well."""
        if not self._usable_stamps():
            return self._unusable
        if len(self) < MIN_IMAGES:
            return ""
        frames = zip(self._stamps, self.arrivals, strict=True)
        return stamps_problem(frames, self._unusable)

    def clock_problem(self, simulated: float | None) -> str:
        """What is wrong with the clock of the stamps, in words; empty if nothing is.

        Args:
            simulated: time on /clock when the last image arrived; None for the system's clock.
        """
        stamp = self._stamps[-1] if self._stamps else None
        if stamp is None:
            return ""
        if simulated is not None:
            return clock_problem(stamp, simulated, simulated=True)
        return clock_problem(stamp, self._walls[-1])

    def age(self) -> float | None:
        """Median of the images' ages on arrival by this computer's clock, seconds."""
        pairs = zip(self._stamps, self._walls, strict=True)
        ages = [wall - stamp for stamp, wall in pairs if stamp is not None]
        return statistics.median(ages) if ages else None

    def _usable_stamps(self) -> list[float]:
        return [stamp for stamp in self._stamps if stamp is not None]


def is_gray(image: Image) -> bool:
    """Whether an image, (H, W, 3) uint8 BGR, has no color."""
    grid = samples(image).astype(np.int16)
    difference = np.ptp(grid, axis=2)
    return bool(np.mean(difference <= GRAY_DIFFERENCE) >= GRAY_FRACTION)


def turned_faces(images: Sequence[Image], models: Path | None = None, rotate: int = 0) -> str:
    """The suspicion that the camera is mounted upside down or sideways; empty for none.

    Args:
        images: (H, W, 3) uint8 BGR, as the camera gives them.
        models: folder of the models.
        rotate: degrees clockwise by which a detector turns them.
    """
    from mask_detector_ros.perception.image_rotation import ImageRotation
    from mask_detector_ros.perception.models import ModelError
    from mask_detector_ros.perception.mounting import mounting_problem, suspected_rotation
    from mask_detector_ros.perception.pipeline import MaskPipeline

    try:
        pipeline = MaskPipeline(models)
    except (ModelError, FileNotFoundError):
        return ""  # the check of the models reports it
    turned = [ImageRotation(rotate, i.shape[1], i.shape[0]).image(i) for i in images]
    return mounting_problem(suspected_rotation(turned, pipeline.face_score), rotate)


def lost_fraction(stamps: Sequence[float]) -> float:
    """Fraction of a camera's images that were lost, from the stamps (s) of the others.

    0 if the stamps are too few or too irregular for an estimate.
    """
    steps = sorted(b - a for a, b in itertools.pairwise(stamps) if b > a)
    if len(steps) < MIN_STEPS:
        return 0.0
    period = steps[len(steps) // 5]  # a low quantile: the shortest steps are jitter
    periods = [max(1, round(step / period)) for step in steps]
    unevenness = [abs(step / period - n) for step, n in zip(steps, periods, strict=True)]
    if statistics.median(unevenness) > MAX_UNEVENNESS:
        return 0.0
    return 1.0 - len(steps) / sum(periods)
