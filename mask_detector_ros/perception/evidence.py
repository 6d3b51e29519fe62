# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames become one steady status per person, and its changes become events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from mask_detector_ros.perception.settings import EvidenceSettings
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    FloatArray,
    UnknownReason,
    WearStatus,
)


class EventKind(IntEnum):
    """What happened to a person's violation. The values go into messages."""

    STARTED = 0
    """A person is seen in violation for the first time, or again after a RESOLVED."""
    CHANGED = 1
    """The violation became another one."""
    RESOLVED = 2
    """The mask is worn correctly now."""
    LOST = 3
    """The person went out of sight while in violation."""


@dataclass(frozen=True)
class Event:
    """One change in how one person wears the mask."""

    kind: EventKind
    person: int
    status: WearStatus
    previous: WearStatus
    confidence: float
    watched: float
    """Seconds of usable frames the verdict rests on."""
    stamp: float
    """Time of the frame that decided it, seconds."""
    face: Detections
    """The person as last seen, one row."""


class Evidence:
    """What is known of one person: an average of probabilities that forgets slowly."""

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
        self._frames = 0
        self._updated: float | None = None
        self._usable: float | None = None

    def update(
        self,
        probabilities: FloatArray,
        reason: UnknownReason,
        stamp: float,
        settings: EvidenceSettings,
    ) -> None:
        """Take in one frame of this person.

        Args:
            probabilities: (4,) of this frame.
            reason: NONE if the frame can be told; other frames are not counted as
                evidence, they only let time pass. UNCERTAIN frames do count: they pull
                the average towards doubt.
            stamp: seconds.
        """
        if reason in (UnknownReason.NONE, UnknownReason.UNCERTAIN):
            self._add(np.asarray(probabilities, np.float64), stamp, settings)
        elif self._usable is not None and stamp - self._usable > settings.forget_after:
            self._forget()
        self._updated = stamp

    def _add(self, probabilities: FloatArray, stamp: float, settings: EvidenceSettings) -> None:
        if self._usable is None or self._updated is None:
            self._mean = probabilities
        else:
            # Only the step since the last frame counts, not a gap of unusable ones.
            step = stamp - self._updated
            share = 1.0 - float(np.exp(-step / settings.time_constant))
            self._mean = self._mean + share * (probabilities - self._mean)
            self.watched += step
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

    def event(self, person: int, stamp: float, face: Detections) -> Event | None:
        """The change since the last call, if there was one worth telling."""
        previous = self.violation
        if self.status.is_violation:
            if self.status == previous:
                return None
            kind = EventKind.STARTED if previous is None else EventKind.CHANGED
            self.violation = self.status
        elif self.status == WearStatus.CORRECT and previous is not None:
            kind = EventKind.RESOLVED
            self.violation = None
        else:
            return None
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
