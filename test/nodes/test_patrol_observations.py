# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From detections to people on the map."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mask_detector_ros.frames import Mount, Transform
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.patrol.observations import observations_of
from mask_detector_ros.perception.types import WearStatus
from support.patrol_world import Point, Someone, detection


class Standing:
    """Knows one transform, or why there is none; in the place of ``Frames``."""

    def __init__(self, transform: Transform | None) -> None:
        self.transform = transform
        self.asked: list[tuple] = []

    def optical_to_map(self, frame_id: str, stamp: object) -> Transform | None:
        self.asked.append((frame_id, stamp))
        return self.transform


ROBOT = Transform.of_pose(x=2.0, y=1.0, yaw=math.pi / 2)
CAMERA = ROBOT @ Mount(x=0.1, z=1.2, pitch=-0.1).transform()


def array(*detections: MaskDetection) -> MaskDetectionArray:
    message = MaskDetectionArray(detections=detections)
    message.header.frame_id = "optical"
    message.header.stamp.sec = 12
    return message


def seen(*detections: MaskDetection, transform: Transform | None = CAMERA) -> list:
    return observations_of(array(*detections), Standing(transform))  # type: ignore[arg-type]


def test_people_are_where_they_stand() -> None:
    place = Point(2.5, 4.0)
    (observation,) = seen(detection(Someone("8", place), CAMERA.inverse()))
    assert observation.person_id == "8"
    assert observation.status == WearStatus.NO_MASK
    assert observation.confidence == pytest.approx(0.95)
    assert observation.position is not None
    assert observation.position.distance(place) < 1e-6
    assert observation.position_std == pytest.approx(0.1)


def test_deviation_is_that_of_the_depth_as_seen_from_above() -> None:
    far = detection(Someone("8", Point(2.5, 4.0)), CAMERA.inverse())
    far.position_covariance = np.diag([0.01, 0.01, 0.49]).reshape(-1)
    (observation,) = seen(far)
    assert observation.position_std == pytest.approx(0.7, abs=0.01)


def test_who_has_no_id_yet_is_nobody() -> None:
    assert seen(detection(Someone("", Point(2.5, 4.0)), CAMERA.inverse())) == []


def test_the_camera_is_asked_for_at_the_images_moment_and_only_for_people() -> None:
    frames = Standing(CAMERA)
    observations_of(array(), frames)  # type: ignore[arg-type]
    assert frames.asked == []
    message = array(detection(Someone("1", Point(0.0, 0.0)), CAMERA.inverse()))
    observations_of(message, frames)  # type: ignore[arg-type]
    assert frames.asked == [("optical", message.header.stamp)]


def test_who_cannot_be_placed_is_there_all_the_same() -> None:
    nowhere = detection(Someone("1", Point(0.0, 0.0)), CAMERA.inverse())
    nowhere.position.x = nowhere.position.y = nowhere.position.z = math.nan
    nowhere.position_covariance = np.full(9, math.nan)
    placed = detection(Someone("2", Point(2.0, 5.0)), CAMERA.inverse())
    first, second = seen(nowhere, placed)
    assert (first.person_id, first.position) == ("1", None)
    assert second.position is not None
    (unplaced,) = seen(placed, transform=None)
    assert unplaced.position is None


def test_a_position_without_a_covariance_is_not_trusted() -> None:
    unsure = detection(Someone("1", Point(2.0, 5.0)), CAMERA.inverse())
    unsure.position_covariance = np.full(9, math.nan)
    (observation,) = seen(unsure)
    assert observation.position is not None
    assert math.isinf(observation.position_std)
