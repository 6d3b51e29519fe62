# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The printed summary of ``mask_detector detect``: counts of faces and people by status."""

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
    """A count and its noun, such as ``2 faces``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def by_status(statuses: Iterable[WearStatus]) -> str:
    """Counts such as ``2 correct, 1 no mask``; empty for no statuses."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {word}" for status, word in WORDS.items() if counts[status])


def _sentence(subject: str, statuses: list[WearStatus]) -> str:
    return f"{subject}: {by_status(statuses)}" if statuses else subject


def image_line(name: str, faces: Detections) -> str:
    """The summary of one independent image."""
    statuses = [WearStatus(int(status)) for status in faces.status]
    return f"{name}: " + _sentence(plural(len(statuses), "face"), statuses)


class Failures:
    """What could not be read: whole inputs, images of folders, and frames of sequences."""

    def __init__(self) -> None:
        self._inputs: list[str] = []
        self._images: dict[str, int] = {}
        self._frames: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._inputs or self._images or self._frames)

    def add_input(self, name: str) -> None:
        """Count an input of which nothing, or not all, could be read."""
        self._inputs.append(name)

    def add_skipped(self, name: str, count: int, timed: bool) -> None:
        """Count images of a folder, or frames of a sequence (``timed``), that were skipped."""
        counts = self._frames if timed else self._images
        if count:
            counts[name] = counts.get(name, 0) + count

    def lines(self) -> list[str]:
        """The summary: a line for inputs and images, and one for frames."""
        lines = []
        if self._inputs or self._images:
            count = len(self._inputs) + sum(self._images.values())
            names = [*self._inputs, *map(_counted, self._images.items())]
            lines.append(f"{plural(count, 'input')} could not be read: {', '.join(names)}")
        if self._frames:
            names = [_counted(item) for item in self._frames.items()]
            count = sum(self._frames.values())
            lines.append(f"{plural(count, 'frame')} could not be read: {', '.join(names)}")
        return lines


def _counted(item: tuple[str, int]) -> str:
    return f"{item[0]} ({item[1]})"


class RunSummary:
    """Counts faces in independent images, and people in sequences."""

    def __init__(self) -> None:
        self.images = 0
        self.sequences = 0
        self.frames = 0
        self._faces: list[WearStatus] = []
        self._people: dict[int, WearStatus] = {}
        self._sequence_people: dict[int, WearStatus] = {}
        self._sequence_frames = 0

    def add_image(self, faces: Detections) -> None:
        """Count an independent image."""
        self.images += 1
        self._faces += [WearStatus(int(status)) for status in faces.status]

    def add_frame(self, faces: Detections) -> None:
        """Count a frame of a sequence; a person counts with the last status that is known."""
        self.frames += 1
        self._sequence_frames += 1
        people = self._sequence_people
        for person, value in zip(faces.ids.tolist(), faces.status.tolist(), strict=True):
            status = WearStatus(value)
            if person != NO_ID and (status != WearStatus.UNKNOWN or person not in people):
                people[person] = status

    def end_sequence(self, name: str) -> str:
        """End a video, camera or bag; its summary."""
        people, self._sequence_people = self._sequence_people, {}
        frames, self._sequence_frames = self._sequence_frames, 0
        self.sequences += 1
        self._people.update(people)
        subject = f"{plural(frames, 'frame')}, {plural(len(people), 'person', 'people')}"
        return f"{name}: " + _sentence(subject, list(people.values()))

    def totals(self) -> list[str]:
        """The summary of the run: a line for images and one for sequences."""
        lines = []
        if self.images:
            subject = f"{plural(self.images, 'image')}, {plural(len(self._faces), 'face')}"
            lines.append(_sentence(subject, self._faces))
        if self.sequences:
            people = list(self._people.values())
            subject = (
                f"{plural(self.sequences, 'sequence')}, {plural(self.frames, 'frame')}, "
                f"{plural(len(people), 'person', 'people')}"
            )
            lines.append(_sentence(subject, people))
        return lines
