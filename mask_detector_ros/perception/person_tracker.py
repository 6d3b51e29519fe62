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

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_ros.perception.camera_motion import EgoRotation, SceneCut
from mask_detector_ros.perception.pipeline_settings import EvidenceSettings, PipelineSettings
from mask_detector_ros.perception.tracker import Track, Tracker, TrackerResult
from mask_detector_ros.perception.types import (
    CLASSES,
    NO_ID,
    Detections,
    Event,
    EventKind,
    UnknownReason,
    WearStatus,
)

OUT_OF_ORDER_S = 0.1
"""A stamp at most this much before the last one counts as equal: some cameras swap frames."""


class Evidence:
    """Evidence about one person: an exponential moving average of class probabilities.

    Its clock is *evidence time*: the duration a frame stands for, times the frame's weight.
    So a small, blurred or turned face moves the average little. The status has hysteresis:
    another class replaces it only with a margin.
    """

    def __init__(self) -> None:
        self.violation: WearStatus | None = None
        """The violation last reported and not resolved since."""
        self._clear()

    def _clear(self) -> None:
        """Forget the evidence, but not what was reported."""
        self.status = WearStatus.UNKNOWN
        self.seconds = 0.0
        """Evidence time so far."""
        self.sufficient = False
        """Whether there is enough evidence for a status."""
        self._mean: FloatArray = np.full(len(CLASSES), np.nan)
        self._initial = 1.0
        """Fraction of the average that comes from no frame; it is corrected for."""
        self._frames = 0
        self._updated: float | None = None
        self._usable: float | None = None

    def update(
        self,
        probabilities: FloatArray,
        reason: UnknownReason,
        stamp: float,
        settings: EvidenceSettings,
        weight: float = 1.0,
    ) -> None:
        """Add one frame of this person.

        Args:
            probabilities: (4,) class probabilities from the frame.
            reason: NONE if the frame was classified. UNCERTAIN frames count as well and
                pull the average toward UNKNOWN; with other reasons only time passes.
            stamp: seconds.
            settings: current settings.
            weight: quality of the view, 0 to 1.
        """
        if self._usable is not None and stamp - self._usable > settings.forget_after:
            self._clear()
        if weight > 0.0 and reason in (UnknownReason.NONE, UnknownReason.UNCERTAIN):
            self._add(np.asarray(probabilities, np.float64), stamp, settings, weight)
        self._updated = stamp

    def _add(
        self, probabilities: FloatArray, stamp: float, settings: EvidenceSettings, weight: float
    ) -> None:
        if self._usable is None or self._updated is None:
            self._mean = probabilities
        else:
            # A frame stands for the time since the last one, but not for a gap.
            seconds = weight * min(stamp - self._updated, settings.max_frame_seconds)
            kept = float(np.exp(-seconds / settings.time_constant))
            self._initial *= kept
            gain = (1.0 - kept) / max(1.0 - self._initial, 1e-9)
            self._mean = self._mean + gain * (probabilities - self._mean)
            self.seconds += seconds
        self._usable = stamp
        self._frames += 1
        enough_frames = self._frames >= settings.min_frames
        self.sufficient = enough_frames and self.seconds >= settings.min_seconds
        if self.sufficient:
            self._update_status(settings)

    def _update_status(self, settings: EvidenceSettings) -> None:
        best = int(np.argmax(self._mean))
        lead = self._mean[best] - self.confidence
        switch = self.status == WearStatus.UNKNOWN or lead >= settings.switch_margin
        if switch and self._mean[best] >= settings.decision_threshold:
            self.status = CLASSES[best]
        elif self.confidence < settings.unknown_threshold:
            self.status = WearStatus.UNKNOWN

    @property
    def confidence(self) -> float:
        """Averaged probability of the status; 0 while UNKNOWN."""
        if self.status == WearStatus.UNKNOWN:
            return 0.0
        return float(self._mean[CLASSES.index(self.status)])

    @property
    def has_event(self) -> bool:
        """Whether ``pop_event`` would return an event."""
        if self.status.is_violation:
            return self.status != self.violation
        return self.status == WearStatus.CORRECT and self.violation is not None

    def pop_event(self, person: int, stamp: float, face: Detections) -> Event | None:
        """The change since the last call, if any."""
        if not self.has_event:
            return None
        previous = self.violation or WearStatus.UNKNOWN
        if self.status == WearStatus.CORRECT:
            kind, self.violation = EventKind.RESOLVED, None
        else:
            kind = EventKind.STARTED if self.violation is None else EventKind.CHANGED
            self.violation = self.status
        return self._event(kind, person, (self.status, previous), stamp, face)

    def lost_event(self, person: int, stamp: float, face: Detections) -> Event | None:
        """The event of the track's end; None unless in violation."""
        if self.violation is None:
            return None
        return self._event(EventKind.LOST, person, (self.violation,) * 2, stamp, face)

    def _event(
        self,
        kind: EventKind,
        person: int,
        change: tuple[WearStatus, WearStatus],
        stamp: float,
        face: Detections,
    ) -> Event:
        return Event(kind, person, *change, self.confidence, self.seconds, stamp, face)


@dataclass
class _Person:
    """What is kept per track."""

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
        self._stamp: float | None = None
        self._pending: Association | None = None

    def reset(self) -> None:
        """Delete all tracks and evidence."""
        self._tracker.reset()
        self._people.clear()
        self._ended.clear()
        self._stamp = self._pending = None

    def associate(
        self,
        detections: Detections,
        stamp: float,
        settings: PipelineSettings,
        ego_motion: EgoRotation | SceneCut | None = None,
    ) -> Association:
        """First phase of a frame: associate its detections with tracks.

        Args:
            detections: all faces, also those below ``detector.score_threshold``.
            stamp: the frame's stamp in seconds.
            settings: used for both phases.
            ego_motion: of the camera since the last frame, if known.
        """
        last = stamp if self._stamp is None else self._stamp
        jumped_back = stamp < last - OUT_OF_ORDER_S
        if jumped_back:
            self.reset()
        else:
            stamp = max(stamp, last)
        self._stamp = stamp
        high_score = detections.scores >= settings.detector.score_threshold
        result = self._tracker.update(detections, stamp, settings.tracker, high_score, ego_motion)
        # Kept until the second phase, which a failing frame may never reach.
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
        events = []
        for row, (person, track) in enumerate(zip(people, tracks, strict=True)):
            person.frame, person.row = filtered, row
            if track.id != NO_ID and person.evidence.has_event:
                events.append(person.evidence.pop_event(track.id, stamp, person.face))
        for track in self._ended:
            gone = self._people.pop(track.number, None)
            if gone is not None and track.id != NO_ID:
                events.append(gone.evidence.lost_event(track.id, stamp, gone.face))
        self._ended.clear()
        return filtered, [event for event in events if event is not None]

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
