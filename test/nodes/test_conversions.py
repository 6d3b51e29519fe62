# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixel by pixel: what a message says is what the pipeline sees."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, CompressedImage, RegionOfInterest
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.nodes.conversions import (
    ENCODINGS,
    ImageError,
    camera_model,
    compressed_to_bgr,
    image_message,
    image_to_bgr,
    jpeg_message,
)
from mask_detector_ros.nodes.detector.detector_outputs import array_message
from mask_detector_ros.perception.types import Detections
from support.encodings import encode

GRAY = {"mono8", "8UC1", "mono16"}


def smooth_picture() -> np.ndarray:
    """Slow color changes, so that subsampled chroma and Bayer patterns lose little."""
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    return np.stack([60 + 2 * x, 200 - 2 * y, 40 + x + 2 * y], -1).astype(np.uint8)


@pytest.mark.parametrize("padding", [0, 10])
@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_colors_arrive_where_they_belong(encoding: str, padding: int) -> None:
    picture = smooth_picture()
    message = encode(picture, encoding, Header(), padding)
    expected = picture
    if encoding in GRAY:
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        expected = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    difference = np.abs(image_to_bgr(message).astype(int) - expected)[2:-2, 2:-2]
    exact = encoding in {"bgr8", "8UC3", "rgb8", "bgra8", "rgba8"} | GRAY
    assert difference.max() <= (0 if exact else 8)


def test_big_endian_mono16() -> None:
    gray = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 20
    message = encode(smooth_picture(), "mono16", Header())
    message.data = array.array("B", gray.astype(">u2").tobytes())
    message.is_bigendian = 1
    assert np.array_equal(image_to_bgr(message)[..., 0], gray >> 8)


def test_bgr8_is_read_without_a_copy() -> None:
    message = encode(smooth_picture(), "bgr8", Header())
    assert np.shares_memory(image_to_bgr(message), np.frombuffer(message.data, np.uint8))


def test_image_messages_survive_the_round_trip() -> None:
    picture = smooth_picture()
    strided = np.ascontiguousarray(np.pad(picture, ((0, 0), (0, 5), (0, 0))))[:, :64]
    assert np.array_equal(image_to_bgr(image_message(strided, Header())), picture)


@given(
    encoding=st.sampled_from([*sorted(ENCODINGS), "", "rgb16", "bgr8 "]),
    width=st.integers(0, 70),
    height=st.integers(0, 70),
    step=st.integers(0, 300),
    size=st.integers(0, 9000),
    big_endian=st.booleans(),
)
def test_wild_messages_give_a_picture_of_the_announced_size_or_an_image_error(
    encoding: str, width: int, height: int, step: int, size: int, big_endian: bool
) -> None:
    message = ImageMessage(encoding=encoding, width=width, height=height, step=step)
    message.is_bigendian = int(big_endian)
    message.data = array.array("B", bytes(size))
    try:
        picture = image_to_bgr(message)
    except ImageError as error:
        assert str(error)
    else:
        assert picture.shape == (height, width, 3)
        assert picture.dtype == np.uint8


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_compressed_pictures(suffix: str) -> None:
    picture = smooth_picture()
    data = array.array("B", cv2.imencode(suffix, picture)[1].tobytes())
    decoded = compressed_to_bgr(CompressedImage(format=suffix[1:], data=data))
    assert np.abs(decoded.astype(int) - picture).max() <= (0 if suffix == ".png" else 12)


@pytest.mark.parametrize("data", [b"", b"garbage", b"\xff\xd8\xff\xe0" + bytes(50)])
def test_garbage_is_no_picture(data: bytes) -> None:
    message = CompressedImage(format="jpeg", data=array.array("B", data))
    with pytest.raises(ImageError, match="not a JPEG or PNG"):
        compressed_to_bgr(message)


def test_jpeg_messages_can_be_read_again() -> None:
    picture = smooth_picture()
    message = jpeg_message(picture, Header(frame_id="f"), 90)
    assert message.header.frame_id == "f"
    assert np.abs(compressed_to_bgr(message).astype(int) - picture).max() <= 12


def info(width: int = 640, height: int = 480, focal: float = 500.0) -> CameraInfo:
    k = [focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0]
    return CameraInfo(width=width, height=height, k=k, distortion_model="plumb_bob")


def test_a_calibration_follows_the_size_of_the_images() -> None:
    full, half = camera_model(info(), 640, 480), camera_model(info(), 320, 240)
    assert full is not None and half is not None
    assert full.matrix[0, 0] == 500.0
    assert half.matrix[0, 0] == 250.0 and half.matrix[0, 2] == 160.0


def test_a_calibration_follows_the_part_that_a_camera_publishes() -> None:
    part = info(1280, 960, focal=1000.0)
    part.roi = RegionOfInterest(x_offset=320, y_offset=200, width=640, height=480)
    cut, binned = camera_model(part, 640, 480), camera_model(part, 320, 240)
    assert cut is not None and binned is not None
    assert cut.matrix[0].tolist() == [1000.0, 0.0, 320.0]
    assert cut.matrix[1].tolist() == [0.0, 1000.0, 280.0]
    assert binned.matrix[0].tolist() == [500.0, 0.0, 160.0]
    # A driver that says so, and publishes everything all the same.
    whole = camera_model(part, 1280, 960)
    assert whole is not None and whole.matrix[0].tolist() == [1000.0, 0.0, 640.0]


def test_an_uncalibrated_or_foreign_camera_gives_no_calibration() -> None:
    assert camera_model(CameraInfo(width=640, height=480), 640, 480) is None
    assert camera_model(info(), 640, 360) is None
    assert camera_model(info(focal=float("nan")), 640, 480) is None


def test_regions_are_clipped_to_the_image() -> None:
    faces = Detections.of_boxes(np.array([[-10, -5, 30, 20], [630, 470, 40, 40]]), np.ones(2))
    message = array_message(faces, Header(), 640, 480, 1.0)
    rois = [d.roi for d in message.detections]
    assert [(r.x_offset, r.y_offset, r.width, r.height) for r in rois] == [
        (0, 0, 20, 15),
        (630, 470, 10, 10),
    ]
    assert all(np.isnan(d.position.z) and d.range_source == 0 for d in message.detections)
