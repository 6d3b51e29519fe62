# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline's findings as messages of this package."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, MaskEvent
from mask_detector_ros.perception.evidence import Event
from mask_detector_ros.perception.types import NO_ID, Detections


def person_id(number: int) -> str:
    """The id as it stands in messages; empty for nobody in particular."""
    return "" if number == NO_ID else str(number)


def array_message(
    faces: Detections, header: Header, width: int, height: int, processing_ms: float
) -> MaskDetectionArray:
    """All faces of one frame; the header is the image's own."""
    return MaskDetectionArray(
        header=header,
        image_width=width,
        image_height=height,
        detections=[_detection(faces, row, header, width, height) for row in range(len(faces))],
        processing_ms=processing_ms,
    )


def _detection(
    faces: Detections, row: int, header: Header, width: int, height: int
) -> MaskDetection:
    message = MaskDetection(
        header=header,
        person_id=person_id(int(faces.ids[row])),
        status=int(faces.status[row]),
        unknown_reason=int(faces.reason[row]),
        confidence=float(faces.confidence[row]),
        frame_status=int(faces.frame_status[row]),
        frame_unknown_reason=int(faces.frame_reason[row]),
        probabilities=faces.probabilities[row],
        face_score=float(faces.scores[row]),
        roi=_region(faces.boxes[row], width, height),
        has_landmarks=bool(np.isfinite(faces.landmarks[row]).all()),
        landmarks=faces.landmarks[row].reshape(-1),
        followed_for=_duration(float(faces.followed[row])),
    )
    _place(message, faces, row)
    return message


def event_message(event: Event, header: Header) -> MaskEvent:
    """One event; the header is that of the image that decided it."""
    message = MaskEvent(
        header=header,
        kind=int(event.kind),
        person_id=person_id(event.person),
        status=int(event.status),
        previous_status=int(event.previous),
        confidence=event.confidence,
        evidence=_duration(event.watched),
    )
    _place(message, event.face, 0)
    return message


def _place(message: MaskDetection | MaskEvent, faces: Detections, row: int) -> None:
    x, y, z = (float(v) for v in faces.positions[row])
    message.position.x, message.position.y, message.position.z = x, y, z
    message.position_covariance = faces.covariances[row].astype(np.float64).reshape(-1)
    message.range_source = int(faces.range_source[row])


def _region(box: np.ndarray, width: int, height: int) -> RegionOfInterest:
    left, right = np.clip([box[0], box[0] + box[2]], 0, width).round().astype(int)
    top, bottom = np.clip([box[1], box[1] + box[3]], 0, height).round().astype(int)
    return RegionOfInterest(
        x_offset=int(left),
        y_offset=int(top),
        width=int(right - left),
        height=int(bottom - top),
    )


def _duration(seconds: float) -> Duration:
    nanoseconds = round(seconds * 1e9)
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
