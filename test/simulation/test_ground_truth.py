# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import CLASSES, UnknownReason, WearStatus
from mask_detector_ros.simulation import camera
from mask_detector_ros.simulation.camera_view import CameraView, Figure
from mask_detector_ros.simulation.ground_truth import ground_truth_faces

ROBOT = Pose(0.0, 0.0, 0.0)


def person(x: float, y: float = 0.0, yaw_deg: float = 0.0, **changes: object) -> Figure:
    """A person who faces the robot, rotated by ``yaw_deg``."""
    facing = math.atan2(-y, -x) + math.radians(yaw_deg)
    figure = Figure(0, x, y, facing, WearStatus.NOSE_EXPOSED)
    return replace(figure, **changes)  # type: ignore[arg-type]


def wall_at(x: float) -> tuple[tuple[Point, Point], ...]:
    """A wall across the viewing direction."""
    return ((Point(x, -3.0), Point(x, 3.0)),)


def test_a_face_at_two_meters_has_its_true_size_and_position() -> None:
    faces, rows = ground_truth_faces(CameraView(ROBOT, (person(2.0),)))
    assert list(rows) == [0]
    assert faces.boxes[0, 2] == pytest.approx(0.15 * camera.FOCAL_LENGTH_PX / 2, rel=1e-3)
    assert faces.positions[0, [0, 2]] == pytest.approx([0.0, 2.0], abs=1e-5)
    assert faces.positions[0, 1] < 0  # above the lens
    x, y, w, h = faces.boxes[0]
    middle = camera.FOCAL_LENGTH_PX * faces.positions[0, 1] / 2 + camera.CENTER_Y
    assert (x + w / 2, y + h / 2) == pytest.approx((camera.CENTER_X, middle), abs=0.1)


@pytest.mark.parametrize("wear_status", CLASSES)
def test_the_status_is_the_true_one(wear_status: WearStatus) -> None:
    faces, _ = ground_truth_faces(CameraView(ROBOT, (person(2.0, wear_status=wear_status),)))
    assert faces.status[0] == faces.frame_status[0] == wear_status
    assert CLASSES[int(faces.probabilities[0].argmax())] == wear_status
    assert faces.probabilities[0].sum() == pytest.approx(1.0)


def test_a_child_is_lower_and_a_little_smaller() -> None:
    faces, rows = ground_truth_faces(
        CameraView(ROBOT, (person(2.0, 0.4), person(2.0, -0.4, height=1.2)))
    )
    child, adult = faces[rows == 1], faces[rows == 0]
    assert child.boxes[0, 1] > adult.boxes[0, 1] + 60
    assert 0.8 < child.boxes[0, 2] / adult.boxes[0, 2] < 0.95


@pytest.mark.parametrize(("yaw_deg", "visible"), [(0, 1), (60, 1), (-65, 1), (75, 0), (180, 0)])
def test_faces_turned_away_are_not_visible(yaw_deg: float, visible: int) -> None:
    assert len(ground_truth_faces(CameraView(ROBOT, (person(2.0, yaw_deg=yaw_deg),)))[0]) == visible


@pytest.mark.parametrize("position", [(7.0, 0.0), (-2.0, 0.0), (2.0, 2.0), (0.4, 0.0)])
def test_faces_out_of_range_or_outside_the_image_are_not_visible(
    position: tuple[float, float],
) -> None:
    assert len(ground_truth_faces(CameraView(ROBOT, (person(*position),)))[0]) == 0


def test_walls_occlude_and_glass_does_not() -> None:
    view = CameraView(ROBOT, (person(3.0),))
    assert len(ground_truth_faces(replace(view, walls=wall_at(2.0)))[0]) == 0
    assert len(ground_truth_faces(replace(view, walls=wall_at(4.0)))[0]) == 1
    assert len(ground_truth_faces(replace(view, glass=wall_at(2.0)))[0]) == 1


def test_people_occlude_those_behind_them() -> None:
    _, rows = ground_truth_faces(CameraView(ROBOT, (person(4.0), person(2.0))))
    assert list(rows) == [1]
    _, rows = ground_truth_faces(CameraView(ROBOT, (person(4.0, 0.8), person(2.0))))
    assert list(rows) == [1, 0], "not nearest first"


def test_a_child_does_not_occlude_an_adult() -> None:
    _, rows = ground_truth_faces(CameraView(ROBOT, (person(3.0), person(2.5, height=1.1))))
    assert list(rows) == [1, 0]


def test_status_is_unknown_in_the_dark() -> None:
    faces, _ = ground_truth_faces(CameraView(ROBOT, (person(2.0),), light=0.05))
    assert list(faces.status) == [WearStatus.UNKNOWN]
    assert list(faces.reason) == [UnknownReason.DARK]
    assert faces.confidence[0] == 0


def test_a_poster_on_its_wall_is_visible() -> None:
    poster = person(3.0, is_poster=True, wear_status=WearStatus.NO_MASK)
    faces, _ = ground_truth_faces(CameraView(ROBOT, (poster,), walls=wall_at(2.95)))
    assert list(faces.status) == [WearStatus.NO_MASK]


def test_no_figures_give_empty_detections() -> None:
    faces, rows = ground_truth_faces(CameraView(ROBOT))
    assert len(faces) == len(rows) == 0
    assert faces.probabilities.shape == (0, 4)


def test_every_face_has_a_position() -> None:
    crowd = tuple(person(2.0 + 0.5 * k, 0.5 * (k - 2)) for k in range(5))
    faces, rows = ground_truth_faces(CameraView(ROBOT, crowd))
    assert np.isfinite(faces.positions).all()
    assert np.isfinite(faces.covariances).all()
    assert len(set(rows.tolist())) == len(rows) >= 4
