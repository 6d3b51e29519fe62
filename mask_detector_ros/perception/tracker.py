# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Multi-face tracking: associates detections over time, in two stages.

High-score detections are associated first, then low-confidence ones continue tracks that were
left without a detection (ByteTrack: Zhang et al., 2022, "ByteTrack: Multi-Object Tracking by
Associating Every Detection Box"). Tracks are predicted by a Kalman filter and compensated for
the camera's ego-rotation before association.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.camera_motion import EgoRotation, RotationMemory, SceneCut
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.far_regions import ExpectedFaces, SearchedRegions
from mask_detector_ros.perception.filters import BoxFilter, association_costs, to_centers
from mask_detector_ros.perception.pipeline_settings import TrackerSettings
from mask_detector_ros.perception.types import NO_ID, Detections

MAX_ASSOCIATION_DISTANCE, MAX_ASSOCIATION_SPEED = 0.5, 6.0
"""Largest distance between track and detection in box sizes, and its growth per second without
a detection."""
SAME_FACE_IOU = 0.3
"""A low-confidence box that overlaps a high-score one this much is the same face."""
CONTAINED_FRACTION, CONTAINED_WINDOW_S = 0.8, 0.3
"""A new box that covers, or is covered by, this fraction of the box expected for a track which
lost its detection at most this long ago continues that track."""
UNCONFIRMED_LOST_AFTER_S = 0.3
"""An unconfirmed track ends after this time without a detection: it may be a false positive."""


@dataclass(eq=False)
class Track:
    """One tracked face. Times are stamps in seconds."""

    number: int
    """Track id; unique, also among unconfirmed tracks."""
    box_filter: BoxFilter
    first_seen: float
    last_seen: float
    hits: int = 1
    id: int = NO_ID
    """Person id, once confirmed."""
    unseen: float = 0.0
    """Seconds since the last detection."""
    searched_at: float = 0.0
    """Stamp of the last frame that was searched where the face was expected."""


@dataclass(frozen=True)
class TrackerResult:
    """Result of the association of one frame."""

    rows: list[int]
    """Detections that belong to a track: all high-score ones, and low-confidence ones of
    confirmed tracks."""
    tracks: list[Track]
    """The track of each of these detections."""
    lost: list[Track] = field(default_factory=list)
    """Tracks that ended."""
    unsearched: list[Track] = field(default_factory=list)
    """Confirmed tracks where the frame was not searched."""


class Tracker:
    """Tracks faces from frame to frame. Frames without faces age the tracks as well."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._ended: list[Track] = []
        """Tracks that ended in an update that failed; reported by the next one."""
        self._next_number = 1
        self._next_id = 1
        self._stamp: float | None = None
        self._rotation = RotationMemory()

    def reset(self) -> None:
        """Delete all tracks. Person ids are not reused."""
        self._tracks, self._ended = [], []
        self._stamp = None
        self._rotation.forget()

    def update(
        self,
        detections: Detections,
        stamp: float,
        settings: TrackerSettings,
        high_score: Sequence[bool] | BoolArray | None = None,
        ego_motion: EgoRotation | SceneCut | None = None,
        searched: SearchedRegions | None = None,
    ) -> TrackerResult:
        """Associate the detections of one frame with the tracks.

        Args:
            detections: all faces of the frame; may be empty.
            stamp: the frame's stamp in seconds, not before the last one.
            settings: current settings.
            high_score: (N,) which detections may start tracks; the others can only continue
                confirmed ones. None for all.
            ego_motion: of the camera since the last frame; None if unknown. A scene cut ends
                all tracks.
            searched: where the frame was searched; no track elsewhere ends. None: everywhere.
        """
        elapsed = 0.0 if self._stamp is None else stamp - self._stamp
        self._stamp = stamp
        ended, rotation = self._ended, None
        if isinstance(ego_motion, SceneCut):
            ended += self._tracks
            self._tracks = []
            self._rotation.forget()
        elif settings.camera_motion:
            rotation = self._rotation.since(ego_motion, stamp, elapsed)
            self._rotation.update(ego_motion, stamp)
        for track in self._tracks:
            _advance(track.box_filter, elapsed, rotation)
            track.unseen = stamp - track.last_seen
        # Before the association: after a gap without frames no stranger may inherit an id.
        ended += [t for t in self._tracks if t.unseen > 2 * settings.lost_after]
        self._tracks = [t for t in self._tracks if t not in ended]
        high = np.ones(len(detections), bool) if high_score is None else np.asarray(high_score)
        pairs = self._associate(detections.boxes, high.astype(bool), settings)
        for row, track in pairs.items():
            track.box_filter.update(detections.boxes[row])
            track.last_seen = stamp
            track.hits += 1
        for row in np.flatnonzero(high).tolist():
            if row not in pairs:
                box_filter = BoxFilter(detections.boxes[row])
                pairs[row] = Track(self._next_number, box_filter, stamp, stamp)
                self._next_number += 1
                self._tracks.append(pairs[row])
        ended += self._confirm(detections.boxes, pairs, settings)
        rows = sorted(pairs)
        unsearched = self._mark_searched(stamp, searched)
        present = [t for t in self._tracks if t not in unsearched]
        lost = [t for t in present if stamp - t.last_seen > _lost_after(t, settings)]
        self._tracks = [t for t in self._tracks if t not in lost]
        self._ended = []
        unsearched = [t for t in unsearched if t.id != NO_ID]
        return TrackerResult(rows, [pairs[row] for row in rows], ended + lost, unsearched)

    def _mark_searched(self, stamp: float, searched: SearchedRegions | None) -> list[Track]:
        """Note which tracks the frame was searched for; returns the others."""
        missing = [t for t in self._tracks if t.last_seen < stamp]
        here = np.ones(len(missing), bool)
        if searched is not None and missing:
            here = searched.contain(np.array([t.box_filter.box() for t in missing]))
        unsearched = [missing[row] for row in np.flatnonzero(~here)]
        for track in self._tracks:
            track.searched_at = track.searched_at if track in unsearched else stamp
        return unsearched

    def _associate(
        self, boxes: FloatArray, high: BoolArray, settings: TrackerSettings
    ) -> dict[int, Track]:
        """Pair detections (rows) with tracks: high-score ones first, then the others."""
        if not self._tracks or len(boxes) == 0:
            return {}
        centers = to_centers(boxes)
        rows = np.flatnonzero(high)
        pairs = _pair(rows, centers, self._tracks, settings.gating_threshold)
        low = np.flatnonzero(~high)
        known = [t for t in self._tracks if t.id != NO_ID and t not in pairs.values()]
        if settings.use_low_confidence and known and len(low):
            if len(rows):
                low = low[iou_matrix(boxes[low], boxes[rows]).max(axis=1) < SAME_FACE_IOU]
            pairs |= _pair(low, centers, known, settings.low_confidence_gating_threshold)
        return pairs

    def _confirm(
        self, boxes: FloatArray, pairs: dict[int, Track], settings: TrackerSettings
    ) -> list[Track]:
        """Assign person ids to tracks with enough hits that do not overlap a confirmed face.

        A detector that alternates between a large and a small box on one face makes two tracks
        of it. If the confirmed one has no detection, the other one is merged into it.

        Returns:
            The tracks that were merged into another one.
        """
        known = [row for row, track in pairs.items() if track.id != NO_ID]
        seen = set(pairs.values())
        missing = [t for t in self._tracks if t.id != NO_ID and t not in seen]
        missing = [t for t in missing if t.unseen <= CONTAINED_WINDOW_S]
        merged: list[Track] = []
        for row, track in sorted(pairs.items(), key=lambda pair: pair[0]):
            if track.id != NO_ID or track.hits < settings.confirm_frames:
                continue
            if known and iou_matrix(boxes[row], boxes[known]).max() >= SAME_FACE_IOU:
                continue
            known.append(row)
            same = _containing_track(boxes[row], missing)
            if same is None:
                track.id = self._next_id
                self._next_id += 1
                continue
            missing.remove(same)
            same.box_filter, same.last_seen = track.box_filter, track.last_seen
            same.hits += 1
            pairs[row] = same
            self._tracks.remove(track)
            if track.hits > 1:  # otherwise it was never returned
                merged.append(track)
        return merged

    def expected(
        self,
        stamp: float,
        settings: TrackerSettings,
        ego_motion: EgoRotation | SceneCut | None = None,
    ) -> ExpectedFaces:
        """Where the tracked faces are expected in the next frame; arguments as in ``update``."""
        if isinstance(ego_motion, SceneCut) or self._stamp is None:
            return ExpectedFaces.none()
        elapsed, rotation = stamp - self._stamp, None
        if settings.camera_motion:
            rotation = self._rotation.since(ego_motion, stamp, elapsed)
        filters = [copy(track.box_filter) for track in self._tracks]
        for box_filter in filters:
            _advance(box_filter, elapsed, rotation)
        return ExpectedFaces(
            np.array([box_filter.box() for box_filter in filters]).reshape(-1, 4),
            np.sqrt(np.array([box_filter.expectation()[4] for box_filter in filters])),
            np.array([track.searched_at for track in self._tracks]),
        )


def _advance(box_filter: BoxFilter, seconds: float, rotation: EgoRotation | None) -> None:
    """Predict a box, shifted by the ego-rotation: so velocities are those in the scene."""
    if rotation is not None:
        box_filter.shift(*rotation.shift(box_filter.x))
    box_filter.predict(seconds)


def _lost_after(track: Track, settings: TrackerSettings) -> float:
    """Seconds without a detection after which a track ends."""
    if track.id != NO_ID:
        return settings.lost_after
    return min(settings.lost_after, UNCONFIRMED_LOST_AFTER_S)


def _containing_track(box: FloatArray, missing: list[Track]) -> Track | None:
    """The track whose expected box contains this box, (4,) xywh, or is contained in it."""
    if not missing:
        return None
    expected = np.array([track.box_filter.box() for track in missing])
    low = np.maximum(box[:2], expected[:, :2])
    high = np.minimum(box[:2] + box[2:], expected[:, :2] + expected[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    covered = common / np.minimum(box[2] * box[3], expected[:, 2] * expected[:, 3])
    best = int(np.argmax(covered))
    return missing[best] if covered[best] >= CONTAINED_FRACTION else None


def _pair(
    rows: IntArray, centers: FloatArray, tracks: list[Track], threshold: float
) -> dict[int, Track]:
    """Pairs of detections and tracks within the gating threshold (standard deviations)."""
    if len(rows) == 0:
        return {}
    distance, cost, apart = association_costs(centers[rows], [t.box_filter for t in tracks])
    limit = np.array([MAX_ASSOCIATION_DISTANCE + MAX_ASSOCIATION_SPEED * t.unseen for t in tracks])
    pairs = _cheapest_first(cost, (distance <= threshold**2) & (apart <= limit))
    return {int(rows[row]): tracks[column] for row, column in pairs}


def _cheapest_first(costs: FloatArray, allowed: BoolArray) -> list[tuple[int, int]]:
    """Greedy assignment: pairs of rows and columns in order of cost, each used once.

    The optimal assignment was measured to be no better (docs/tracking.md).

    Args:
        costs: (N, M).
        allowed: (N, M), which pairs are within the gates.
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
