# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ego-rotation and scene cuts, estimated from images with and without people in them."""

from __future__ import annotations

import math
import time

import cv2
import numpy as np
import pytest

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.perception.camera_motion import CameraMotion, EgoRotation, SceneCut
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.camera import FOCAL_LENGTH_PX
from mask_detector_ros.simulation.camera_view import CameraView, Figure
from mask_detector_ros.simulation.environments import CORRIDOR, HALL, SHOP
from mask_detector_ros.simulation.ground_truth import ground_truth_faces
from mask_detector_ros.simulation.renderer import Renderer
from mask_detector_ros.simulation.world import World

NO_FACES = np.zeros((0, 4))
MIN_CUTS = 15
"""Of 30 pairs of places; some look alike."""
LONG_FOCAL_PX = 1e5
"""So long that a rotation shifts all of the image alike."""


def estimate(
    first: Image,
    second: Image,
    focal: float | None = FOCAL_LENGTH_PX,
    people: tuple[FloatArray, FloatArray] = (NO_FACES, NO_FACES),
) -> EgoRotation | SceneCut | None:
    """The estimate for two images a tenth of a second apart."""
    motion = CameraMotion()
    assert motion.estimate(first, 1.0, people[0], focal) is None, "there is no image before"
    return motion.estimate(second, 1.1, people[1], focal)


def rotation(
    first: Image,
    second: Image,
    focal: float | None = FOCAL_LENGTH_PX,
    people: tuple[FloatArray, FloatArray] = (NO_FACES, NO_FACES),
) -> EgoRotation:
    """The same where a rotation must be estimated."""
    found = estimate(first, second, focal, people)
    assert isinstance(found, EgoRotation)
    return found


@pytest.fixture(scope="module")
def wide() -> Image:
    """A scene with many details, larger than the images cut from it."""
    rng = np.random.default_rng(4)
    image = np.full((700, 1200, 3), 120, np.uint8)
    for _ in range(200):
        x, y = (int(v) for v in rng.uniform(0, (1200, 700)))
        w, h = (int(v) for v in rng.uniform(10, 120, 2))
        color = tuple(float(v) for v in rng.uniform(60, 190, 3))
        cv2.rectangle(image, (x, y), (x + w, y + h), color, -1)
    return image


@pytest.mark.parametrize("shift", [(0, 0), (7, 0), (-54, 3), (128, -8), (-128, 20)])
@pytest.mark.parametrize("size", [(640, 480), (320, 240), (800, 600)])
def test_known_shifts_are_found(wide: Image, shift: tuple[int, int], size: tuple[int, int]) -> None:
    (across, down), (width, height) = shift, size
    across = across * width // 640
    first, second = (
        wide[50 - y : 50 - y + height, 200 - x : 200 - x + width]
        for x, y in ((0, 0), (across, down))
    )
    found = rotation(first, second, LONG_FOCAL_PX)
    assert found.shift(width / 2) == pytest.approx((across, down), abs=0.004 * width)
    assert found.seconds == pytest.approx(0.1)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def look(world: World, robot: Pose, *figures: Figure, light: float = 1.0) -> CameraView:
    return CameraView(robot, figures, world.walls, world.glass, light)


ROOMS = [
    (CORRIDOR, Pose(2.0, 2.0, 0.3)),
    (CORRIDOR, Pose(9.0, 2.2, 2.4)),
    (HALL, Pose(3.0, 2.5, 0.0)),
    (HALL, Pose(6.0, 3.0, -2.0)),
    (SHOP, Pose(2.0, 2.0, 0.8)),
    (SHOP, Pose(5.0, 5.0, -1.0)),
]


