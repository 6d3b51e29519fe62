# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many bits of 16-bit pixels a camera uses."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.images import BitDepth

RNG = np.random.default_rng(0)


def scene(bits: int, brightness: float = 1.0) -> np.ndarray:
    """(200, 300) values of a sensor: noise up to a fraction of its range."""
    high = int((2**bits - 1) * brightness)
    return RNG.integers(0, high + 1, (200, 300)).astype(np.uint16)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_the_depth_of_a_bright_image(bits: int) -> None:
    depth = BitDepth()
    image = depth.to_8_bits(scene(bits))
    assert depth.bits == bits
    assert image.dtype == np.uint8
    assert 110 < image.mean() < 145


def test_the_depth_does_not_fall_in_the_dark() -> None:
    depth = BitDepth()
    before = depth.to_8_bits(scene(12)).mean()
    for _ in range(50):
        assert depth.to_8_bits(scene(12, 0.05)).mean() < 0.1 * before
    assert depth.bits == 12


@pytest.mark.parametrize("divisor", [4, 16])
def test_a_scene_that_becomes_dark_does_not_flicker(divisor: int) -> None:
    depth = BitDepth()
    bright = scene(12)
    for _ in range(20):
        depth.to_8_bits(bright)
    for _ in range(25):  # the highest values are those of fewer bits
        assert abs(int(depth.to_8_bits(bright // divisor).max()) - 255 // divisor) <= 1
    for _ in range(200):
        assert depth.to_8_bits(scene(12, 0.05)).max() <= 13
    assert depth.bits == 12


def test_a_camera_that_is_set_to_fewer_bits_is_followed() -> None:
    depth = BitDepth()
    for bits in (16, 12, 10, 12, 16):
        for _ in range(35):
            image = depth.to_8_bits(scene(bits))
        assert depth.bits == bits
        assert 110 < image.mean() < 145


def test_one_image_of_transmission_errors_does_not_decide_for_ever() -> None:
    depth = BitDepth()
    depth.to_8_bits(scene(16))
    for _ in range(120):
        image = depth.to_8_bits(scene(10, 0.6))
    assert depth.bits == 10 and image.mean() > 60


def test_the_depth_grows_with_the_first_bright_image() -> None:
    depth = BitDepth()
    depth.to_8_bits(scene(12, 0.02))
    assert depth.bits < 12
    depth.to_8_bits(scene(12))
    assert depth.bits == 12


@pytest.mark.parametrize("shift", [2, 4])
def test_8_bits_shifted_to_the_depth_of_a_sensor(shift: int) -> None:
    depth = BitDepth()
    for brightness in (1.0, 0.2):
        eight = scene(8, brightness)
        assert np.array_equal(depth.to_8_bits(eight << np.uint16(shift)), eight)


@pytest.mark.parametrize("scale", [257, 256])
def test_dark_images_that_were_scaled_to_16_bits_are_not_brightened(scale: int) -> None:
    values = scene(8, 0.1) * np.uint16(scale)
    depth = BitDepth()
    assert np.array_equal(depth.to_8_bits(values), values >> 8)


def test_a_few_defective_pixels_do_not_decide() -> None:
    values = scene(10)
    values[7, 7] = 65535
    depth = BitDepth()
    image = depth.to_8_bits(values)
    assert depth.bits == 10
    assert image[7, 7] == 255


def test_a_given_depth_is_used_whatever_the_data_show() -> None:
    values = scene(16)
    assert np.array_equal(BitDepth(16).to_8_bits(scene(10) * 0 + 1023), np.full((200, 300), 3))
    assert (BitDepth(12).to_8_bits(values)[values > 4095] == 255).all()


def test_a_black_image() -> None:
    assert not BitDepth().to_8_bits(np.zeros((4, 4), np.uint16)).any()
