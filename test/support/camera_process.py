# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera node with injected faults, for the doctor's tests. The options are one JSON object."""

from __future__ import annotations

import array
import contextlib
import json
import sys
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

PIXEL_BYTES = {"mono8": 1, "bgr8": 3, "rgb8": 3, "bayer_rggb16": 2}
LIFETIME_S = 60.0


def main() -> None:
    options = {
        "topic": "/cam/image_raw",
        "kind": "image",
        "encoding": "bgr8",
        "rate": 20.0,
        "keep": 1.0,
        "missing_bytes": 0,
        "age": 0.0,
        "info": "calibrated",
        "reliable_listener": False,
        **json.loads(sys.argv[1]),
    }
    rclpy.init()
    node = rclpy.create_node("faulty_camera")
    qos = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    kinds = {"compressed": CompressedImage, "string": String}
    kind = kinds.get(options["kind"], Image)
    publisher = node.create_publisher(kind, options["topic"], qos)
    infos = None
    if options["info"] != "none":
        infos = node.create_publisher(CameraInfo, "/cam/camera_info", qos)
    other = rclpy.create_node("mask_detector", namespace="/robot")
    if options["reliable_listener"]:
        other.create_subscription(kind, options["topic"], lambda _: None, QoSProfile(depth=1))
    print("ready", flush=True)
    losses, pixels = np.random.default_rng(0), np.random.default_rng(1)
    started, epoch = time.monotonic(), time.time()
    sent = 0
    while rclpy.ok() and time.monotonic() - started < LIFETIME_S:
        sent += 1
        time.sleep(max(0.0, started + sent / options["rate"] - time.monotonic()))
        if options["kind"] == "silent" or losses.random() > options["keep"]:
            continue
        # The scheduled time, as a camera's own clock gives it.
        message = make_message(kind, options, epoch + sent / options["rate"], pixels)
        with contextlib.suppress(RuntimeError):  # interrupted just now
            publisher.publish(message)
            if infos is not None:
                infos.publish(camera_info(options["info"], message))


def make_message(
    kind: type, options: dict[str, Any], now: float, random: np.random.Generator
) -> Any:
    """A message of the topic's type: random pixels, or bytes that are not a JPEG."""
    if kind is String:
        return String(data="hello")
    message = kind()
    stamp = now - options["age"]
    message.header.stamp.sec, message.header.stamp.nanosec = int(stamp), int(stamp % 1 * 1e9)
    message.header.frame_id = "cam_optical"
    if kind is CompressedImage:
        message.format = "jpeg"
        message.data = array.array("B", b"this is not a JPEG image")
        return message
    message.width, message.height, message.encoding = 64, 48, options["encoding"]
    message.step = message.width * PIXEL_BYTES[options["encoding"]]
    size = message.step * message.height - options["missing_bytes"]
    message.data = array.array("B", random.bytes(size))
    return message


def camera_info(mode: str, message: Any) -> CameraInfo:
    """CameraInfo of 64x48 pixels; zero K unless ``mode`` is "calibrated"."""
    info = CameraInfo(width=64, height=48)
    info.header = message.header
    if mode == "calibrated":
        info.k = [60.0, 0.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0]
    return info


if __name__ == "__main__":
    main()
