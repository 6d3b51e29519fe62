# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks and evidence together: who is who, and how does each wear the mask by now."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mask_detector_ros.perception.evidence import Event, Evidence
from mask_detector_ros.perception.settings import PipelineSettings
from mask_detector_ros.perception.tracker import Track, Tracker
from mask_detector_ros.perception.types import NO_ID, Detections, UnknownReason, WearStatus


@dataclass
class _Person:
    """What is kept of one followed face."""

    evidence: Evidence = field(default_factory=Evidence)
    reason: UnknownReason = UnknownReason.NONE
    face: Detections = field(default_factory=Detections.empty)


class People:
    """Follows the people of one camera."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._people: dict[int, _Person] = {}
        self._stamp: float | None = None

    def reset(self) -> None:
        """Forget everyone."""
        self._tracker.reset()
        self._people.clear()
        self._stamp = None

    def update(
        self, faces: Detections, stamp: float, settings: PipelineSettings
    ) -> tuple[Detections, list[Event], bool]:
        """Take in one classified frame.

        Args:
            faces: with probabilities, frame_status and frame_reason filled in.
            stamp: the frame's time in seconds.

        Returns:
            The faces with status, reason, confidence, ids and followed filled in; what
            happened; and whether everyone was forgotten first because time jumped back.
        """
        jumped_back = self._stamp is not None and stamp < self._stamp
        if jumped_back:
            self.reset()
        self._stamp = stamp
        tracks, lost = self._tracker.update(faces, stamp, settings.tracker)
        told = [self._tell(row, track, faces, stamp, settings) for row, track in enumerate(tracks)]
        steadied = faces.with_(
            status=np.array([person.evidence.status for person in told], np.int8),
            reason=np.array([person.reason for person in told], np.int8),
            confidence=np.array([person.evidence.confidence for person in told], np.float32),
            ids=np.array([track.id for track in tracks], np.int64),
            followed=np.array([stamp - track.first_seen for track in tracks], np.float32),
        )
        events = []
        for row, (person, track) in enumerate(zip(told, tracks, strict=True)):
            person.face = steadied[row]
            if track.id != NO_ID:
                events.append(person.evidence.event(track.id, stamp, person.face))
        for track in lost:
            gone = self._people.pop(track.number)
            if track.id != NO_ID:
                events.append(gone.evidence.lost(track.id, stamp, gone.face))
        return steadied, [event for event in events if event is not None], jumped_back

    def _tell(
        self, row: int, track: Track, faces: Detections, stamp: float, settings: PipelineSettings
    ) -> _Person:
        """Weigh one face into what is known of its person."""
        person = self._people.setdefault(track.number, _Person())
        reason = UnknownReason(int(faces.frame_reason[row]))
        person.evidence.update(faces.probabilities[row], reason, stamp, settings.evidence)
        person.reason = UnknownReason.NONE
        if person.evidence.status == WearStatus.UNKNOWN:
            undecided = person.evidence.sufficient
            waiting = UnknownReason.UNCERTAIN if undecided else UnknownReason.GATHERING
            person.reason = waiting if reason == UnknownReason.NONE else reason
        return person
