# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Large labeled frames, composed of labeled scenes at their own resolution.

Labeled scenes are small images. Side by side they fill frames of a camera with many pixels, whose
faces have the widths that far people have there. A sequence shows such a composition under a
camera that pans slowly, with sensor noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.predictions import ignored_faces

FRAME_SIZE = (1920, 1080)
BACKGROUND = 114
"""Gray level between the scenes."""
PAN_PX = np.array([2, 1])
"""Movement of the camera from frame to frame, right and down."""
NOISE_LEVELS = 2.0
"""Standard deviation of the sensor noise, gray levels."""


@dataclass(frozen=True, eq=False)
class LargeFrames:
    """A sequence of large frames.

    Attributes:
        size: width and height of a frame.
        count: number of frames.
        canvas: what the camera pans over, (H, W, 3) uint8 BGR.
        boxes: (T, 4) labeled faces, xywh pixels of the canvas.
        ignored: (T,) faces that do not count: those of ``ignored_faces``, and those that are not
            whole in every frame.
    """

    size: tuple[int, int]
    count: int
    canvas: Image
    boxes: FloatArray
    ignored: BoolArray

    def __iter__(self) -> Iterator[tuple[Image, FloatArray]]:
        """Each frame, with the boxes in its pixels; the same noise in every iteration."""
        random = np.random.default_rng(0)
        width, height = self.size
        noise = random.normal(0.0, NOISE_LEVELS, self.canvas.shape).astype(np.int16)
        for number in range(self.count):
            x, y = PAN_PX * number
            part = self.canvas[y : y + height, x : x + width]
            grain = np.roll(noise, int(random.integers(0, width)), axis=1)[:height, :width]
            boxes = self.boxes - np.array([x, y, 0, 0])
            yield np.clip(part + grain, 0, 255).astype(np.uint8), boxes


def compose(
    records: Sequence[Record], size: tuple[int, int] = FRAME_SIZE, count: int = 30
) -> Iterator[LargeFrames]:
    """Compose sequences of all scenes, row by row, the highest scenes first.

    Args:
        records: labeled scenes; those larger than a frame are left out.
        size: width and height of the frames.
        count: number of frames of each sequence.
    """
    width, height = np.array(size) + PAN_PX * (count - 1)
    waiting = sorted(records, key=lambda record: (-record.size[1], record.key))
    waiting = [r for r in waiting if r.size[0] <= size[0] and 0 < r.size[1] <= size[1]]
    while waiting:
        placed: list[tuple[Record, int, int]] = []
        top = 0
        while waiting and top + waiting[0].size[1] <= height:
            row_height, left = waiting[0].size[1], 0
            for record in list(waiting):
                if left + record.size[0] <= width:
                    placed.append((record, left, top))
                    waiting.remove(record)
                    left += record.size[0]
            top += row_height
        yield _sequence(placed, size, count)


def _sequence(
    placed: Sequence[tuple[Record, int, int]], size: tuple[int, int], count: int
) -> LargeFrames:
    pan = PAN_PX * (count - 1)
    width, height = np.array(size) + pan
    canvas = np.full((height, width, 3), BACKGROUND, np.uint8)
    for record, left, top in placed:
        canvas[top : top + record.size[1], left : left + record.size[0]] = record.load()
    boxes = [record.boxes + np.array([left, top, 0, 0]) for record, left, top in placed]
    together = np.concatenate([np.zeros((0, 4)), *boxes])
    starts, ends = together[:, :2], together[:, :2] + together[:, 2:]
    cut = ((starts < pan) | (ends > size)).any(axis=1)
    ignored = np.concatenate([np.zeros(0, bool), *(ignored_faces(record) for record, *_ in placed)])
    return LargeFrames(size, count, canvas, together, ignored | cut)
