# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Violation events in videos, to be looked at: false ones are found by eye."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.types import Event, EventKind
from mask_detector_ros.sources import Frame, SourceError, open_source
from mask_detector_ros.sources.video import SUFFIXES as VIDEO_SUFFIXES
from mask_detector_training.evaluation.tiles import Tile

ESTABLISHED = (EventKind.STARTED, EventKind.CHANGED)
"""Kinds of the events that state a violation."""


@dataclass(frozen=True, eq=False)
class ClipEvent:
    """A violation event in a video.

    Attributes:
        clip: file name of the video.
        event: the event.
        tile: the face.
    """

    clip: str
    event: Event
    tile: Tile

    @property
    def row(self) -> dict[str, Any]:
        """The event as a row of a table."""
        event = self.event
        return {
            "clip": self.clip,
            "second": round(event.stamp, 2),
            "event": event.kind.name,
            "person": event.person,
            "status": event.status.label,
            "previous": event.previous.label,
            "confidence": round(event.confidence, 3),
            "seconds of evidence": round(event.evidence_seconds, 2),
            "face width": round(float(event.face.boxes[0, 2]), 1),
        }


@dataclass(frozen=True, eq=False)
class ClipRun:
    """What the pipeline saw in one video.

    Attributes:
        clip: file name of the video.
        seconds: duration.
        people: persons with a confirmed track.
        events: violation events.
    """

    clip: str
    seconds: float
    people: int
    events: tuple[ClipEvent, ...]


def find_clips(source: Path) -> list[Path]:
    """The videos of a folder by name, or a single one.

    Raises:
        ValueError: there are none.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise ValueError(f"{source} does not exist; expected a folder of videos or a video")
    clips = sorted(p for p in source.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES)
    if not clips:
        raise ValueError(
            f"{source} contains no video; expected files with {', '.join(sorted(VIDEO_SUFFIXES))}"
        )
    return clips


def run_clip(pipeline: MaskPipeline, clip: Path) -> ClipRun:
    """Run the pipeline with tracking on a video.

    Raises:
        ValueError: the video cannot be read.
    """
    pipeline.reset()
    events: list[ClipEvent] = []
    people: set[int] = set()
    seconds = 0.0
    for frame in _frames(clip):
        result = pipeline.process(frame.image, frame.stamp)
        seconds = frame.stamp
        people.update(int(person) for person in result.faces.ids if person)
        events += [
            ClipEvent(clip.name, event, _tile(event, frame))
            for event in result.events
            if event.kind in ESTABLISHED
        ]
    return ClipRun(clip.name, seconds, len(people), tuple(events))


def _frames(clip: Path) -> Iterator[Frame]:
    try:
        with open_source(str(clip)) as source:
            yield from tqdm(source, desc=clip.name, total=source.length, unit="frame")
    except SourceError as error:
        raise ValueError(str(error)) from error


def _tile(event: Event, frame: Frame) -> Tile:
    caption = (
        f"{Path(frame.source).stem}, {event.stamp:.1f} s\n"
        f"{event.status.label.replace('_', ' ')} {event.confidence:.2f}"
    )
    return Tile.cut(frame.image, event.face.boxes[0], caption)


def summary(runs: Sequence[ClipRun]) -> dict[str, dict[str, Any]]:
    """People and violation events by video."""
    return {
        run.clip: {
            "seconds": round(run.seconds, 1),
            "people": run.people,
            "violation events": len(run.events),
        }
        for run in runs
    }
