# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes over time become persons: predicted, matched in two stages, whatever the camera does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mask_detector_ros.perception.camera_motion import Cut, Turn
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.filters import BoxFilter, centers, distances
from mask_detector_ros.perception.pipeline_settings import TrackerSettings
from mask_detector_ros.perception.types import NO_ID, Detections, FloatArray, IntArray

REACH, REACH_RATE = 0.5, 6.0
"""How far off a face may be at most, in box sizes, and how much more per second unseen."""
TURNS_ON = 0.5
"""Seconds for which a turn that cannot be told any more is expected to go on."""
SAME_FACE = 0.3
"""A weak box that overlaps a confident one this much is that face once more."""
WITHIN, LATELY = 0.8, 0.3
"""Who is covered this much by where somebody was expected so many seconds ago is that person."""


@dataclass(eq=False)
class Track:
    """One followed face. Times are the frames' stamps in seconds."""

    number: int
    motion: BoxFilter
    first_seen: float
    last_seen: float
    hits: int = 1
    id: int = NO_ID
    unseen: float = 0.0
    """Seconds since the last face."""


@dataclass(frozen=True)
class Followed:
    """What one frame means for the tracks."""

    rows: list[int]
    """The faces that belong to a track: all confident ones, weak ones of known people."""
    tracks: list[Track]
    """The track of each of them."""
    lost: list[Track] = field(default_factory=list)
    """Those that were given up."""


