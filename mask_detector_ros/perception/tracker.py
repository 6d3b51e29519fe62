# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes over time become persons: greedy overlap with where each is expected to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mask_detector_ros.perception.geometry import iou_matrix
from mask_detector_ros.perception.settings import TrackerSettings
from mask_detector_ros.perception.types import NO_ID, Detections, FloatArray, IntArray

VELOCITY_GAIN = 0.4
"""Share of a newly measured velocity that is taken over; the rest is memory."""


@dataclass
class Track:
    """One followed face. Times are the frames' stamps in seconds."""

    number: int
    box: FloatArray
    first_seen: float
    last_seen: float
    velocity: FloatArray
    hits: int = 1
    id: int = NO_ID

    def expected(self, stamp: float) -> FloatArray:
        """Where the box should be by now, xywh."""
        return self.box + self.velocity * (stamp - self.last_seen)

    def match(self, box: FloatArray, stamp: float) -> None:
        """Take a new box in."""
        elapsed = stamp - self.last_seen
        if elapsed > 0:
            measured = (box - self.box) / elapsed
            measured[2:] = 0.0  # sizes jitter more than they grow
            self.velocity += VELOCITY_GAIN * (measured - self.velocity)
        self.box = box
        self.last_seen = stamp
        self.hits += 1


class Tracker:
    """Follows faces from frame to frame. Frames without faces age the tracks, too."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next_number = 1
        self._next_id = 1

    def reset(self) -> None:
        """Forget everyone. Ids are not used again."""
        self._tracks = []

    def update(
        self, faces: Detections, stamp: float, settings: TrackerSettings
    ) -> tuple[list[Track], list[Track]]:
        """Take in one frame.

        Args:
            faces: the frame's faces, none allowed.
            stamp: the frame's time in seconds, not before the last one.

        Returns:
            The track of every face, row by row, and the tracks that were lost.
        """
        pairs = self._assign(faces.boxes, stamp, settings.min_iou)
        of_face: list[Track] = []
        for row, box in enumerate(np.asarray(faces.boxes, np.float32)):
            track = pairs.get(row)
            if track is None:
                track = Track(
                    self._next_number, box, stamp, stamp, velocity=np.zeros(4, np.float32)
                )
                self._next_number += 1
                self._tracks.append(track)
            else:
                track.match(box, stamp)
            if track.id == NO_ID and track.hits >= settings.confirm_frames:
                track.id = self._next_id
                self._next_id += 1
            of_face.append(track)
        lost = [t for t in self._tracks if stamp - t.last_seen > settings.lost_after]
        self._tracks = [t for t in self._tracks if stamp - t.last_seen <= settings.lost_after]
        return of_face, lost

    def _assign(self, boxes: FloatArray, stamp: float, min_iou: float) -> dict[int, Track]:
        """Pair faces (rows) with tracks, best overlap first; each is used once."""
        if not self._tracks or len(boxes) == 0:
            return {}
        overlaps = iou_matrix(boxes, np.stack([t.expected(stamp) for t in self._tracks]))
        pairs: dict[int, Track] = {}
        taken: set[int] = set()
        order: IntArray = np.argsort(-overlaps, axis=None, kind="stable")
        for row, column in zip(*np.unravel_index(order, overlaps.shape), strict=True):
            if overlaps[row, column] < min_iou:
                break
            if int(row) not in pairs and int(column) not in taken:
                pairs[int(row)] = self._tracks[int(column)]
                taken.add(int(column))
        return pairs
