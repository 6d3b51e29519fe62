# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's turn is told from the picture, whoever walks through it, or not at all."""

from __future__ import annotations

import math
import time

import cv2
import numpy as np
import pytest

from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.perception.camera_motion import CameraMotion, Cut, Turn
from mask_detector_ros.perception.types import FloatArray, Image, WearStatus
from mask_detector_ros.simulation.camera import FOCAL
from mask_detector_ros.simulation.camera_view import Figure, View
from mask_detector_ros.simulation.faces import faces
from mask_detector_ros.simulation.places import CORRIDOR, HALL, SHOP
from mask_detector_ros.simulation.renderer import Renderer
from mask_detector_ros.simulation.world import World

NOBODY = np.zeros((0, 4))
LEAST_CUTS = 15
"""Of 30."""
LONG = 1e5
"""A focal length so long that the picture is shifted alike everywhere."""


def between(
    first: Image,
    second: Image,
    focal: float | None = FOCAL,
    people: tuple[FloatArray, FloatArray] = (NOBODY, NOBODY),
) -> Turn | Cut | None:
    """The turn from one picture to another a tenth of a second later."""
    motion = CameraMotion()
    assert motion.measure(first, 1.0, people[0], focal) is None
    return motion.measure(second, 1.1, people[1], focal)


@pytest.fixture(scope="module")
def wide() -> Image:
    """Something with much to be seen in it, larger than a picture."""
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
    turn = between(first, second, LONG)
    assert turn is not None
    assert turn.shift(width / 2) == pytest.approx((across, down), abs=0.004 * width)
    assert turn.seconds == pytest.approx(0.1)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def look(world: World, robot: Pose, *figures: Figure, light: float = 1.0) -> View:
    return View(robot, figures, world.walls, world.glass, light)


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
def test_a_turn_in_a_room_is_found_and_says_where_things_went(
    renderer: Renderer, world: World, robot: Pose, turned: float
) -> None:
    after = Pose(robot.x, robot.y, robot.yaw + turned)
    turn = between(*(renderer.render(look(world, pose)) for pose in (robot, after)))
    assert turn is not None
    assert turn.pan == pytest.approx(turned, abs=3 / FOCAL)
    for angle in (-0.5, 0.0, 0.4):
        before, then = (320 + FOCAL * math.tan(a) for a in (angle, angle + turned))
        assert turn.shift(before)[0] == pytest.approx(then - before, abs=4.5)


def test_an_unknown_camera_is_taken_for_a_common_one(renderer: Renderer) -> None:
    world, robot = ROOMS[2]
    views = (look(world, Pose(robot.x, robot.y, robot.yaw + a)) for a in (0.0, 0.1))
    turn = between(*map(renderer.render, views), focal=None)
    assert turn is not None
    assert turn.shift(320)[0] == pytest.approx(FOCAL * math.tan(0.1), abs=3)


def before_the_robot(robot: Pose, ahead: float, bearing: float, sprite: int) -> Figure:
    """Somebody who looks at the robot."""
    angle = robot.yaw + bearing
    x, y = robot.x + ahead * math.cos(angle), robot.y + ahead * math.sin(angle)
    return Figure(sprite, x, y, angle + math.pi, WearStatus.NO_MASK)


@pytest.mark.parametrize("turned", [0.0, 0.1])
@pytest.mark.parametrize(("world", "robot"), ROOMS[:3])
def test_people_who_walk_by_before_the_robot_do_not_count(
    renderer: Renderer, world: World, robot: Pose, turned: float
) -> None:
    after = Pose(robot.x, robot.y, robot.yaw + turned)
    # One near, one farther off; both go to the right, 40 and 30 pixels.
    ways = ((1.7, -0.1, -0.19, 1), (2.5, 0.25, 0.19, 2))
    first = look(world, robot, *(before_the_robot(robot, d, a, n) for d, a, _, n in ways))
    second = look(world, after, *(before_the_robot(robot, d, b, n) for d, _, b, n in ways))
    boxes = tuple(faces(view)[0].boxes for view in (first, second))
    turn = between(renderer.render(first), renderer.render(second), people=boxes)
    assert turn is not None
    assert turn.pan == pytest.approx(turned, abs=4 / FOCAL)


def test_a_person_who_fills_the_picture_tells_nothing(renderer: Renderer) -> None:
    world, robot = ROOMS[0]
    image = renderer.render(look(world, robot, before_the_robot(robot, 1.0, 0.0, 1)))
    filling = np.array([[170.0, 40.0, 300.0, 360.0]])
    assert between(image, image, people=(filling, filling)) is None


