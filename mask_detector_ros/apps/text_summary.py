# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was seen, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mask_detector_ros.perception.types import NO_ID, Detections, WearStatus

WORDS = {
    WearStatus.CORRECT: "correct",
    WearStatus.NOSE_EXPOSED: "nose exposed",
    WearStatus.BELOW_MOUTH: "below mouth",
    WearStatus.NO_MASK: "no mask",
    WearStatus.UNKNOWN: "unknown",
}
"""In the order in which they are listed."""


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number and its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def by_status(statuses: Iterable[WearStatus]) -> str:
    """``2 correct, 1 no mask``; empty for none."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {word}" for status, word in WORDS.items() if counts[status])


def _sentence(subject: str, statuses: list[WearStatus]) -> str:
    return f"{subject}: {by_status(statuses)}" if statuses else subject


def picture_line(name: str, faces: Detections) -> str:
    """What one picture shows."""
    statuses = [WearStatus(int(status)) for status in faces.status]
    return f"{name}: " + _sentence(plural(len(statuses), "face"), statuses)


class Tally:
    """Counts over a run: faces in pictures, people in what moves."""

    def __init__(self) -> None:
        self.pictures = 0
        self.sequences = 0
        self.frames = 0
        self._faces: list[WearStatus] = []
        self._people: dict[int, WearStatus] = {}
        self._here: dict[int, WearStatus] = {}
        self._frames_here = 0

    def picture(self, faces: Detections) -> None:
        """Count a picture in which nobody is followed."""
        self.pictures += 1
        self._faces += [WearStatus(int(status)) for status in faces.status]

    def frame(self, faces: Detections) -> None:
        """Count a frame in which people are followed; each counts as last known."""
        self.frames += 1
        self._frames_here += 1
        for person, value in zip(faces.ids.tolist(), faces.status.tolist(), strict=True):
            status = WearStatus(value)
            if person != NO_ID and (status != WearStatus.UNKNOWN or person not in self._here):
                self._here[person] = status

    def end_sequence(self, name: str) -> str:
        """Close a video, camera or bag; what it showed."""
        people, self._here = self._here, {}
        frames, self._frames_here = self._frames_here, 0
        self.sequences += 1
        self._people.update(people)
        subject = f"{plural(frames, 'frame')}, {plural(len(people), 'person', 'people')}"
        return f"{name}: " + _sentence(subject, list(people.values()))

    def totals(self) -> list[str]:
        """The whole run, a line for pictures and one for what moves."""
        lines = []
        if self.pictures:
            subject = f"{plural(self.pictures, 'picture')}, {plural(len(self._faces), 'face')}"
            lines.append(_sentence(subject, self._faces))
        if self.sequences:
            people = list(self._people.values())
            subject = (
                f"{plural(self.sequences, 'sequence')}, {plural(self.frames, 'frame')}, "
                f"{plural(len(people), 'person', 'people')}"
            )
            lines.append(_sentence(subject, people))
        return lines
