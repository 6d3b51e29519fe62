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
from mask_detector_ros.simulation.camera_view import Figure, View
from mask_detector_ros.simulation.faces import faces

ROBOT = Pose(0.0, 0.0, 0.0)


def person(x: float, y: float = 0.0, turn: float = 0.0, **more: object) -> Figure:
    """Somebody who looks at the robot, turned by degrees."""
    facing = math.atan2(-y, -x) + math.radians(turn)
    figure = Figure(0, x, y, facing, WearStatus.NOSE_EXPOSED)
    return replace(figure, **more)  # type: ignore[arg-type]


def across(x: float) -> tuple[tuple[Point, Point], ...]:
    return ((Point(x, -3.0), Point(x, 3.0)),)


def test_a_face_at_two_meters_has_its_true_size_and_place() -> None:
    found, rows = faces(View(ROBOT, (person(2.0),)))
    assert list(rows) == [0]
    assert found.boxes[0, 2] == pytest.approx(0.15 * camera.FOCAL / 2, rel=1e-3)
    assert found.positions[0, [0, 2]] == pytest.approx([0.0, 2.0], abs=1e-5)
    assert found.positions[0, 1] < 0  # above the lens
    x, y, w, h = found.boxes[0]
    middle = camera.FOCAL * found.positions[0, 1] / 2 + camera.CENTER_Y
    assert (x + w / 2, y + h / 2) == pytest.approx((camera.CENTER_X, middle), abs=0.1)


@pytest.mark.parametrize("wear", CLASSES)
def test_the_wear_is_told_as_it_is(wear: WearStatus) -> None:
    found, _ = faces(View(ROBOT, (person(2.0, wear=wear),)))
    assert found.status[0] == found.frame_status[0] == wear
    assert CLASSES[int(found.probabilities[0].argmax())] == wear
    assert found.probabilities[0].sum() == pytest.approx(1.0)


def test_a_child_is_lower_and_a_little_smaller() -> None:
    found, rows = faces(View(ROBOT, (person(2.0, 0.4), person(2.0, -0.4, height=1.2))))
    child, grown = found[rows == 1], found[rows == 0]
    assert child.boxes[0, 1] > grown.boxes[0, 1] + 60
    assert 0.8 < child.boxes[0, 2] / grown.boxes[0, 2] < 0.95


@pytest.mark.parametrize(("turn", "seen"), [(0, 1), (60, 1), (-65, 1), (75, 0), (180, 0)])
def test_faces_turned_away_are_not_seen(turn: float, seen: int) -> None:
    assert len(faces(View(ROBOT, (person(2.0, turn=turn),)))[0]) == seen


@pytest.mark.parametrize("place", [(7.0, 0.0), (-2.0, 0.0), (2.0, 2.0), (0.4, 0.0)])
def test_too_far_behind_beside_or_too_near_for_the_picture(place: tuple[float, float]) -> None:
    assert len(faces(View(ROBOT, (person(*place),)))[0]) == 0


def test_walls_hide_and_glass_does_not() -> None:
    view = View(ROBOT, (person(3.0),))
    assert len(faces(replace(view, walls=across(2.0)))[0]) == 0
    assert len(faces(replace(view, walls=across(4.0)))[0]) == 1
    assert len(faces(replace(view, glass=across(2.0)))[0]) == 1


def test_the_nearer_hides_whom_he_stands_before() -> None:
    _, rows = faces(View(ROBOT, (person(4.0), person(2.0))))
    assert list(rows) == [1]
    _, rows = faces(View(ROBOT, (person(4.0, 0.8), person(2.0))))
    assert list(rows) == [1, 0], "nearest first, both in sight"


def test_a_child_does_not_hide_a_grown_up() -> None:
    _, rows = faces(View(ROBOT, (person(3.0), person(2.5, height=1.1))))
    assert list(rows) == [1, 0]


def test_in_the_dark_nobody_is_accused() -> None:
    found, _ = faces(View(ROBOT, (person(2.0),), light=0.05))
    assert list(found.status) == [WearStatus.UNKNOWN]
    assert list(found.reason) == [UnknownReason.DARK]
    assert found.confidence[0] == 0


def test_a_poster_on_its_wall_is_seen() -> None:
    poster = person(3.0, is_poster=True, wear=WearStatus.NO_MASK)
    found, _ = faces(View(ROBOT, (poster,), walls=across(2.95)))
    assert list(found.status) == [WearStatus.NO_MASK]


def test_nobody_is_an_empty_frame() -> None:
    found, rows = faces(View(ROBOT))
    assert len(found) == len(rows) == 0
    assert found.probabilities.shape == (0, 4)


def test_every_row_is_placed() -> None:
    crowd = tuple(person(2.0 + 0.5 * k, 0.5 * (k - 2)) for k in range(5))
    found, rows = faces(View(ROBOT, crowd))
    assert np.isfinite(found.positions).all()
    assert np.isfinite(found.covariances).all()
    assert len(set(rows.tolist())) == len(rows) >= 4
