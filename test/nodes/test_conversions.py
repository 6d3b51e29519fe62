# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image messages to pixels and back, regions of interest."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.nodes.conversions import (
    ENCODINGS,
    ImageError,
    compressed_to_bgr,
    image_message,
    image_to_bgr,
    jpeg_message,
)
from mask_detector_ros.nodes.detector.detector_outputs import array_message
from mask_detector_ros.perception.types import Detections
from support.encodings import encode

GRAY = {"mono8", "8UC1", "mono16"}


def smooth_image() -> np.ndarray:
    """Slow color gradients: subsampled chroma and Bayer mosaics lose little."""
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    return np.stack([60 + 2 * x, 200 - 2 * y, 40 + x + 2 * y], -1).astype(np.uint8)


@pytest.mark.parametrize("padding", [0, 10])
@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_every_encoding_is_converted_to_the_same_colors(encoding: str, padding: int) -> None:
    image = smooth_image()
    message = encode(image, encoding, Header(), padding)
    expected = image
    if encoding in GRAY:
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        expected = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    difference = np.abs(image_to_bgr(message).astype(int) - expected)[2:-2, 2:-2]
    exact = encoding in {"bgr8", "8UC3", "rgb8", "bgra8", "rgba8"} | GRAY
    assert difference.max() <= (0 if exact else 8)


def test_big_endian_mono16() -> None:
    gray = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 20
    message = encode(smooth_image(), "mono16", Header())
    message.data = array.array("B", gray.astype(">u2").tobytes())
    message.is_bigendian = 1
    assert np.array_equal(image_to_bgr(message)[..., 0], gray >> 8)


def test_bgr8_is_read_without_a_copy() -> None:
    message = encode(smooth_image(), "bgr8", Header())
    assert np.shares_memory(image_to_bgr(message), np.frombuffer(message.data, np.uint8))


def test_image_messages_survive_the_round_trip() -> None:
    image = smooth_image()
    strided = np.ascontiguousarray(np.pad(image, ((0, 0), (0, 5), (0, 0))))[:, :64]
    assert np.array_equal(image_to_bgr(image_message(strided, Header())), image)


@given(
    encoding=st.sampled_from([*sorted(ENCODINGS), "", "rgb16", "bgr8 "]),
    width=st.integers(0, 70),
    height=st.integers(0, 70),
    step=st.integers(0, 300),
    size=st.integers(0, 9000),
    big_endian=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_messages_give_an_image_of_their_size_or_an_image_error(
    encoding: str, width: int, height: int, step: int, size: int, big_endian: bool, seed: int
) -> None:
    message = ImageMessage(encoding=encoding, width=width, height=height, step=step)
    message.is_bigendian = int(big_endian)
    message.data = array.array("B", np.random.default_rng(seed).bytes(size))
    try:
        image = image_to_bgr(message)
    except ImageError as error:
        assert str(error)
    else:
        assert image.shape == (height, width, 3)
        assert image.dtype == np.uint8


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_compressed_images(suffix: str) -> None:
    image = smooth_image()
    data = array.array("B", cv2.imencode(suffix, image)[1].tobytes())
    decoded = compressed_to_bgr(CompressedImage(format=suffix[1:], data=data))
    assert np.abs(decoded.astype(int) - image).max() <= (0 if suffix == ".png" else 12)


@pytest.mark.parametrize(
    "data", [b"", b"garbage", b"\xff\xd8\xff\xe0" + np.random.default_rng(0).bytes(50)]
)
def test_invalid_compressed_data_is_refused(data: bytes) -> None:
    message = CompressedImage(format="jpeg", data=array.array("B", data))
    with pytest.raises(ImageError, match="not a JPEG or PNG"):
        compressed_to_bgr(message)


def test_jpeg_messages_survive_the_round_trip() -> None:
    image = smooth_image()
    message = jpeg_message(image, Header(frame_id="f"), 90)
    assert message.header.frame_id == "f"
    assert np.abs(compressed_to_bgr(message).astype(int) - image).max() <= 12


def test_regions_are_clipped_to_the_image() -> None:
    faces = Detections.of_boxes(np.array([[-10, -5, 30, 20], [630, 470, 40, 40]]), np.ones(2))
    message = array_message(faces, Header(), 640, 480, 1.0)
    rois = [d.roi for d in message.detections]
    assert [(r.x_offset, r.y_offset, r.width, r.height) for r in rois] == [
        (0, 0, 20, 15),
        (630, 470, 10, 10),
    ]
    assert all(np.isnan(d.position.z) and d.range_source == 0 for d in message.detections)
