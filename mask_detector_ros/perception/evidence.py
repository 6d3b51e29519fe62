# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Filters how one person wears the mask; changes of the result become events."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.pipeline_settings import EvidenceSettings
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    Event,
    EventKind,
    UnknownReason,
    WearStatus,
)


class Evidence:
    """Evidence about one person: an exponential moving average of class probabilities.

    Its clock is *evidence time*: the duration a frame stands for, times the frame's weight.
    So a small, blurred or turned face moves the average little. The status has hysteresis:
    another class replaces it only with a margin, and a reported violation is replaced by another
    one only after that has led for as long as the first one was held.
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
        self._held = 0.0
        """Evidence time for which the status has been the reported violation."""
        self._leading = WearStatus.UNKNOWN
        """The class that could replace the status, and for which evidence time it could."""
        self._led = 0.0
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
        seconds = 0.0
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
            self._update_status(seconds, settings)

    def _update_status(self, seconds: float, settings: EvidenceSettings) -> None:
        best = int(np.argmax(self._mean))
        lead = self._mean[best] - self.confidence
        leading = WearStatus.UNKNOWN
        switch = self.status == WearStatus.UNKNOWN or lead >= settings.switch_margin
        if switch and self._mean[best] >= settings.decision_threshold:
            leading = CLASSES[best]
        self._led = self._led + seconds if leading == self._leading else 0.0
        self._leading = leading
        if self.status == self.violation:
            self._held += seconds
        needed = 0.0
        if self.violation is not None and leading.is_violation and leading != self.violation:
            needed = min(self._held, settings.change_seconds)
        if leading != WearStatus.UNKNOWN and self._led >= needed:
            self.status = leading
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
            self.violation, self._held = self.status, 0.0
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
