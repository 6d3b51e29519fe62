# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Far faces are detected twice before they are reported: in a tile, then enlarged in a region.

Small round things, such as lights out of focus, resemble small faces. A face counts with the mean
of both scores; where a tracked person is expected, one detection is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.far_regions import (
    REGION_DEVIATIONS,
    REGION_MARGIN,
    ExpectedFaces,
)
from mask_detector_ros.perception.types import Detections

MAX_WAIT_FRAMES = 4
"""Frames after which a candidate that got no region is forgotten; the next sweep finds it again."""
MAX_SIZE_RATIO = 1.6
"""Largest ratio of the widths of two boxes of one far face."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Faces found in a tile, until a region shows them; C of them, best score of a tile first.

    Attributes:
        boxes: (C, 4) xywh pixels of the image.
        scores: (C,) in the tile.
        waited: (C,) frames without a region.
    """

    boxes: FloatArray
    scores: FloatArray
    waited: IntArray

    @classmethod
    def of(cls, faces: Detections) -> Candidates:
        """From faces found in a tile."""
        return cls(faces.boxes.astype(np.float64), faces.scores, np.zeros(len(faces), np.int64))

    @classmethod
    def none(cls) -> Candidates:
        """No candidates."""
        return cls.of(Detections.empty())

    def next(self, shown: BoolArray, faces: Detections) -> Candidates:
        """The candidates of the next frame.

        Args:
            shown: (C,) which of these a region showed; the others are kept for some time.
            faces: new ones.
        """
        kept = ~shown & (self.waited + 1 < MAX_WAIT_FRAMES)
        new = Candidates.of(faces)
        return Candidates(
            np.concatenate([self.boxes[kept], new.boxes]),
            np.concatenate([self.scores[kept], new.scores]),
            np.concatenate([self.waited[kept] + 1, new.waited]),
        )


def judge(
    found: Detections,
    in_tile: BoolArray,
    expected: ExpectedFaces,
    candidates: Candidates,
    threshold: float,
) -> tuple[Detections, BoolArray]:
    """Scores of far faces from both detections.

    Args:
        found: N faces in a tile and in regions.
        in_tile: (N,) which of them were found in the tile.
        expected: the tracked faces.
        candidates: of the last frames.
        threshold: score from which faces are reported.

    Returns:
        The faces: those of tracked people with their own score, those of candidates in a region
        with the mean of both scores, the others at most with a score just below the threshold;
        and (N,) which of them are new in the tile.
    """
    margins = REGION_DEVIATIONS * expected.deviations
    tracked = _same(found.boxes, expected.boxes, margins).any(axis=1)
    again = _same(found.boxes, candidates.boxes, np.zeros(len(candidates.boxes)))
    before = np.where(again, candidates.scores, -1.0).max(axis=1, initial=-1.0)
    second = (before >= 0) & ~in_tile
    means = np.where(second, (found.scores + before) / 2, found.scores)
    below = float(np.nextafter(np.float32(threshold), np.float32(0)))
    single = np.where(second, means, np.minimum(found.scores, below))
    scores = np.where(tracked, found.scores, single).astype(np.float32)
    return found.with_(scores=scores), np.asarray(in_tile & ~tracked)


def _same(boxes: FloatArray, others: FloatArray, margins: FloatArray) -> BoolArray:
    """Which boxes (N, 4) may be the same face as others (M, 4): (N, M).

    Args:
        boxes: xywh.
        others: xywh.
        margins: (M,) distances of centers that are allowed, pixels; at least that of a region.
    """
    apart = (boxes[:, None, :2] + boxes[:, None, 2:] / 2) - (others[:, :2] + others[:, 2:] / 2)
    sizes = np.sqrt(np.prod(others[:, 2:], axis=1))
    near = np.linalg.norm(apart, axis=2) <= np.maximum(REGION_MARGIN * sizes, margins)
    ratio = boxes[:, None, 2] / others[:, 2]
    return np.asarray(near & (ratio <= MAX_SIZE_RATIO) & (ratio >= 1 / MAX_SIZE_RATIO))
