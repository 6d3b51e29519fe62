# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.settings import TrackerSettings
from mask_detector_ros.perception.tracker import Tracker
from mask_detector_ros.perception.types import NO_ID, Detections

SETTINGS = TrackerSettings(confirm_frames=3, lost_after=0.5, min_iou=0.2)


def faces(*boxes: tuple[float, float, float, float]) -> Detections:
    return Detections.of_boxes(np.array(boxes, float).reshape(-1, 4), np.ones(len(boxes)))


def ids(tracker: Tracker, seen: Detections, stamp: float) -> list[int]:
    return [track.id for track in tracker.update(seen, stamp, SETTINGS)[0]]


def test_a_face_becomes_a_person_after_some_frames_and_stays_that_person() -> None:
    tracker = Tracker()
    seen = [ids(tracker, faces((10 + 3 * i, 10, 40, 50)), 0.1 * i) for i in range(6)]
    assert seen == [[NO_ID], [NO_ID], [1], [1], [1], [1]]


def test_two_people_keep_their_ids_whatever_the_order_of_their_boxes() -> None:
    tracker = Tracker()
    for i in range(6):
        left, right = (10 + i, 10, 40, 50), (200 - i, 10, 40, 50)
        boxes = (left, right) if i % 2 == 0 else (right, left)
        seen = ids(tracker, faces(*boxes), 0.1 * i)
    assert seen == [2, 1]


def test_frames_without_faces_age_the_tracks() -> None:
    tracker = Tracker()
    for i in range(3):
        tracker.update(faces((10, 10, 40, 50)), 0.1 * i, SETTINGS)
    assert tracker.update(Detections.empty(), 0.6, SETTINGS)[1] == []
    lost = tracker.update(Detections.empty(), 0.8, SETTINGS)[1]
    assert [track.id for track in lost] == [1]
    assert ids(tracker, faces((10, 10, 40, 50)), 0.9) == [NO_ID]


def test_a_short_gap_in_motion_is_bridged() -> None:
    tracker = Tracker()
    for i in range(10):
        tracker.update(faces((10 + 12 * i, 10, 40, 50)), 0.1 * i, SETTINGS)
    # Three frames missed: the box is now 48 px, more than its own width, further on.
    assert ids(tracker, faces((10 + 12 * 13, 10, 40, 50)), 1.3) == [1]


def test_one_track_takes_one_face() -> None:
    tracker = Tracker()
    tracker.update(faces((10, 10, 40, 50)), 0.0, SETTINGS)
    tracks, _ = tracker.update(faces((10, 10, 40, 50), (14, 10, 40, 50)), 0.1, SETTINGS)
    assert tracks[0] is not tracks[1]


def test_ids_are_not_used_again_after_a_reset() -> None:
    tracker = Tracker()
    for i in range(3):
        tracker.update(faces((10, 10, 40, 50)), 0.1 * i, SETTINGS)
    tracker.reset()
    for i in range(3):
        last = ids(tracker, faces((10, 10, 40, 50)), 1 + 0.1 * i)
    assert last == [2]


@pytest.mark.parametrize("step", [0.0, 1e-9])
def test_equal_stamps_do_no_harm(step: float) -> None:
    tracker = Tracker()
    for i in range(5):
        last = ids(tracker, faces((10 + i, 10, 40, 50)), step * i)
    assert last == [1]
