# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags written by the test, and damaged as crashes and copies leave them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from support.optional import optional

COMPRESSED = "sensor_msgs/msg/CompressedImage"
TOPIC = "/image_raw/compressed"


def photo(number: int) -> np.ndarray:
    """(120, 160, 3) uint8 noise that does not compress; the blue of its first corner counts."""
    image = np.random.default_rng(number).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    image[:16, :16] = (4 * number, 0, 0)
    return image


def number_of(image: np.ndarray) -> int:
    """Which ``photo`` an image is."""
    return round(float(image[2:8, 2:8, 0].mean()) / 4)


def write_bag(path: Path, numbers: range, plugin: str = "MCAP", compression: str = "NONE") -> Path:
    """A rosbag2 folder with a compressed image every 0.1 s.

    Args:
        path: the folder.
        numbers: which photos.
        plugin: MCAP or SQLITE3.
        compression: NONE, FILE, MESSAGE, or STORAGE (chunks of an .mcap).
    """
    rosbag2, typesys = optional("rosbags.rosbag2"), optional("rosbags.typesys")
    store = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    image, header, time = (
        store.types[name]
        for name in (COMPRESSED, "std_msgs/msg/Header", "builtin_interfaces/msg/Time")
    )
    writer: Any = rosbag2.Writer(path, version=9, storage_plugin=rosbag2.StoragePlugin[plugin])
    if compression != "NONE":
        mode = rosbag2.CompressionMode[compression]
        writer.set_compression(mode, rosbag2.CompressionFormat.ZSTD)
    with writer:
        topic = writer.add_connection(TOPIC, COMPRESSED, typestore=store)
        for n in numbers:
            data = cv2.imencode(".png", photo(n))[1].reshape(-1)
            nanoseconds = n * 10**8
            stamp = time(1000 + nanoseconds // 10**9, nanoseconds % 10**9)
            message = image(header(stamp, "cam"), "png", data)
            raw = store.serialize_cdr(message, COMPRESSED)
            writer.write(topic, 1000 * 10**9 + nanoseconds, raw)
    return path


def write_ros1_bag(path: Path, numbers: range, compression: str = "") -> Path:
    """A .bag of ROS 1 with a compressed image every 0.1 s; ``compression`` BZ2, LZ4 or none."""
    rosbag1, typesys = optional("rosbags.rosbag1"), optional("rosbags.typesys")
    store = typesys.get_typestore(typesys.Stores.ROS1_NOETIC)
    image, header, time = (
        store.types[name]
        for name in (COMPRESSED, "std_msgs/msg/Header", "builtin_interfaces/msg/Time")
    )
    writer = rosbag1.Writer(path)
    if compression:
        writer.set_compression(rosbag1.Writer.CompressionFormat[compression])
    with writer:
        topic = writer.add_connection(TOPIC, COMPRESSED, typestore=store)
        for n in numbers:
            data = cv2.imencode(".png", photo(n))[1].reshape(-1)
            message = image(header(n, time(1000 + n // 10, n % 10 * 10**8), "cam"), "png", data)
            raw = store.serialize_ros1(message, COMPRESSED)
            writer.write(topic, 1000 * 10**9 + n * 10**8, raw)
    return path


def storage_file(bag: Path) -> Path:
    """The one file of a bag besides metadata.yaml."""
    (file,) = (path for path in bag.iterdir() if path.name != "metadata.yaml")
    return file


def cut(path: Path, fraction: float) -> Path:
    """Keep only the beginning of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path