@pytest.mark.parametrize("turned", [0.0, 0.02, -0.12, 0.24])
@pytest.mark.parametrize(("world", "robot"), ROOMS)
def test_rotation_in_a_room_is_estimated_with_its_shifts(
    renderer: Renderer, world: World, robot: Pose, turned: float
) -> None:
    after = Pose(robot.x, robot.y, robot.yaw + turned)
    first, second = (renderer.render(look(world, pose)) for pose in (robot, after))
    found = rotation(first, second)
    assert found.pan == pytest.approx(turned, abs=3 / FOCAL_LENGTH_PX)
    for angle in (-0.5, 0.0, 0.4):
        before, then = (320 + FOCAL_LENGTH_PX * math.tan(a) for a in (angle, angle + turned))
        assert found.shift(before)[0] == pytest.approx(then - before, abs=4.5)


def test_a_camera_without_calibration_gets_the_default_focal_length(renderer: Renderer) -> None:
    world, robot = ROOMS[2]
    views = (look(world, Pose(robot.x, robot.y, robot.yaw + a)) for a in (0.0, 0.1))
    first, second = map(renderer.render, views)
    found = rotation(first, second, focal=None)
    assert found.shift(320)[0] == pytest.approx(FOCAL_LENGTH_PX * math.tan(0.1), abs=3)


def person_ahead(robot: Pose, ahead: float, bearing: float, sprite: int) -> Figure:
    """A person who faces the robot."""
    angle = robot.yaw + bearing
    x, y = robot.x + ahead * math.cos(angle), robot.y + ahead * math.sin(angle)
    return Figure(sprite, x, y, angle + math.pi, WearStatus.NO_MASK)


@pytest.mark.parametrize("turned", [0.0, 0.1])
# From ROOMS[1] the people would stand behind a wall.
@pytest.mark.parametrize(("world", "robot"), [ROOMS[0], (CORRIDOR, Pose(9.0, 1.0, 2.4)), ROOMS[2]])
def test_people_who_walk_by_do_not_change_the_estimate(
    renderer: Renderer, world: World, robot: Pose, turned: float
) -> None:
    after = Pose(robot.x, robot.y, robot.yaw + turned)
    # One near, one farther away; both move right, by 40 and 30 pixels.
    ways = ((1.7, -0.1, -0.19, 1), (2.5, 0.25, 0.19, 2))
    first = look(world, robot, *(person_ahead(robot, d, a, n) for d, a, _, n in ways))
    second = look(world, after, *(person_ahead(robot, d, b, n) for d, _, b, n in ways))
    boxes = ground_truth_faces(first)[0].boxes, ground_truth_faces(second)[0].boxes
    assert len(boxes[0]) == len(boxes[1]) == 2
    found = rotation(renderer.render(first), renderer.render(second), people=boxes)
    assert found.pan == pytest.approx(turned, abs=4 / FOCAL_LENGTH_PX)


def test_no_estimate_where_a_person_fills_the_image(renderer: Renderer) -> None:
    world, robot = ROOMS[0]
    image = renderer.render(look(world, robot, person_ahead(robot, 1.0, 0.0, 1)))
    filling = np.array([[170.0, 40.0, 300.0, 360.0]])
    assert estimate(image, image, people=(filling, filling)) is None


@pytest.mark.parametrize("level", [0, 8, 128, 255])
def test_no_estimate_from_dark_and_blank_images(level: int) -> None:
    rng = np.random.default_rng(level)
    for _ in range(5):
        first, second = (
            np.clip(level + rng.normal(0, 2, (480, 640, 3)), 0, 255).astype(np.uint8)
            for _ in range(2)
        )
        assert estimate(first, second) is None
    flat = np.full((480, 640, 3), level, np.uint8)
    assert estimate(flat, flat) is None


def test_no_estimate_between_different_scenes(renderer: Renderer) -> None:
    images = [renderer.render(look(world, robot)) for world, robot in ROOMS[::2]]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        assert estimate(images[first], images[second]) is None


def last_estimate(*images: Image, step: float = 0.1) -> EgoRotation | SceneCut | None:
    """The estimate for the last of some images, ``step`` seconds apart."""
    motion = CameraMotion()
    estimates = [
        motion.estimate(image, 1 + step * i, NO_FACES, FOCAL_LENGTH_PX)
        for i, image in enumerate(images)
    ]
    return estimates[-1]