class Tracker:
    """Follows faces from frame to frame. Frames without faces age the tracks, too."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next_number = 1
        self._next_id = 1
        self._stamp: float | None = None
        self._turn: Turn | None = None
        self._turned = 0.0

    def reset(self) -> None:
        """Forget everyone. Ids are not used again."""
        self._tracks = []
        self._stamp = None
        self._turn = None

    def update(
        self,
        faces: Detections,
        stamp: float,
        settings: TrackerSettings,
        confident: Sequence[bool] | FloatArray | None = None,
        turn: Turn | Cut | None = None,
    ) -> Followed:
        """Take in one frame.

        Args:
            faces: the frame's faces, none allowed.
            stamp: the frame's time in seconds, not before the last one.
            confident: (N,) which of them surely are faces; the others are looked at only to
                find people again who are followed already. None for all of them.
            turn: of the camera since the last frame; None where it is not known. After a cut
                everyone is lost, and whoever is in sight is somebody else.
        """
        elapsed = 0.0 if self._stamp is None else stamp - self._stamp
        self._stamp = stamp
        ended: list[Track] = []
        if isinstance(turn, Cut):
            ended, self._tracks, self._turn = self._tracks, [], None
        elif settings.camera_motion:
            self._turn_camera(turn, stamp, elapsed)
        for track in self._tracks:
            track.motion.advance(elapsed)
            track.unseen = stamp - track.last_seen
        # Before anyone is matched: after a gap without frames nobody takes over a stranger's id.
        ended += [t for t in self._tracks if t.unseen > 2 * settings.lost_after]
        self._tracks = [t for t in self._tracks if t not in ended]
        sure = np.ones(len(faces), bool) if confident is None else np.asarray(confident, bool)
        pairs = self._match(faces.boxes, sure, settings)
        for row, track in pairs.items():
            track.motion.update(faces.boxes[row])
            track.last_seen = stamp
            track.hits += 1
        for row in np.flatnonzero(sure).tolist():
            if row not in pairs:
                pairs[row] = Track(self._next_number, BoxFilter(faces.boxes[row]), stamp, stamp)
                self._next_number += 1
                self._tracks.append(pairs[row])
        ended += self._confirm(faces.boxes, pairs, settings)
        rows = sorted(pairs)
        lost = [t for t in self._tracks if stamp - t.last_seen > _patience(t, settings)]
        self._tracks = [t for t in self._tracks if t not in lost]
        return Followed(rows, [pairs[row] for row in rows], ended + lost)

    def _match(
        self, boxes: FloatArray, sure: FloatArray, settings: TrackerSettings
    ) -> dict[int, Track]:
        """Pair faces (rows) with tracks: the confident ones first, then the weak ones."""
        if not self._tracks or len(boxes) == 0:
            return {}
        faces = centers(boxes)
        rows = np.flatnonzero(sure)
        pairs = _pair(rows, faces, self._tracks, settings.gate)
        weak = np.flatnonzero(~sure)
        known = [t for t in self._tracks if t.id != NO_ID and t not in pairs.values()]
        if settings.weak_boxes and known and len(weak):
            if len(rows):
                weak = weak[iou_matrix(boxes[weak], boxes[rows]).max(axis=1) < SAME_FACE]
            pairs |= _pair(weak, faces, known, settings.weak_gate)
        return pairs

    def _confirm(
        self, boxes: FloatArray, pairs: dict[int, Track], settings: TrackerSettings
    ) -> list[Track]:
        """Give ids to those who were seen often enough, and not within another's face.

        A detector that puts now a large box on a face and now a small one makes two tracks of
        it. When the known one goes without, the other is that person, not a new one.

        Returns:
            The tracks that went over into another.
        """
        known = [row for row, track in pairs.items() if track.id != NO_ID]
        seen = set(pairs.values())
        missing = [t for t in self._tracks if t.id != NO_ID and t not in seen]
        missing = [t for t in missing if t.unseen <= LATELY]
        ended: list[Track] = []
        for row, track in sorted(pairs.items(), key=lambda pair: pair[0]):
            if track.id != NO_ID or track.hits < settings.confirm_frames:
                continue
            if known and iou_matrix(boxes[row], boxes[known]).max() >= SAME_FACE:
                continue
            known.append(row)
            same = _same_face(boxes[row], missing)
            if same is None:
                track.id = self._next_id
                self._next_id += 1
                continue
            missing.remove(same)
            same.motion, same.last_seen = track.motion, track.last_seen
            same.hits += 1
            pairs[row] = same
            self._tracks.remove(track)
            if track.hits > 1:  # else nobody was told of it
                ended.append(track)
        return ended

    def _turn_camera(self, turn: Turn | None, stamp: float, elapsed: float) -> None:
        """Carry everyone along with the picture, so that speeds are those within the scene.

        A robot does not stop turning at once: for a moment in which its turn cannot be told it
        is expected to go on.
        """
        if turn is not None:
            self._turned, self._turn = stamp, turn
        elif self._turn is not None and stamp - self._turned <= TURNS_ON:
            turn = self._turn.over(elapsed)
        else:
            return
        for track in self._tracks:
            track.motion.shift(*turn.shift(track.motion.x))


def _patience(track: Track, settings: TrackerSettings) -> float:
    """Seconds a track may go without a face; what was seen but briefly was perhaps none."""
    return settings.lost_after if track.id != NO_ID else min(settings.lost_after, 0.3)


def _same_face(box: FloatArray, missing: list[Track]) -> Track | None:
    """The track whose expected box and this one, (4,) xywh, lie within each other, if any."""
    if not missing:
        return None
    expected = np.array([track.motion.box() for track in missing])
    low = np.maximum(box[:2], expected[:, :2])
    high = np.minimum(box[:2] + box[2:], expected[:, :2] + expected[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    covered = common / np.minimum(box[2] * box[3], expected[:, 2] * expected[:, 3])
    best = int(np.argmax(covered))
    return missing[best] if covered[best] >= WITHIN else None


def _pair(
    rows: FloatArray, faces: FloatArray, tracks: list[Track], gate: float
) -> dict[int, Track]:
    """The best pairs of some faces and some tracks within the gate."""
    if len(rows) == 0:
        return {}
    distance, cost, apart = distances(faces[rows], [track.motion for track in tracks])
    reach = np.array([REACH + REACH_RATE * track.unseen for track in tracks])
    pairs = _cheapest_first(cost, (distance <= gate**2) & (apart <= reach))
    return {int(rows[row]): tracks[column] for row, column in pairs}


def _cheapest_first(costs: FloatArray, allowed: IntArray) -> list[tuple[int, int]]:
    """Pairs of rows and columns, each used once.

    The assignment that is cheapest as a whole was measured to be no better (docs/people.md).

    Args:
        costs: (N, M).
        allowed: (N, M) bool, which pairs may be.
    """
    rows, columns = np.nonzero(allowed)
    order = np.argsort(costs[rows, columns], kind="stable")
    used_rows: set[int] = set()
    used_columns: set[int] = set()
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
            pairs.append((row, column))
    return pairs
