# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Types shared by all stages: wear statuses, events, the camera model, and ``Detections``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, IntArray


class WearStatus(IntEnum):
    """How a face wears a mask. The values are used in messages; never renumber them."""

    UNKNOWN = 0
    NO_MASK = 1
    BELOW_MOUTH = 2
    NOSE_EXPOSED = 3
    CORRECT = 4

    @property
    def label(self) -> str:
        """Lower-case name, as in label files, JSON lines and class lists."""
        return self.name.lower()

    @property
    def is_violation(self) -> bool:
        """Whether a reminder is due. UNKNOWN is no violation."""
        return self in VIOLATIONS


VIOLATIONS = (WearStatus.NO_MASK, WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED)

CLASSES = (
    WearStatus.NO_MASK,
    WearStatus.BELOW_MOUTH,
    WearStatus.NOSE_EXPOSED,
    WearStatus.CORRECT,
)
"""Order of the class probabilities in classifier output, arrays, messages and JSON."""

CLASS_LABELS = tuple(status.label for status in CLASSES)


class UnknownReason(IntEnum):
    """Why a status is UNKNOWN. The values are used in messages; never renumber them."""

    NONE = 0
    TOO_SMALL = 1
    BLURRED = 2
    DARK = 3
    PROFILE = 4
    UNCERTAIN = 5
    """No class is probable enough."""
    GATHERING = 6
    """Not enough evidence on this track yet."""
    CUT_OFF = 7
    """The mouth lies outside the image."""
    COVERED = 8
    """Something that is no mask hides the mouth, such as a hand, a scarf or a cup."""

    @property
    def label(self) -> str:
        """Lower-case name, as displayed."""
        return self.name.lower()


class RangeSource(IntEnum):
    """Source of a position. The values are used in messages; never renumber them."""

    NONE = 0
    FACE_SIZE = 1
    DEPTH = 2


NO_ID = 0
"""Person id of a face whose track is not confirmed."""


def person_id(number: int) -> str:
    """Person id as text; empty for ``NO_ID``."""
    return "" if number == NO_ID else str(number)


MAX_FISHEYE_SLOPE = math.tan(math.radians(85))
"""Slope of rays (tangent of the angle to the axis) beyond which fisheye pixels have no ray."""


@dataclass(frozen=True, eq=False)
class CameraModel:
    """Intrinsics for full-resolution pixels, as in sensor_msgs/CameraInfo.

    Attributes:
        matrix: (3, 3) float64 K.
        distortion: (D,) float64 in OpenCV's order; empty for none.
        fisheye: True for the equidistant model, False for plumb_bob / rational_polynomial.
    """

    matrix: FloatArray
    distortion: FloatArray
    fisheye: bool = False

    def rays(self, pixels: FloatArray) -> FloatArray:
        """Undistorted directions through pixels.

        Args:
            pixels: (N, 2).

        Returns:
            (N, 2) float64, x/z and y/z in the optical frame; NaN beyond
            ``MAX_FISHEYE_SLOPE``.
        """
        points = np.asarray(pixels, np.float64).reshape(-1, 1, 2)
        if len(points) == 0:  # OpenCV raises an error for no points
            return np.zeros((0, 2))
        if self.fisheye:
            undistorted = cv2.fisheye.undistortPoints(points, self.matrix, self.distortion[:4])
            # Near 90 degrees OpenCV clips the angle, and beyond it x/z is undefined.
            undistorted[np.linalg.norm(undistorted, axis=-1) > MAX_FISHEYE_SLOPE] = np.nan
        else:
            undistorted = cv2.undistortPoints(points, self.matrix, self.distortion)
        return np.asarray(undistorted, np.float64).reshape(-1, 2)


def _filled(shape: tuple[int, ...], value: float, dtype: type) -> Any:
    return np.full(shape, value, dtype)


