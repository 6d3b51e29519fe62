# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that is mounted upside down or sideways is suspected, an upright one is not."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception import MaskPipeline, PipelineSettings
from mask_detector_ros.perception.image_rotation import ImageRotation
from mask_detector_ros.perception.mounting import (
    MAX_PERIOD_S,
    PERIOD_S,
    QUICK_TRIES,
    TRIED,
    VOTES,
    MountingCheck,
    suspected_rotation,
)
from support.media import demo_frame

WORDS = {180: "upside down", 90: "on its side", 270: "on its side"}


@pytest.fixture(scope="module")
def pipeline() -> MaskPipeline:
    return MaskPipeline()


def as_mounted(image: Image, degrees: int) -> Image:
    """What a camera sees whose images must be turned by ``degrees``."""
    return ImageRotation(degrees, image.shape[1], image.shape[0]).inverse().image(image)


class Watch:
    """Frames at 4 Hz, passed to the check."""

    def __init__(self, pipeline: MaskPipeline, rotate: int = 0) -> None:
        self.pipeline = pipeline
        pipeline.settings = PipelineSettings(rotate=rotate)
        pipeline.reset()
        self.check, self.seconds, self.turned = MountingCheck(), 100.0, 0

    def score(self, image: Image) -> float:
        self.turned += 1
        return self.pipeline.face_score(image)

    def see(self, images: list[Image]) -> str:
        for image in images:
            self.seconds += 0.25
            result = self.pipeline.process(image, self.seconds)
            self.check.update(image, result, self.score, self.seconds)
        return self.check.problem


FRAMES = [demo_frame(index) for index in range(0, 560, 8)]


@pytest.mark.parametrize("degrees", TRIED)
def test_a_turned_camera_is_suspected_and_its_remedy_works(
    pipeline: MaskPipeline, degrees: int
) -> None:
    mounted = [as_mounted(image, degrees) for image in FRAMES]
    watch = Watch(pipeline)
    problem = watch.see(mounted)
    assert f"set rotate: {degrees}" in problem and WORDS[degrees] in problem
    assert watch.turned <= len(mounted) * 0.25 / PERIOD_S + 2 * VOTES + 1
    corrected = Watch(pipeline, rotate=degrees)
    assert corrected.see(mounted) == ""
    assert corrected.turned <= 3


def test_a_wrong_rotation_is_suspected_with_the_right_value(pipeline: MaskPipeline) -> None:
    problem = Watch(pipeline, rotate=90).see([as_mounted(image, 270) for image in FRAMES])
    assert "set rotate: 270" in problem


def test_an_upright_camera_is_not_suspected(pipeline: MaskPipeline) -> None:
    assert Watch(pipeline).see(FRAMES) == ""


@pytest.mark.parametrize("level", [0, 90])
def test_an_empty_scene_is_not_suspected(pipeline: MaskPipeline, level: int) -> None:
    noise = np.random.default_rng(0).normal(level, 20, (480, 640, 3))
    image = np.clip(noise, 0, 255).astype(np.uint8)
    watch = Watch(pipeline)
    assert watch.see([image] * 40) == ""
    assert watch.turned == pytest.approx(40 * 0.25 / PERIOD_S, abs=1)


def test_the_suspicion_ends_when_upright_faces_are_seen(pipeline: MaskPipeline) -> None:
    watch = Watch(pipeline)
    assert watch.see([as_mounted(image, 180) for image in FRAMES])
    assert watch.see(FRAMES) == ""


@pytest.mark.parametrize("degrees", [0, *TRIED])
def test_the_rotation_of_a_sample_of_images(pipeline: MaskPipeline, degrees: int) -> None:
    sample = [as_mounted(image, degrees) for image in FRAMES[::12]]
    assert suspected_rotation(sample, pipeline.face_score) == degrees


def test_the_rotation_of_a_sample_without_people(pipeline: MaskPipeline) -> None:
    assert suspected_rotation([], pipeline.face_score) == 0
    empty = np.full((480, 640, 3), 90, np.uint8)
    assert suspected_rotation([empty, empty], pipeline.face_score) == 0


def test_a_camera_that_sees_nobody_costs_less_and_less(pipeline: MaskPipeline) -> None:
    image = np.full((480, 640, 3), 90, np.uint8)
    result, check, turned = pipeline.process(image), MountingCheck(), []

    def no_face(turned_image: np.ndarray) -> float:
        turned.append(turned_image)
        return 0.0

    for second in range(1200):
        check.update(image, result, no_face, float(second))
    assert QUICK_TRIES <= len(turned) <= QUICK_TRIES + 6 + 1200 / MAX_PERIOD_S
