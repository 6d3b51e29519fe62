# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers of other libraries behind the same interface, for comparison."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mask_detector_ros.perception.camera_motion import EgoRotation, SceneCut
from mask_detector_ros.perception.pipeline_settings import PipelineSettings, TrackerSettings
from mask_detector_ros.perception.types import Detections
from tracking_sequences.sequences import GroundTruth

EgoMotion = EgoRotation | SceneCut | None
"""Motion of the camera since the last frame, if known."""


class Frame(NamedTuple):
    """One frame of a sequence: ground truth, detections, and the motion of the camera."""

    truth: GroundTruth
    detections: Detections
    ego_motion: EgoMotion


Track = Callable[[Detections, float, EgoMotion], Detections]
"""Detections, stamp in seconds and camera motion of a frame -> tracked detections with ids."""
MakeTracker = Callable[[Sequence[Frame]], Track]
"""A new tracker for a sequence, of which it may use the frame rate."""
SCORE_THRESHOLD = PipelineSettings().detector.score_threshold


def frame_rate(sequence: Sequence[Frame]) -> float:
    """Frames per second. The trackers below count frames instead of using stamps."""
    return float(1 / np.median(np.diff([frame.truth.stamp for frame in sequence])))


def supervision_bytetrack(sequence: Sequence[Frame]) -> Track:
    """ByteTrack (Zhang et al., 2022) of supervision, with this package's thresholds."""
    import supervision

    tracker = supervision.ByteTrack(
        track_activation_threshold=SCORE_THRESHOLD,
        lost_track_buffer=round(30 * TrackerSettings().lost_after),
        minimum_matching_threshold=0.9,
        frame_rate=round(frame_rate(sequence)),
        minimum_consecutive_frames=TrackerSettings().confirm_frames,
    )

    def track(detections: Detections, _: float, __: EgoMotion) -> Detections:
        corners = np.concatenate(
            [detections.boxes[:, :2], detections.boxes[:, :2] + detections.boxes[:, 2:]], axis=1
        )
        converted = supervision.Detections(
            xyxy=corners,
            confidence=detections.scores,
            class_id=np.zeros(len(detections), int),
            data={"row": np.arange(len(detections))},
        )
        tracked = tracker.update_with_detections(converted)
        faces = detections[np.asarray(tracked.data.get("row", []), int)]
        return faces.with_(status=faces.frame_status, ids=np.asarray(tracked.tracker_id, np.int64))

    return track


def norfair_boxes(sequence: Sequence[Frame]) -> Track:
    """Tracker of norfair: IoU distance and Kalman filter, without low-confidence detections."""
    import norfair

    tracker = norfair.Tracker(
        distance_function="iou",
        distance_threshold=0.9,
        hit_counter_max=round(frame_rate(sequence) * TrackerSettings().lost_after),
        initialization_delay=TrackerSettings().confirm_frames - 1,
    )

    def track(detections: Detections, _: float, __: EgoMotion) -> Detections:
        faces = detections[detections.scores >= SCORE_THRESHOLD]
        converted = [
            norfair.Detection(np.array([[x, y], [x + w, y + h]]), data=row)
            for row, (x, y, w, h) in enumerate(faces.boxes.astype(float))
        ]
        ids = np.zeros(len(faces), np.int64)
        for person in tracker.update(converted):
            if person.last_detection in converted:
                ids[person.last_detection.data] = person.id
        return faces.with_(status=faces.frame_status, ids=ids)

    return track


INSTALLED: dict[str, MakeTracker] = {
    name: make
    for name, module, make in (
        ("supervision (ByteTrack)", "supervision", supervision_bytetrack),
        ("norfair", "norfair", norfair_boxes),
    )
    if importlib.util.find_spec(module)
}
"""Name -> tracker, of the libraries that are installed."""