@dataclass(frozen=True, eq=False)
class Detections:
    """All faces of one frame, one row per face; every stage takes and returns this type.

    The detector provides boxes, scores and landmarks. Values that no stage has computed yet
    are neutral (NaN, UNKNOWN, NO_ID), so that ``of_boxes`` and ``empty`` are valid input
    for every stage.

    Attributes:
        boxes: (N, 4) float32, ``x, y, w, h`` in pixels of the full-resolution image;
            may extend beyond its edges.
        scores: (N,) float32, detector score in [0, 1].
        landmarks: (N, 5, 2) float32 pixels: right eye, left eye, nose tip, right and
            left mouth corner (right and left of the person); NaN if unknown.
        input_scales: (N,) float32, pixels of the detector's input per pixel of the image where
            each face was found; NaN if unknown.
        probabilities: (N, 4) float32 in the order of ``CLASSES``; NaN if not
            classified.
        frame_status: (N,) int8 WearStatus from this frame alone.
        frame_reason: (N,) int8 UnknownReason of ``frame_status``.
        weights: (N,) float32 in [0, 1], weight of this frame as evidence.
        status: (N,) int8 WearStatus filtered over the track (equal to ``frame_status``
            without tracking).
        reason: (N,) int8 UnknownReason of ``status``.
        confidence: (N,) float32 in [0, 1], of ``status``.
        ids: (N,) int64 person ids; NO_ID until the track is confirmed.
        track_age: (N,) float32 seconds since the first detection of the track.
        positions: (N, 3) float32 meters in the camera's optical frame (REP-103: z
            forward, x right, y down); NaN without CameraInfo.
        covariances: (N, 3, 3) float32 square meters, of ``positions``.
        range_source: (N,) int8 RangeSource.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray
    input_scales: FloatArray
    probabilities: FloatArray
    frame_status: IntArray
    frame_reason: IntArray
    weights: FloatArray
    status: IntArray
    reason: IntArray
    confidence: FloatArray
    ids: IntArray
    track_age: FloatArray
    positions: FloatArray
    covariances: FloatArray
    range_source: IntArray

    @classmethod
    def of_boxes(
        cls,
        boxes: FloatArray,
        scores: FloatArray,
        landmarks: FloatArray | None = None,
    ) -> Detections:
        """From detector output; ``boxes`` (N, 4), ``scores`` (N,).

        Raises:
            ValueError: the arrays have different numbers of rows.
        """
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(scores, np.float32).reshape(-1)
        count = len(boxes)
        if landmarks is None:
            landmarks = _filled((count, 5, 2), np.nan, np.float32)
        landmarks = np.asarray(landmarks, np.float32).reshape(-1, 5, 2)
        if not len(scores) == len(landmarks) == count:
            raise ValueError(
                f"boxes, scores and landmarks must have one row per face, got {count}, "
                f"{len(scores)} and {len(landmarks)} rows"
            )
        return cls(
            boxes=boxes,
            scores=scores,
            landmarks=landmarks,
            input_scales=_filled((count,), np.nan, np.float32),
            probabilities=_filled((count, len(CLASSES)), np.nan, np.float32),
            frame_status=_filled((count,), WearStatus.UNKNOWN, np.int8),
            frame_reason=_filled((count,), UnknownReason.NONE, np.int8),
            weights=_filled((count,), 1.0, np.float32),
            status=_filled((count,), WearStatus.UNKNOWN, np.int8),
            reason=_filled((count,), UnknownReason.NONE, np.int8),
            confidence=_filled((count,), 0.0, np.float32),
            ids=_filled((count,), NO_ID, np.int64),
            track_age=_filled((count,), 0.0, np.float32),
            positions=_filled((count, 3), np.nan, np.float32),
            covariances=_filled((count, 3, 3), np.nan, np.float32),
            range_source=_filled((count,), RangeSource.NONE, np.int8),
        )

    @classmethod
    def empty(cls) -> Detections:
        """No faces."""
        return cls.of_boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    @classmethod
    def concatenate(cls, parts: Sequence[Detections]) -> Detections:
        """The faces of several parts, one after another."""
        parts = parts or [cls.empty()]
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Any) -> Detections:
        """A subset of the faces: a slice, an index array or a boolean mask over rows."""
        if isinstance(rows, (int, np.integer)):
            self.boxes[rows]  # raises IndexError, which ends an iteration
            rows = slice(rows, rows + 1 or None)
        return Detections(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def with_(self, **arrays: Any) -> Detections:
        """A copy with some arrays replaced."""
        return replace(self, **arrays)


class EventKind(IntEnum):
    """Change of a person's violation. The values are used in messages; never renumber them."""

    STARTED = 0
    """A violation was established, the first one or one after RESOLVED."""
    CHANGED = 1
    """The violation became another one."""
    RESOLVED = 2
    """The mask is now worn correctly."""
    LOST = 3
    """The track ended during a violation."""


@dataclass(frozen=True)
class Event:
    """One change in how one person wears the mask."""

    kind: EventKind
    person: int
    status: WearStatus
    previous: WearStatus
    confidence: float
    evidence_seconds: float
    """Duration of the frames behind the status; low-quality frames count in part."""
    stamp: float
    """Stamp of the frame that triggered the event, seconds."""
    face: Detections
    """The last detection of the person, one row."""