@pytest.mark.parametrize("level", [0, 8, 128, 255])
def test_dark_and_blank_pictures_tell_nothing(level: int) -> None:
    rng = np.random.default_rng(level)
    for _ in range(5):
        noisy = (
            np.clip(level + rng.normal(0, 2, (480, 640, 3)), 0, 255).astype(np.uint8)
            for _ in range(2)
        )
        assert between(*noisy) is None
    flat = np.full((480, 640, 3), level, np.uint8)
    assert between(flat, flat) is None


def test_another_scene_tells_nothing(renderer: Renderer) -> None:
    images = [renderer.render(look(world, robot)) for world, robot in ROOMS[::2]]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        assert between(images[first], images[second]) is None


def after(*images: Image, step: float = 0.1) -> Turn | Cut | None:
    """What is said of the last of some pictures."""
    motion = CameraMotion()
    said = [motion.measure(image, 1 + step * i, NOBODY, FOCAL) for i, image in enumerate(images)]
    return said[-1]


def test_a_cut_is_told_where_no_robot_can_have_turned_so_far(renderer: Renderer) -> None:
    """From each place to each other one; places look alike at times, and then none is told."""
    images = [renderer.render(look(world, robot)) for world, robot in ROOMS]
    others = [(a, b) for a in range(len(ROOMS)) for b in range(len(ROOMS)) if a != b]
    told = [isinstance(after(images[a], images[a], images[b]), Cut) for a, b in others]
    assert sum(told) >= LEAST_CUTS
    for a, b in others:
        assert not isinstance(after(images[a], images[b]), Cut), "nothing was known before"
        assert not isinstance(after(images[a], images[a], images[b], step=0.4), Cut), "too late"


def test_what_is_only_unclear_or_dark_is_no_cut(renderer: Renderer) -> None:
    one, other = (renderer.render(look(world, robot)) for world, robot in (ROOMS[0], ROOMS[2]))
    assert isinstance(after(one, one, other), Cut)
    assert not isinstance(after(one, one, (0.3 * other).astype(np.uint8)), Cut)
    # Nothing is found again, and yet it is light and dark where it was.
    rough, strange = (cv2.GaussianBlur(image, (0, 0), 30).astype(float) for image in (one, other))
    alike = np.clip(rough + other - strange, 0, 255).astype(np.uint8)
    assert after(one, one, alike) is None


@pytest.mark.parametrize(("world", "robot"), ROOMS)
def test_a_quick_turn_is_no_cut(renderer: Renderer, world: World, robot: Pose) -> None:
    """At 0.6 rad/s already, the robot may have turned anywhere."""
    yaws = (0.0, 0.06, 0.9)
    views = [look(world, Pose(robot.x, robot.y, robot.yaw + yaw)) for yaw in yaws]
    assert not isinstance(after(*map(renderer.render, views)), Cut)


@pytest.mark.parametrize("light", [0.05, 0.15, 0.4])
@pytest.mark.parametrize(("world", "robot"), ROOMS)
def test_light_that_is_switched_is_no_cut(
    renderer: Renderer, world: World, robot: Pose, light: float
) -> None:
    bright, dim = (renderer.render(look(world, robot, light=part)) for part in (1.0, light))
    assert not isinstance(after(bright, bright, dim), Cut)
    assert not isinstance(after(dim, dim, bright), Cut)


def test_after_a_pause_a_new_size_or_a_reset_there_is_no_last_picture(wide: Image) -> None:
    image, motion = wide[:480, :640], CameraMotion()

    def told(picture: Image, stamp: float) -> bool:
        return motion.measure(picture, stamp, NOBODY) is not None

    assert not told(image, 1.0)
    assert told(image, 1.1)
    assert not told(image, 3.0), "a pause"
    assert told(image, 3.1)
    assert not told(image, 3.1), "no time passed"
    assert not told(image, 2.0), "time went back"
    assert not told(wide[:240, :320], 2.1), "another size"
    assert told(wide[:240, :320], 2.2)
    motion.reset()
    assert not told(wide[:240, :320], 2.3)


def test_it_takes_less_than_a_millisecond(wide: Image) -> None:
    image, motion = np.ascontiguousarray(wide[:480, :640]), CameraMotion()
    people = np.array([[100.0, 100, 40, 48], [300, 120, 30, 36], [500, 90, 60, 70]])
    times = []
    for i in range(60):
        begin = time.perf_counter()
        motion.measure(image, 0.1 * i, people)
        times.append(time.perf_counter() - begin)
    assert min(times) < 1e-3
