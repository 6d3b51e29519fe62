# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor makes of a sample of images; messages are objects with their attributes."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mask_detector_ros.nodes.tools.topic_sample import ImageSample, is_gray
from mask_detector_ros.resources import find_resource

START = 1_700_000_000.0


def message(image: np.ndarray, stamp: float) -> SimpleNamespace:
    sec = int(stamp)
    time = SimpleNamespace(sec=sec, nanosec=int((stamp - sec) * 1e9))
    return SimpleNamespace(
        header=SimpleNamespace(stamp=time, frame_id="camera"),
        encoding="bgr8",
        width=image.shape[1],
        height=image.shape[0],
        step=3 * image.shape[1],
        is_bigendian=0,
        data=image.tobytes(),
    )


def sample_of(images: Iterable[np.ndarray], stamps: Iterable[float] | None = None) -> ImageSample:
    """Images that arrive at 10 Hz, 20 ms after their stamps."""
    sample = ImageSample()
    for index, image in enumerate(images):
        now = START + index / 10
        stamp = now if stamps is None else list(stamps)[index]
        sample.add(message(image, stamp), index / 10, now + 0.02)
    return sample


def clip(count: int = 20) -> list[np.ndarray]:
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, 140)
    images = [np.asarray(video.read()[1], np.uint8) for _ in range(count)]
    video.release()
    return images


def test_a_good_sample() -> None:
    sample = sample_of(clip())
    found = sample.images()
    assert found["count"] == 20 and (found["width"], found["height"]) == (640, 480)
    assert found["rate"] == pytest.approx(10.0)
    assert (found["problem"], found["content"], found["mounting"]) == ("", "", "")
    assert not found["gray"] and found["lost"] == 0.0
    assert sample.stamps_problem() == "" and sample.clock_problem(None) == ""
    assert sample.age() == pytest.approx(0.02, abs=1e-6)


def test_no_sample() -> None:
    sample = ImageSample()
    assert sample.images() == {"count": 0}
    assert sample.age() is None and sample.clock_problem(None) == ""


def test_an_upside_down_camera_is_suspected() -> None:
    turned = [np.ascontiguousarray(image[::-1, ::-1]) for image in clip()]
    problem = sample_of(turned).images()["mounting"]
    assert "upside down" in problem and "rotate: 180" in problem
    assert sample_of(turned).images(rotate=180)["mounting"] == ""
    assert "set rotate: 0 " in sample_of(clip()).images(rotate=180)["mounting"]


def test_gray_images() -> None:
    color = clip(6)
    gray = [cv2.cvtColor(cv2.cvtColor(i, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) for i in color]
    assert sample_of(gray).images()["gray"]
    jpeg = cv2.imdecode(cv2.imencode(".jpg", gray[0])[1], cv2.IMREAD_COLOR)
    assert is_gray(np.asarray(jpeg, np.uint8))
    # A colorful object in one corner is enough.
    gray[0][:120, :160] = (0, 0, 255)
    assert not is_gray(np.asarray(gray[0], np.uint8))


def test_a_still_image_is_frozen_only_if_it_comes_again_and_again() -> None:
    still = clip(1)[0]
    assert "identical" in sample_of([still] * 20).images()["content"]
    assert sample_of([still] * 3).images()["content"] == ""


def test_some_images_that_cannot_be_used() -> None:
    sample = ImageSample()
    for index, image in enumerate(clip(4)):
        made = message(image, START + index / 10)
        if index == 1:
            made.data = made.data[:1000]
        sample.add(made, index / 10, START + index / 10)
    found = sample.images()
    assert (found["unusable"], found["looked_at"]) == (1, 4)
    assert "truncated" in found["problem"]


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        ([0.0] * 20, "no stamp"),
        ([START] * 20, "stand still"),
        ([START + 1e-3 * (i % 3) for i in range(20)], "hardly advance"),
        ([START + i / 10 - 5.0 * (i % 2) for i in range(20)], "to and fro"),
    ],
)
def test_stamps_that_contradict_the_arrivals(stamps: list[float], words: str) -> None:
    sample = sample_of(clip(1) * 20, stamps)
    assert words in sample.stamps_problem()
    assert sample.images()["lost"] == 0.0


def test_the_clock_of_the_stamps_is_named() -> None:
    hours = [START + 9 * 3600 + i / 10 for i in range(20)]
    assert "local time" in sample_of(clip(1) * 20, hours).clock_problem(None)
    boot = [500.0 + i / 10 for i in range(20)]
    sample = sample_of(clip(1) * 20, boot)
    assert "start of a camera" in sample.clock_problem(None)
    assert sample.clock_problem(boot[-1] + 0.01) == ""  # as simulated time it is right
