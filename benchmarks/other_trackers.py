# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers of other libraries behind one call, for comparison; empty where none is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mask_detector_ros.perception.camera_motion import Turn
from mask_detector_ros.perception.pipeline_settings import PipelineSettings, TrackerSettings
from mask_detector_ros.perception.types import Detections

Follow = Callable[[Detections, float, Turn | None], Detections]
THRESHOLD = PipelineSettings().detector.score_threshold


def frame_rate(sequence: Sequence[Any]) -> float:
    """These trackers count frames, so they are told how many there are in a second."""
    stamps = [truth.stamp for truth, *_ in sequence]
    return float(1 / np.median(np.diff(stamps)))


def supervision_bytetrack(sequence: Sequence[Any]) -> Follow:
    """ByteTrack of supervision, its thresholds set to the project's."""
    import supervision

    rate = frame_rate(sequence)
    tracker = supervision.ByteTrack(
        track_activation_threshold=THRESHOLD,
        lost_track_buffer=round(30 * TrackerSettings().lost_after),
        minimum_matching_threshold=0.9,
        frame_rate=round(rate),
        minimum_consecutive_frames=TrackerSettings().confirm_frames,
    )

    def follow(found: Detections, _: float, __: Turn | None) -> Detections:
        corners = np.concatenate([found.boxes[:, :2], found.boxes[:, :2] + found.boxes[:, 2:]], 1)
        given = supervision.Detections(
            xyxy=corners,
            confidence=found.scores,
            class_id=np.zeros(len(found), int),
            data={"row": np.arange(len(found))},
        )
        out = tracker.update_with_detections(given)
        rows = np.asarray(out.data.get("row", []), int)
        faces = found[rows]
        return faces.with_(status=faces.frame_status, ids=np.asarray(out.tracker_id, np.int64))

    return follow


def norfair_boxes(sequence: Sequence[Any]) -> Follow:
    """The tracker of norfair on confident boxes, with its overlap distance and Kalman filter."""
    import norfair

    rate = frame_rate(sequence)
    tracker = norfair.Tracker(
        distance_function="iou",
        distance_threshold=0.9,
        hit_counter_max=round(rate * TrackerSettings().lost_after),
        initialization_delay=TrackerSettings().confirm_frames - 1,
    )

    def follow(found: Detections, _: float, __: Turn | None) -> Detections:
        faces = found[found.scores >= THRESHOLD]
        given = [
            norfair.Detection(np.array([[x, y], [x + w, y + h]]), data=row)
            for row, (x, y, w, h) in enumerate(faces.boxes.astype(float))
        ]
        ids = np.zeros(len(faces), np.int64)
        for track in tracker.update(given):
            if track.last_detection in given:
                ids[track.last_detection.data] = track.id
        return faces.with_(status=faces.frame_status, ids=ids)

    return follow


LIBRARIES = {
    name: make
    for name, module, make in (
        ("supervision (ByteTrack)", "supervision", supervision_bytetrack),
        ("norfair", "norfair", norfair_boxes),
    )
    if importlib.util.find_spec(module)
}
