# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Raw image messages of all encodings to pixels, whichever library deserialized them."""

from __future__ import annotations

import array
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_detector_ros.images import ENCODINGS, BitDepth, ImageError, decode_image
from support.optional import optional
from support.raw_images import RawImage, is_deep, raw_image, smooth_image

GRAY = {"mono8", "8UC1", "mono16", "16UC1"}
EXACT = GRAY | {name for name in ENCODINGS if name.startswith(("bgr", "rgb", "8UC", "16UC"))}


def expected_image(encoding: str) -> np.ndarray:
    image = smooth_image()
    if encoding in GRAY:
        return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return image


def live(raw: RawImage) -> Any:
    """As rclpy delivers it."""
    message = optional("sensor_msgs.msg").Image(
        encoding=raw.encoding, width=raw.width, height=raw.height, step=raw.step
    )
    message.is_bigendian = raw.is_bigendian
    message.data = array.array("B", raw.data)
    return message


def recorded(raw: RawImage) -> Any:
    """As rosbags reads it from a bag."""
    typesys = optional("rosbags.typesys")
    types = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE).types
    header = types["std_msgs/msg/Header"](types["builtin_interfaces/msg/Time"](0, 0), "camera")
    return types["sensor_msgs/msg/Image"](
        header,
        raw.height,
        raw.width,
        raw.encoding,
        raw.is_bigendian,
        raw.step,
        np.frombuffer(raw.data, np.uint8),
    )


@pytest.mark.parametrize("padding", [0, 12])
@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_every_encoding_is_converted_to_the_same_colors(encoding: str, padding: int) -> None:
    decoded = decode_image(raw_image(smooth_image(), encoding, padding))
    difference = np.abs(decoded.astype(int) - expected_image(encoding))[2:-2, 2:-2]
    assert difference.max() <= (0 if encoding in EXACT else 8)


@pytest.mark.parametrize("deserialized", [live, recorded])
def test_live_and_recorded_messages_are_read_alike(deserialized: Callable[[RawImage], Any]) -> None:
    for encoding in ENCODINGS:
        raw = raw_image(smooth_image(), encoding, padding=8)
        assert np.array_equal(decode_image(deserialized(raw)), decode_image(raw)), encoding


@pytest.mark.parametrize("encoding", sorted(filter(is_deep, ENCODINGS)))
def test_both_byte_orders(encoding: str) -> None:
    little, big = (
        decode_image(raw_image(smooth_image(), encoding, 6, big_endian=order))
        for order in (False, True)
    )
    assert np.array_equal(little, big)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("encoding", ["mono16", "16UC1", "rgb16", "bgra16", "bayer_grbg16"])
def test_bit_depths_are_recognized_by_the_data(encoding: str, bits: int) -> None:
    image = smooth_image()
    image[:4, :4] = 255  # most images have something bright
    expected = decode_image(raw_image(image, encoding))
    decoded = decode_image(raw_image(image, encoding, bits=bits))
    assert np.abs(decoded.astype(int) - expected).max() <= 1
    given_depth = decode_image(raw_image(image, encoding, bits=bits), BitDepth(bits))
    assert np.array_equal(given_depth, decoded)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("BGR8", "bgr8"),
        ("MONO8", "mono8"),
        ("YUYV", "yuyv"),
        (" rgb8 ", "rgb8"),
        ("8uc1", "8UC1"),
        ("NV12", "nv12"),
        ("Bayer_RGGB8", "bayer_rggb8"),
        ("mono8\0", "mono8"),
    ],
)
def test_names_in_other_spellings(written: str, meant: str) -> None:
    raw = raw_image(smooth_image(), meant)
    assert np.array_equal(decode_image(replace(raw, encoding=written)), decode_image(raw))


@pytest.mark.parametrize("encoding", ["nv12", "i420", "nv24"])
def test_planar_images_whose_step_counts_all_planes(encoding: str) -> None:
    raw = raw_image(smooth_image(), encoding)
    counted = replace(raw, step=len(raw.data) // raw.height)
    assert np.array_equal(decode_image(counted), decode_image(raw))


@pytest.mark.parametrize("encoding", ["nv12", "nv21", "nv24", "i420", "yv12"])
def test_planar_images_of_any_even_size(encoding: str) -> None:
    image = smooth_image(38, 30)
    difference = np.abs(decode_image(raw_image(image, encoding, 8)).astype(int) - image)
    assert difference[2:-2, 2:-2].max() <= 8


def test_a_step_of_zero_means_no_padding() -> None:
    raw = raw_image(smooth_image(), "rgb8")
    assert np.array_equal(decode_image(replace(raw, step=0)), smooth_image())


def test_bgr8_is_read_without_a_copy() -> None:
    data = np.frombuffer(raw_image(smooth_image(), "bgr8").data, np.uint8)
    for padding in (0, 10):
        raw = raw_image(smooth_image(), "bgr8", padding)
        data = np.frombuffer(raw.data, np.uint8)
        assert np.shares_memory(decode_image(replace(raw, data=data)), data)


@pytest.mark.parametrize("name", ["", "purple10", "mono10", "32FC1", "8SC1", "jpeg"])
def test_an_unknown_encoding_is_named(name: str) -> None:
    raw = replace(raw_image(smooth_image(), "bgr8"), encoding=name)
    with pytest.raises(ImageError, match=f"encoding {name!r} is not supported.*bgr8"):
        decode_image(raw)


@pytest.mark.parametrize(
    ("encoding", "changes", "words"),
    [
        ("bgr8", {"width": 0, "height": 0}, "image is empty: 0x0"),
        ("bgr8", {"step": 7}, "step of 7 bytes is too short for 64 pixels of bgr8"),
        ("mono8", {"data": b"123"}, "truncated: 3 bytes, but 64x48 mono8"),
        ("i420", {"data": bytes(64 * 70)}, "truncated: 4480 bytes"),
        ("nv12", {"height": 47}, "cannot be read as nv12: it needs an even width and height"),
        ("yuyv", {"width": 63}, "cannot be read as yuyv: it needs an even width"),
        ("bgr8", {"width": 2**31, "height": 2**31, "step": 2**32 - 1}, "step of|truncated"),
    ],
)
def test_data_that_do_not_fit_are_refused(
    encoding: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ImageError, match=words):
        decode_image(replace(raw_image(smooth_image(), encoding), **changes))


@given(
    encoding=st.sampled_from([*sorted(ENCODINGS), "", "32FC1", "BGR8 "]),
    width=st.integers(0, 70),
    height=st.integers(0, 70),
    step=st.integers(0, 600),
    size=st.integers(0, 18000),
    big_endian=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_messages_give_an_image_of_their_size_or_an_image_error(
    encoding: str, width: int, height: int, step: int, size: int, big_endian: bool, seed: int
) -> None:
    data = array.array("B", np.random.default_rng(seed).bytes(size))
    try:
        image = decode_image(RawImage(encoding, width, height, step, big_endian, data))
    except ImageError as error:
        assert str(error) and "error:" not in str(error), "no assertion of OpenCV"
    else:
        assert image.shape == (height, width, 3)
        assert image.dtype == np.uint8
