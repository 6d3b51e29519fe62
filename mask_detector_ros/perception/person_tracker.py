# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks people and filters how each wears the mask; its changes become events.

A frame has two phases, since faces are classified only after it is known which detections
belong to tracks: ``PersonTracker.associate`` returns an ``Association``, and
``Association.update`` adds the classified faces to the evidence of their tracks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mask_detector_ros.arrays import IntArray
from mask_detector_ros.perception.camera_motion import EgoRotation, SceneCut
from mask_detector_ros.perception.evidence import Evidence
from mask_detector_ros.perception.far_regions import ExpectedFaces, SearchedRegions
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.tracker import Track, Tracker, TrackerResult
from mask_detector_ros.perception.types import (
    NO_ID,
    Detections,
    Event,
    UnknownReason,
    WearStatus,
)

OUT_OF_ORDER_S = 0.1
"""A stamp at most this much before the last one counts as equal: some cameras swap frames."""


@dataclass
class _Person:
    """What is kept per track."""

    id: int = NO_ID
    evidence: Evidence = field(default_factory=Evidence)
    reason: UnknownReason = UnknownReason.NONE
    frame: Detections = field(default_factory=Detections.empty)
    """All faces of the last frame with this person; cut out only for an event."""
    row: int = 0

    @property
    def face(self) -> Detections:
        """The last detection of the person, one row."""
        return self.frame[self.row]


class Association:
    """Which detections of one frame belong to which tracks; the frame's first phase.

    Attributes:
        rows: (N,) the detections to classify and report, in their order.
        track_numbers: track id of each of them.
        unsearched: expected faces of the confirmed tracks where the frame was not searched.
        stamp: stamp of the frame in seconds, never before that of the last frame.
        jumped_back: the stamp was before the last one, so all tracks were deleted first.
    """

    def __init__(
        self,
        people: PersonTracker,
        result: TrackerResult,
        stamp: float,
        jumped_back: bool,
        settings: PipelineSettings,
    ) -> None:
        self._people, self._tracks, self._settings = people, result.tracks, settings
        self.rows: IntArray = np.array(result.rows, np.int64)
        self.track_numbers = [track.number for track in result.tracks]
        boxes = [track.box_filter.box() for track in result.unsearched]
        self.unsearched = Detections.of_boxes(np.array(boxes), np.zeros(len(boxes)))
        self.stamp, self.jumped_back = stamp, jumped_back

    def update(self, faces: Detections) -> tuple[Detections, list[Event]]:
        """Second phase: add the classified faces to the evidence of their tracks.

        Args:
            faces: the detections of ``rows`` with probabilities, frame_status, frame_reason
                and weights.

        Returns:
            The faces with status, reason, confidence, ids and track_age, and the events.

        Raises:
            RuntimeError: called twice, after a later ``associate`` or after ``reset``.
        """
        return self._people._update(self, faces, self._tracks, self._settings)


class PersonTracker:
    """Tracks the people of one camera."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._people: dict[int, _Person] = {}
        self._ended: list[Track] = []
        self._events: list[Event] = []
        """Events not returned yet; those of a frame that failed are returned with the next one."""
        self._stamp: float | None = None
        self._pending: Association | None = None

    def reset(self) -> list[Event]:
        """Delete all tracks and evidence.

        Returns:
            LOST for each open violation, with the stamp of the last frame, after the events of a
            frame that failed, if there are any.
        """
        for person in self._people.values():
            self._lose(person, self._stamp or 0.0)
        self._tracker.reset()
        self._people.clear()
        self._ended.clear()
        self._stamp = self._pending = None
        return self._take_events()

    def expected(
        self,
        stamp: float,
        settings: PipelineSettings,
        ego_motion: EgoRotation | SceneCut | None = None,
    ) -> ExpectedFaces:
        """Where the tracked faces are expected in the next frame; arguments as in ``associate``."""
        if self._stamp is not None and stamp < self._stamp - OUT_OF_ORDER_S:
            return ExpectedFaces.none()
        return self._tracker.expected(
            max(stamp, self._stamp or stamp), settings.tracker, ego_motion
        )

    def associate(
        self,
        detections: Detections,
        stamp: float,
        settings: PipelineSettings,
        ego_motion: EgoRotation | SceneCut | None = None,
        searched: SearchedRegions | None = None,
    ) -> Association:
        """First phase of a frame: associate its detections with tracks.

        Args:
            detections: all faces, also those below ``detector.score_threshold``.
            stamp: the frame's stamp in seconds.
            settings: used for both phases.
            ego_motion: of the camera since the last frame, if known.
            searched: where the frame was searched for faces; None for everywhere.
        """
        last = stamp if self._stamp is None else self._stamp
        jumped_back = stamp < last - OUT_OF_ORDER_S
        if jumped_back:
            self._events = self.reset()
        else:
            stamp = max(stamp, last)
        self._stamp = stamp
        high_score = detections.scores >= settings.detector.score_threshold
        result = self._tracker.update(
            detections, stamp, settings.tracker, high_score, ego_motion, searched
        )
        # Kept until the second phase, which a frame that fails never reaches.
        self._ended += result.lost
        self._pending = Association(self, result, stamp, jumped_back, settings)
        return self._pending

    def _update(
        self, frame: Association, faces: Detections, tracks: list[Track], settings: PipelineSettings
    ) -> tuple[Detections, list[Event]]:
        if frame is not self._pending:
            raise RuntimeError("the association is out of date; update each once, newest only")
        self._pending = None
        stamp = frame.stamp
        people = [self._add(row, t, faces, stamp, settings) for row, t in enumerate(tracks)]
        filtered = faces.with_(
            status=np.array([person.evidence.status for person in people], np.int8),
            reason=np.array([person.reason for person in people], np.int8),
            confidence=np.array([person.evidence.confidence for person in people], np.float32),
            ids=np.array([track.id for track in tracks], np.int64),
            track_age=np.array([stamp - track.first_seen for track in tracks], np.float32),
        )
        for row, (person, track) in enumerate(zip(people, tracks, strict=True)):
            person.id, person.frame, person.row = track.id, filtered, row
            if track.id != NO_ID and person.evidence.has_event:
                event = person.evidence.pop_event(track.id, stamp, person.face)
                if event is not None:
                    self._events.append(event)
        for track in self._ended:
            gone = self._people.pop(track.number, None)
            if gone is not None:
                self._lose(gone, stamp)
        self._ended.clear()
        return filtered, self._take_events()

    def _lose(self, person: _Person, stamp: float) -> None:
        """Close the person's violation, if one is open."""
        event = person.evidence.lost_event(person.id, stamp, person.face)
        if event is not None:
            self._events.append(event)

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _add(
        self, row: int, track: Track, faces: Detections, stamp: float, settings: PipelineSettings
    ) -> _Person:
        """Add one face to the evidence of its track."""
        person = self._people.setdefault(track.number, _Person())
        reason = UnknownReason(int(faces.frame_reason[row]))
        # A low-confidence detection keeps the track alive, but is no evidence.
        high_score = faces.scores[row] >= settings.detector.score_threshold
        weight = float(faces.weights[row]) if high_score else 0.0
        person.evidence.update(faces.probabilities[row], reason, stamp, settings.evidence, weight)
        person.reason = UnknownReason.NONE
        if person.evidence.status == WearStatus.UNKNOWN:
            sufficient = person.evidence.sufficient
            waiting = UnknownReason.UNCERTAIN if sufficient else UnknownReason.GATHERING
            person.reason = waiting if reason == UnknownReason.NONE else reason
        return person
