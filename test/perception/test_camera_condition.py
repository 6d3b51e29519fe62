# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that shows nothing: what is recognized, and when it is reported."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception import camera_condition
from mask_detector_ros.perception.camera_condition import CameraCondition, SharedProblem, problem_of
from support.media import demo_frame

RANDOM = np.random.default_rng(0)


def noisy(level: float | tuple[float, float, float], deviation: float) -> Image:
    """A uniform scene as a sensor sees it."""
    values = RANDOM.normal(level, deviation, (480, 640, 3))
    return np.clip(values, 0, 255).astype(np.uint8)


def brighter(image: Image, gain: float, offset: float = 0.0) -> Image:
    return np.clip(image * gain + offset, 0, 255).astype(np.uint8)


def night(image: Image) -> Image:
    """Without light but for one lamp."""
    dark = brighter(image, 0.05)
    dark[40:100, 300:380] = 250
    return dark


PROBLEMS = {
    "lens cap": (noisy(4, 3), camera_condition.BLACK),
    "lens cap, limited range": (noisy(16, 1), camera_condition.BLACK),
    "only zeros": (np.zeros((480, 640, 3), np.uint8), camera_condition.BLACK),
    "white": (np.full((480, 640, 3), 255, np.uint8), camera_condition.WHITE),
    "overexposed": (brighter(demo_frame(60), 4.0, 120.0), camera_condition.WHITE),
    "no signal, green": (np.full((480, 640, 3), (0, 135, 0), np.uint8), camera_condition.UNIFORM),
    "hand on the lens": (noisy((40, 60, 120), 1.2), camera_condition.UNIFORM),
    "hall at night": (night(demo_frame(60)), camera_condition.DARK),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_an_image_that_shows_nothing_is_recognized(name: str) -> None:
    image, expected = PROBLEMS[name]
    assert problem_of(image) == expected
    assert problem_of(np.asarray(cv2.resize(image, (1920, 1080)))) == expected


@pytest.mark.parametrize("gain", [0.25, 0.5, 1.0, 1.4])
def test_an_image_with_something_to_see_is_fine(gain: float) -> None:
    for index in (0, 200, 400):
        assert problem_of(brighter(demo_frame(index), gain)) == ""


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3, 3), (480, 1, 3)])
def test_tiny_images_do_not_raise(shape: tuple[int, int, int]) -> None:
    assert problem_of(np.zeros(shape, np.uint8)) == camera_condition.BLACK


def test_the_problem_of_all_images_is_the_one_they_share() -> None:
    black, fine = noisy(4, 2), demo_frame(0)
    assert camera_condition.problem_of_all([black, black]) == camera_condition.BLACK
    assert camera_condition.problem_of_all([black, fine]) == ""
    assert camera_condition.problem_of_all([]) == ""


def test_a_problem_is_reported_when_it_lasts_and_ends_with_the_next_good_image() -> None:
    condition = CameraCondition()
    reported = []
    for index in range(40):
        condition.update(noisy(4, 2), index / 10)
        reported.append(condition.problem)
    assert reported[19] == "" and reported[20] == camera_condition.BLACK
    condition.update(demo_frame(0), 3.95)
    assert condition.problem == camera_condition.BLACK, "looked at too soon"
    condition.update(demo_frame(0), 4.1)
    assert condition.problem == ""


def test_a_flash_is_not_reported() -> None:
    condition = CameraCondition()
    for index in range(20):
        condition.update(noisy(254, 1) if index in (5, 6) else demo_frame(index), float(index))
        assert condition.problem == ""


def test_identical_images_are_reported_as_frozen_after_ten_seconds() -> None:
    condition = CameraCondition()
    for second in range(10):
        condition.update(demo_frame(60), float(second))
        assert condition.problem == ""
    condition.update(demo_frame(60), 10.0)
    assert condition.problem == camera_condition.FROZEN
    condition.update(demo_frame(61), 11.0)
    assert condition.problem == ""


def test_a_still_scene_with_sensor_noise_is_not_frozen() -> None:
    condition, scene = CameraCondition(), demo_frame(60).astype(np.int16)
    for second in range(30):
        noise = RANDOM.integers(-1, 2, scene.shape)
        condition.update(np.clip(scene + noise, 0, 255).astype(np.uint8), float(second))
        assert condition.problem == ""


def test_a_recording_has_the_problem_that_all_its_images_share() -> None:
    black, mixed, still, slow = (SharedProblem() for _ in range(4))
    for second in range(12):
        black.add(noisy(4, 2), float(second))
        mixed.add(noisy(4, 2) if second else demo_frame(0), float(second))
        still.add(demo_frame(60), float(second))
        slow.add(demo_frame(60), second / 10)
    assert black.problem == camera_condition.BLACK
    assert mixed.problem == ""
    assert still.problem == camera_condition.FROZEN
    assert slow.problem == "", "a second of a still image is no frozen camera"
    assert SharedProblem().problem == ""
