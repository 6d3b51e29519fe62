# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Conversion of detections to observations on the map."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mask_detector_ros.frames import Mount, Transform
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.patrol.observations import observations_of
from mask_detector_ros.perception.types import WearStatus
from support.patrol_world import MapPerson, Point, detection


class FixedFrames:
    """Stands in for ``Frames``: returns one transform and records the lookups."""

    def __init__(self, transform: Transform | None) -> None:
        self.transform = transform
        self.lookups: list[tuple] = []

    def optical_to_map(self, frame_id: str, stamp: object) -> Transform | None:
        self.lookups.append((frame_id, stamp))
        return self.transform


ROBOT = Transform.of_pose(x=2.0, y=1.0, yaw=math.pi / 2)
CAMERA = ROBOT @ Mount(x=0.1, z=1.2, pitch=-0.1).transform()


def array(*detections: MaskDetection) -> MaskDetectionArray:
    message = MaskDetectionArray(detections=detections)
    message.header.frame_id = "optical"
    message.header.stamp.sec = 12
    return message


def observed(*detections: MaskDetection, transform: Transform | None = CAMERA) -> list:
    return observations_of(array(*detections), FixedFrames(transform))  # type: ignore[arg-type]


def test_positions_are_those_of_the_people() -> None:
    place = Point(2.5, 4.0)
    (observation,) = observed(detection(MapPerson("8", place), CAMERA.inverse()))
    assert observation.person_id == "8"
    assert observation.status == WearStatus.NO_MASK
    assert observation.confidence == pytest.approx(0.95)
    assert observation.position is not None
    assert observation.position.distance(place) < 1e-6
    assert observation.position_std == pytest.approx(0.1)


def test_standard_deviation_is_that_of_the_worst_direction_on_the_floor() -> None:
    far = detection(MapPerson("8", Point(2.5, 4.0)), CAMERA.inverse())
    far.position_covariance = np.diag([0.01, 0.01, 0.49]).reshape(-1)
    (observation,) = observed(far)
    assert observation.position_std == pytest.approx(0.7, abs=0.01)


def test_detections_without_a_person_id_are_ignored() -> None:
    assert observed(detection(MapPerson("", Point(2.5, 4.0)), CAMERA.inverse())) == []


def test_the_transform_is_looked_up_at_the_stamp_and_only_if_there_are_people() -> None:
    frames = FixedFrames(CAMERA)
    observations_of(array(), frames)  # type: ignore[arg-type]
    assert frames.lookups == []
    message = array(detection(MapPerson("1", Point(0.0, 0.0)), CAMERA.inverse()))
    observations_of(message, frames)  # type: ignore[arg-type]
    assert frames.lookups == [("optical", message.header.stamp)]


def test_people_without_a_position_are_observed_too() -> None:
    unlocalized = detection(MapPerson("1", Point(0.0, 0.0)), CAMERA.inverse())
    unlocalized.position.x = unlocalized.position.y = unlocalized.position.z = math.nan
    unlocalized.position_covariance = np.full(9, math.nan)
    localized = detection(MapPerson("2", Point(2.0, 5.0)), CAMERA.inverse())
    first, second = observed(unlocalized, localized)
    assert (first.person_id, first.position) == ("1", None)
    assert second.position is not None
    (without_transform,) = observed(localized, transform=None)
    assert without_transform.position is None


def test_a_position_without_a_covariance_has_an_infinite_deviation() -> None:
    without_covariance = detection(MapPerson("1", Point(2.0, 5.0)), CAMERA.inverse())
    without_covariance.position_covariance = np.full(9, math.nan)
    (observation,) = observed(without_covariance)
    assert observation.position is not None
    assert math.isinf(observation.position_std)