def test_a_scene_cut_is_detected_where_the_camera_cannot_have_rotated_so_far(
    renderer: Renderer,
) -> None:
    """From each place to each other one; places that look alike are no cut."""
    images = [renderer.render(look(world, robot)) for world, robot in ROOMS]
    others = [(a, b) for a in range(len(ROOMS)) for b in range(len(ROOMS)) if a != b]
    cuts = [isinstance(last_estimate(images[a], images[a], images[b]), SceneCut) for a, b in others]
    assert sum(cuts) >= MIN_CUTS
    for a, b in others:
        assert not isinstance(last_estimate(images[a], images[b]), SceneCut), "no rotation before"
        assert not isinstance(last_estimate(images[a], images[a], images[b], step=0.4), SceneCut), (
            "too long after"
        )


def test_images_that_are_dark_or_similar_are_no_cut() -> None:
    renderer = Renderer()  # its noise depends on the number of images rendered before
    one, other = (renderer.render(look(world, robot)) for world, robot in (ROOMS[0], ROOMS[2]))
    assert isinstance(last_estimate(one, one, other), SceneCut)
    assert not isinstance(last_estimate(one, one, (0.3 * other).astype(np.uint8)), SceneCut)
    # The details differ, but bright and dark regions are where they were.
    rough, strange = (cv2.GaussianBlur(image, (0, 0), 30).astype(float) for image in (one, other))
    alike = np.clip(rough + other - strange, 0, 255).astype(np.uint8)
    assert last_estimate(one, one, alike) is None


@pytest.mark.parametrize(("world", "robot"), ROOMS)
def test_a_fast_rotation_is_no_cut(renderer: Renderer, world: World, robot: Pose) -> None:
    """From 0.6 rad/s on, the robot may have rotated by any angle."""
    yaws = (0.0, 0.06, 0.9)
    views = [look(world, Pose(robot.x, robot.y, robot.yaw + yaw)) for yaw in yaws]
    assert not isinstance(last_estimate(*map(renderer.render, views)), SceneCut)


@pytest.mark.parametrize("light", [0.05, 0.15, 0.4])
@pytest.mark.parametrize(("world", "robot"), ROOMS)
def test_switched_light_is_no_cut(
    renderer: Renderer, world: World, robot: Pose, light: float
) -> None:
    bright, dim = (renderer.render(look(world, robot, light=level)) for level in (1.0, light))
    assert not isinstance(last_estimate(bright, bright, dim), SceneCut)
    assert not isinstance(last_estimate(dim, dim, bright), SceneCut)


def test_no_estimate_after_a_pause_a_new_size_or_a_reset(wide: Image) -> None:
    image, motion = wide[:480, :640], CameraMotion()

    def estimated(image: Image, stamp: float) -> bool:
        return motion.estimate(image, stamp, NO_FACES) is not None

    assert not estimated(image, 1.0)
    assert estimated(image, 1.1)
    assert not estimated(image, 3.0), "a pause"
    assert estimated(image, 3.1)
    assert not estimated(image, 3.1), "no time passed"
    assert not estimated(image, 2.0), "time jumped back"
    assert not estimated(wide[:240, :320], 2.1), "another size"
    assert estimated(wide[:240, :320], 2.2)
    motion.reset()
    assert not estimated(wide[:240, :320], 2.3)


def test_it_takes_less_than_a_millisecond(wide: Image) -> None:
    image, motion = np.ascontiguousarray(wide[:480, :640]), CameraMotion()
    people = np.array([[100.0, 100, 40, 48], [300, 120, 30, 36], [500, 90, 60, 70]])
    times = []
    for i in range(60):
        begin = time.perf_counter()
        motion.estimate(image, 0.1 * i, people)
        times.append(time.perf_counter() - begin)
    assert min(times) < 1e-3
