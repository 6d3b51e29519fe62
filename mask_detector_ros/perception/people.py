# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks and evidence together: who is who, and how does each wear the mask by now."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mask_detector_ros.perception.camera_motion import Cut, Turn
from mask_detector_ros.perception.evidence import Event, Evidence
from mask_detector_ros.perception.settings import PipelineSettings
from mask_detector_ros.perception.tracker import Followed, Track, Tracker
from mask_detector_ros.perception.types import (
    NO_ID,
    Detections,
    IntArray,
    UnknownReason,
    WearStatus,
)

OUT_OF_ORDER = 0.1
"""Seconds; a stamp that lies no more than this before the last one counts as the same moment: some
cameras hand over two frames in the wrong order now and then."""


@dataclass
class _Person:
    """What is kept of one followed face."""

    evidence: Evidence = field(default_factory=Evidence)
    reason: UnknownReason = UnknownReason.NONE
    seen: Detections = field(default_factory=Detections.empty)
    """All faces of the frame the person was seen in last; cut out only for an event."""
    row: int = 0

    @property
    def face(self) -> Detections:
        """The person as last seen, one row."""
        return self.seen[self.row]


@dataclass(frozen=True)
class Sighted:
    """Who is who in one frame."""

    followed: Followed
    stamp: float
    jumped_back: bool
    """The stamp lay before the last one's, so everyone was forgotten first."""

    @property
    def rows(self) -> IntArray:
        """(N,) the faces to report, in their order."""
        return np.array(self.followed.rows, np.int64)


class People:
    """Follows the people of one camera."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._people: dict[int, _Person] = {}
        self._untold: list[Track] = []
        self._stamp: float | None = None

    def reset(self) -> None:
        """Forget everyone."""
        self._tracker.reset()
        self._people.clear()
        self._untold.clear()
        self._stamp = None

    def follow(
        self,
        found: Detections,
        stamp: float,
        settings: PipelineSettings,
        turn: Turn | Cut | None = None,
    ) -> Sighted:
        """Find out who is who in one frame; ``tell`` is to follow.

        Args:
            found: all faces, those below ``detector.score_threshold`` too.
            stamp: the frame's time in seconds.
            turn: what the camera did since the last frame, if it is known.
        """
        last = stamp if self._stamp is None else self._stamp
        jumped_back = stamp < last - OUT_OF_ORDER
        if jumped_back:
            self.reset()
        else:
            stamp = max(stamp, last)
        self._stamp = stamp
        confident = found.scores >= settings.detector.score_threshold
        followed = self._tracker.update(found, stamp, settings.tracker, confident, turn)
        # Kept until told: the rest of a frame may fail between the two.
        self._untold += followed.lost
        return Sighted(followed, stamp, jumped_back)

    def tell(
        self, faces: Detections, sighted: Sighted, settings: PipelineSettings
    ) -> tuple[Detections, list[Event]]:
        """Weigh the faces of one frame into what is known of their people.

        Args:
            faces: those of ``sighted.rows``, with probabilities, frame_status,
                frame_reason and weights filled in.

        Returns:
            The faces with status, reason, confidence, ids and followed filled in; and what
            happened.
        """
        tracks, stamp = sighted.followed.tracks, sighted.stamp
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
            person.seen, person.row = steadied, row
            if track.id != NO_ID and person.evidence.has_news:
                events.append(person.evidence.event(track.id, stamp, person.face))
        for track in self._untold:
            gone = self._people.pop(track.number, None)
            if gone is not None and track.id != NO_ID:
                events.append(gone.evidence.lost(track.id, stamp, gone.face))
        self._untold.clear()
        return steadied, [event for event in events if event is not None]

    def update(
        self,
        found: Detections,
        stamp: float,
        settings: PipelineSettings,
        turn: Turn | Cut | None = None,
    ) -> tuple[Detections, list[Event], bool]:
        """``follow`` and ``tell`` at once, for faces that are classified already.

        Returns:
            The reported faces and what happened as from ``tell``, and whether everyone was
            forgotten first because time jumped back.
        """
        sighted = self.follow(found, stamp, settings, turn)
        steadied, events = self.tell(found[sighted.rows], sighted, settings)
        return steadied, events, sighted.jumped_back

    def _tell(
        self, row: int, track: Track, faces: Detections, stamp: float, settings: PipelineSettings
    ) -> _Person:
        """Weigh one face into what is known of its person."""
        if track.number not in self._people:
            self._people[track.number] = _Person()
        person = self._people[track.number]
        reason = UnknownReason(int(faces.frame_reason[row]))
        # A face that is hardly one accuses and clears nobody; it only keeps the person.
        sure = faces.scores[row] >= settings.detector.score_threshold
        weight = float(faces.weights[row]) if sure else 0.0
        person.evidence.update(faces.probabilities[row], reason, stamp, settings.evidence, weight)
        person.reason = UnknownReason.NONE
        if person.evidence.status == WearStatus.UNKNOWN:
            undecided = person.evidence.sufficient
            waiting = UnknownReason.UNCERTAIN if undecided else UnknownReason.GATHERING
            person.reason = waiting if reason == UnknownReason.NONE else reason
        return person
