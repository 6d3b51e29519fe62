# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The words every stage speaks: wear statuses, reasons, and one array type for faces."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# What an array holds stands in the docstrings: OpenCV's stubs return arrays of no one type.
FloatArray = NDArray[Any]
IntArray = NDArray[Any]
BoolArray = NDArray[np.bool_]
Image = NDArray[Any]


class WearStatus(IntEnum):
    """How a face wears its mask. The values go into messages; never renumber them."""

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
        """True where a reminder would be in place; UNKNOWN accuses nobody."""
        return self in VIOLATIONS


VIOLATIONS = (WearStatus.NO_MASK, WearStatus.BELOW_MOUTH, WearStatus.NOSE_EXPOSED)

CLASSES = (
    WearStatus.NO_MASK,
    WearStatus.BELOW_MOUTH,
    WearStatus.NOSE_EXPOSED,
    WearStatus.CORRECT,
)
"""Order of the probabilities everywhere: classifier output, arrays, messages, JSON."""

CLASS_LABELS = tuple(status.label for status in CLASSES)


class UnknownReason(IntEnum):
    """Why a status is UNKNOWN. The values go into messages; never renumber them."""

    NONE = 0
    TOO_SMALL = 1
    BLURRED = 2
    DARK = 3
    PROFILE = 4
    UNCERTAIN = 5
    """The classifier itself cannot tell: no class is probable enough."""
    GATHERING = 6
    """The person has not been watched for long enough yet."""
    CUT_OFF = 7
    """The mouth lies outside the picture, and with it whether it is covered."""

    @property
    def label(self) -> str:
        """Lower-case name, as shown to people."""
        return self.name.lower()


class RangeSource(IntEnum):
    """Where a position came from. The values go into messages; never renumber them."""

    NONE = 0
    FACE_SIZE = 1
    DEPTH = 2


NO_ID = 0
"""Track id of a face that is not (yet) a confirmed person."""


MAX_FISHEYE_SLOPE = math.tan(math.radians(85))
"""Slope of rays beyond which a fisheye's pixels give no direction."""


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
        """Directions through (N, 2) pixels: (N, 2) x/z, y/z in the optical frame."""
        points = np.asarray(pixels, np.float64).reshape(-1, 1, 2)
        if len(points) == 0:  # OpenCV would not give an empty answer
            return np.zeros((0, 2))
        if self.fisheye:
            undistorted = cv2.fisheye.undistortPoints(points, self.matrix, self.distortion[:4])
            # Toward 90 degrees OpenCV clips the angle, and beyond it there is no x/z at all.
            undistorted[np.linalg.norm(undistorted, axis=-1) > MAX_FISHEYE_SLOPE] = np.nan
        else:
            undistorted = cv2.undistortPoints(points, self.matrix, self.distortion)
        return np.asarray(undistorted).reshape(-1, 2)


def _empty(shape: tuple[int, ...], fill: float, dtype: type) -> Any:
    return np.full(shape, fill, dtype)


@dataclass(frozen=True, eq=False)
class Detections:
    """All faces of one frame, one row per face; every stage takes and returns this.

    Boxes, scores and landmarks come from the detector. What a stage does not know yet
    holds its neutral value (NaN, UNKNOWN, NO_ID), so that ``of_boxes`` and ``empty``
    are legal input everywhere.

    Attributes:
        boxes: (N, 4) float32, ``x, y, w, h`` in pixels of the full-resolution image;
            may reach over its edge.
        scores: (N,) float32, detector confidence in [0, 1].
        landmarks: (N, 5, 2) float32 pixels: right eye, left eye, nose tip, right and
            left mouth corner (right and left of the person); NaN when not known.
        probabilities: (N, 4) float32 in the order of ``CLASSES``; NaN when not
            classified.
        frame_status: (N,) int8 WearStatus of this frame alone.
        frame_reason: (N,) int8 UnknownReason belonging to ``frame_status``.
        weights: (N,) float32 in [0, 1], how much this frame counts as evidence.
        status: (N,) int8 WearStatus steadied over the track (equal to
            ``frame_status`` where nobody is followed).
        reason: (N,) int8 UnknownReason belonging to ``status``.
        confidence: (N,) float32 in [0, 1], of ``status``.
        ids: (N,) int64 person ids, NO_ID until confirmed.
        track_age: (N,) float32 seconds since the person was first seen.
        positions: (N, 3) float32 meters in the camera's optical frame (REP-103: z
            forward, x right, y down); NaN without CameraInfo.
        covariances: (N, 3, 3) float32 square meters, of ``positions``.
        range_source: (N,) int8 RangeSource.
    """

    boxes: FloatArray
    scores: FloatArray
    landmarks: FloatArray
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
        """Build from detector output; ``boxes`` (N, 4), ``scores`` (N,).

        Raises:
            ValueError: the arrays disagree about the number of faces.
        """
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(scores, np.float32).reshape(-1)
        count = len(boxes)
        if landmarks is None:
            landmarks = _empty((count, 5, 2), np.nan, np.float32)
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
            probabilities=_empty((count, len(CLASSES)), np.nan, np.float32),
            frame_status=_empty((count,), WearStatus.UNKNOWN, np.int8),
            frame_reason=_empty((count,), UnknownReason.NONE, np.int8),
            weights=_empty((count,), 1.0, np.float32),
            status=_empty((count,), WearStatus.UNKNOWN, np.int8),
            reason=_empty((count,), UnknownReason.NONE, np.int8),
            confidence=_empty((count,), 0.0, np.float32),
            ids=_empty((count,), NO_ID, np.int64),
            track_age=_empty((count,), 0.0, np.float32),
            positions=_empty((count, 3), np.nan, np.float32),
            covariances=_empty((count, 3, 3), np.nan, np.float32),
            range_source=_empty((count,), RangeSource.NONE, np.int8),
        )

    @classmethod
    def empty(cls) -> Detections:
        """A frame without faces."""
        return cls.of_boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Any) -> Detections:
        """Some of the faces: a slice, an index array or a boolean mask over rows."""
        if isinstance(rows, (int, np.integer)):
            self.boxes[rows]  # IndexError, without which iterating would never end
            rows = slice(rows, rows + 1 or None)
        return Detections(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def with_(self, **arrays: Any) -> Detections:
        """A copy in which some arrays are replaced."""
        return replace(self, **arrays)


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
