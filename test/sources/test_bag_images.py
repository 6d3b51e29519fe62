# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of bags are decoded as live ones are, raw and compressed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.images import ENCODINGS, decode_image
from mask_detector_ros.sources import open_source
from support.optional import optional
from support.raw_images import RawImage, raw_image, smooth_image

rosbag2 = optional("rosbags.rosbag2")
typesys = optional("rosbags.typesys")
STORE = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"


def write_bag(path: Path, kind: str, fields: Iterable[tuple[Any, ...]]) -> Path:
    """A bag with messages of these fields after the header, 0.1 s apart."""
    with rosbag2.Writer(path, version=9) as writer:
        connection = writer.add_connection("/camera", kind, typestore=STORE)
        for number, values in enumerate(fields):
            seconds, nanoseconds = 100 + number // 10, number % 10 * 10**8
            time = STORE.types["builtin_interfaces/msg/Time"](seconds, nanoseconds)
            header = STORE.types["std_msgs/msg/Header"](time, "camera")
            data = STORE.serialize_cdr(STORE.types[kind](header, *values), kind)
            writer.write(connection, 100 * 10**9 + number * 10**8, data)
    return path


def fields(raw: RawImage) -> tuple[Any, ...]:
    data = np.frombuffer(raw.data, np.uint8)
    return raw.height, raw.width, raw.encoding, raw.is_bigendian, raw.step, data


def frames(bag: Path) -> tuple[list[np.ndarray], list[str]]:
    """The images of a bag, and the warnings about it."""
    warnings: list[str] = []
    with open_source(bag, warn=warnings.append) as source:
        return [frame.image for frame in source], warnings


def test_every_encoding(tmp_path: Path) -> None:
    messages = [raw_image(smooth_image(), encoding, padding=8) for encoding in sorted(ENCODINGS)]
    images, warnings = frames(write_bag(tmp_path / "bag", RAW, map(fields, messages)))
    assert not warnings
    for message, image in zip(messages, images, strict=True):
        assert np.array_equal(image, decode_image(message)), message.encoding


@pytest.mark.parametrize("bits", [10, 12])
def test_the_bit_depth_is_that_of_the_bag(tmp_path: Path, bits: int) -> None:
    """A dark image after a bright one stays dark."""
    bright, dark = smooth_image(), smooth_image() // 16
    messages = [raw_image(image, "mono16", bits=bits) for image in (bright, dark, bright)]
    images, _ = frames(write_bag(tmp_path / "bag", RAW, map(fields, messages)))
    for image, original in zip(images, (bright, dark, bright), strict=True):
        gray = cv2.cvtColor(original, cv2.COLOR_BGR2GRAY)
        assert np.abs(image[..., 0].astype(int) - gray).max() <= 1


def test_compressed_images_of_all_kinds(tmp_path: Path) -> None:
    gray = cv2.cvtColor(smooth_image(), cv2.COLOR_BGR2GRAY)
    kinds = [
        ("bgr8; jpeg compressed bgr8", ".jpg", smooth_image()),
        ("yuv422_yuy2; jpeg compressed mono8", ".jpg", gray),
        ("mono16; png compressed mono16", ".png", gray.astype(np.uint16) * 257),
        ("rgb16; png compressed bgr16", ".png", smooth_image().astype(np.uint16) * 257),
    ]
    encoded = [(text, cv2.imencode(suffix, image)[1].reshape(-1)) for text, suffix, image in kinds]
    bag = write_bag(tmp_path / "bag", COMPRESSED, [*encoded, ("jpeg", encoded[0][1][:300])])
    images, warnings = frames(bag)
    for image, (text, _, original) in zip(images, kinds, strict=True):
        assert image.shape == smooth_image().shape and image.dtype == np.uint8, text
        eight = (original // (1 if original.dtype == np.uint8 else 257)).astype(np.uint8)
        expected = eight if eight.ndim == 3 else cv2.merge([eight] * 3)
        assert np.abs(image.astype(int) - expected).max() <= 12, text
    assert len(warnings) == 1 and "message 4" in warnings[0], "a bad frame costs that frame"
