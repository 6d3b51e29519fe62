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
    """Seconds of usable frames the verdict rests on, poor ones counted in part."""
    stamp: float
    """Time of the frame that decided it, seconds."""
    face: Detections
    """The person as last seen, one row."""


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
                the average towards doubt.
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
