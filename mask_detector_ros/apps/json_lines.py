# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The JSON lines that ``mask_detector detect`` writes: one object per frame.

Other programs read them: the keys and their meanings stay the same.

A frame is ``source, frame, stamp, width, height, faces``; a face is ``box`` [x, y, w, h] in
pixels of the image before ``--rotate``, ``score``, ``status``, ``confidence``,
``probabilities`` of the four classes, ``id`` (null until a person is confirmed) and
``position`` ([x, y, z] meters in the camera's optical frame or null); where people are tracked
also ``frame_status``, the status of that frame alone; where the status is unknown also
``reason``. Statuses are lower-case labels. Numbers are rounded; NaN and infinity are null.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from mask_detector_ros.perception.types import (
    CLASS_LABELS,
    NO_ID,
    Detections,
    Event,
    UnknownReason,
    WearStatus,
)

Record = dict[str, Any]


def number(value: float, digits: int) -> float | None:
    """Rounded for JSON; None for NaN and infinity, which JSON cannot represent."""
    value = float(value)
    return round(value, digits) if math.isfinite(value) else None


def _numbers(values: Iterable[float], digits: int) -> list[float | None]:
    return [number(value, digits) for value in values]


def face_record(
    *,
    box: Iterable[float],
    score: float,
    status: WearStatus,
    confidence: float,
    probabilities: Iterable[float],
    person: int | str | None,
    frame_status: WearStatus | None = None,
    reason: UnknownReason = UnknownReason.NONE,
    position: Sequence[float] | None = None,
) -> Record:
    """One face.

    Args:
        box: x, y, w, h in pixels.
        score: of the detector, 0-1.
        status: filtered over the track where people are tracked, else of this frame.
        confidence: of the status, 0-1.
        probabilities: four, in the order of ``CLASSES``.
        person: id of the confirmed person; None before.
        frame_status: status of this frame alone; None where people are not tracked.
        reason: why the status is UNKNOWN.
        position: x, y, z in meters; None or NaN if unknown.
    """
    known = position is not None and all(math.isfinite(value) for value in position)
    record: Record = {
        "box": _numbers(box, 2),
        "score": number(score, 4),
        "status": status.label,
        "confidence": number(confidence, 4),
        "probabilities": dict(zip(CLASS_LABELS, _numbers(probabilities, 4), strict=True)),
        "id": person,
        "position": _numbers(position, 3) if position is not None and known else None,
    }
    if frame_status is not None:
        record["frame_status"] = frame_status.label
    if status == WearStatus.UNKNOWN:
        record["reason"] = reason.label
    return record


def face_records(faces: Detections, tracked: bool) -> list[Record]:
    """All faces of a frame; ``tracked`` if the frame is part of a sequence."""
    return [
        face_record(
            box=faces.boxes[row],
            score=faces.scores[row],
            status=WearStatus(int(faces.status[row])),
            confidence=faces.confidence[row],
            probabilities=faces.probabilities[row],
            person=None if faces.ids[row] == NO_ID else int(faces.ids[row]),
            frame_status=WearStatus(int(faces.frame_status[row])) if tracked else None,
            reason=UnknownReason(int(faces.reason[row])),
            position=faces.positions[row].tolist(),
        )
        for row in range(len(faces))
    ]


def frame_record(
    *, source: str, frame: int, stamp: float, width: int, height: int, faces: list[Record]
) -> Record:
    """One frame; ``stamp`` in seconds, ``width`` and ``height`` in pixels."""
    return {
        "source": source,
        "frame": frame,
        "stamp": number(stamp, 6),
        "width": width,
        "height": height,
        "faces": faces,
    }


def event_record(source: str, frame: int, event: Event) -> Record:
    """One change of a person's wear status.

    ``evidence_seconds`` is the time span of the evidence, ``box`` the last box of the face.
    """
    return {
        "source": source,
        "frame": frame,
        "stamp": number(event.stamp, 6),
        "kind": event.kind.name.lower(),
        "id": event.person,
        "status": event.status.label,
        "previous_status": event.previous.label,
        "confidence": number(event.confidence, 4),
        "evidence_seconds": number(event.evidence_seconds, 3),
        "box": _numbers(event.face.boxes[0], 2) if len(event.face) else None,
    }
