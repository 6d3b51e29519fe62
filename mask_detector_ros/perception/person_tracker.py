# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks and evidence together: who is who, and how does each wear the mask by now."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mask_detector_ros.perception.camera_motion import Cut, Turn
from mask_detector_ros.perception.pipeline_settings import EvidenceSettings, PipelineSettings
from mask_detector_ros.perception.tracker import Followed, Track, Tracker
from mask_detector_ros.perception.types import (
    CLASSES,
    NO_ID,
    Detections,
    Event,
    EventKind,
    FloatArray,
    IntArray,
    UnknownReason,
    WearStatus,
)

OUT_OF_ORDER = 0.1
"""Seconds; a stamp that lies no more than this before the last one counts as the same moment: some
cameras hand over two frames in the wrong order now and then."""


class Evidence:
    """What is known of one person: an average of probabilities that forgets slowly.

    Its clock is evidence time: the seconds a frame stands for, times the frame's weight. So
    a small, blurred or averted face moves the average little, and it takes longer until
    enough is known of somebody who is seen poorly.
    """

    def __init__(self) -> None:
        self.violation: WearStatus | None = None
        """The violation last reported and not yet resolved."""
        self._forget()

    def _forget(self) -> None:
        """Back to knowing nothing; what was reported stays reported."""
        self.status = WearStatus.UNKNOWN
        self.watched = 0.0
        self.sufficient = False
        """Whether there is enough evidence to tell; where it is contradictory nothing is."""
        self._mean: FloatArray = np.full(len(CLASSES), np.nan)
        self._faded = 1.0
        """Share of the average that is not from any frame; it is left out."""
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
        """Take in one frame of this person.

        Args:
            probabilities: (4,) of this frame.
            reason: NONE if the frame can be told; other frames are not counted as
                evidence, they only let time pass. UNCERTAIN frames do count: they pull
                the average toward doubt.
            stamp: seconds.
            weight: how well the face is seen, 0 to 1.
        """
        if self._usable is not None and stamp - self._usable > settings.forget_after:
            self._forget()
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
            seconds = weight * min(stamp - self._updated, settings.max_step)
            kept = float(np.exp(-seconds / settings.time_constant))
            self._faded *= kept
            share = (1.0 - kept) / max(1.0 - self._faded, 1e-9)
            self._mean = self._mean + share * (probabilities - self._mean)
            self.watched += seconds
        self._usable = stamp
        self._frames += 1
        enough_frames = self._frames >= settings.min_frames
        self.sufficient = enough_frames and self.watched >= settings.min_seconds
        if self.sufficient:
            self._decide(settings)

    def _decide(self, settings: EvidenceSettings) -> None:
        best = int(np.argmax(self._mean))
        lead = self._mean[best] - self.confidence
        undecided = self.status == WearStatus.UNKNOWN
        if self._mean[best] >= settings.decide and (undecided or lead >= settings.switch_margin):
            self.status = CLASSES[best]
        elif self.confidence < settings.doubt:
            self.status = WearStatus.UNKNOWN

    @property
    def confidence(self) -> float:
        """Averaged probability of the status; 0 while UNKNOWN."""
        if self.status == WearStatus.UNKNOWN:
            return 0.0
        return float(self._mean[CLASSES.index(self.status)])

    @property
    def has_news(self) -> bool:
        """Whether ``event`` would give one."""
        if self.status.is_violation:
            return self.status != self.violation
        return self.status == WearStatus.CORRECT and self.violation is not None

    def event(self, person: int, stamp: float, face: Detections) -> Event | None:
        """The change since the last call, if there was one worth telling."""
        if not self.has_news:
            return None
        previous = self.violation
        if self.status == WearStatus.CORRECT:
            kind = EventKind.RESOLVED
            self.violation = None
        else:
            kind = EventKind.STARTED if previous is None else EventKind.CHANGED
            self.violation = self.status
        return Event(
            kind,
            person,
            self.status,
            previous or WearStatus.UNKNOWN,
            self.confidence,
            self.watched,
            stamp,
            face,
        )

    def lost(self, person: int, stamp: float, face: Detections) -> Event | None:
        """The event of a person going out of sight; None unless in violation."""
        if self.violation is None:
            return None
        return Event(
            EventKind.LOST,
            person,
            self.violation,
            self.violation,
            self.confidence,
            self.watched,
            stamp,
            face,
        )


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
            track_age=np.array([stamp - track.first_seen for track in tracks], np.float32),
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
