# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera node with injected faults, for the doctor's tests. The options are one JSON object."""

from __future__ import annotations

import array
import contextlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

PIXEL_BYTES = {"mono8": 1, "bgr8": 3, "rgb8": 3, "purple10": 2}
LIFETIME_S = 600.0
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
STARTED = time.time()
STAMPS: dict[str, Callable[[float], float]] = {
    "system": lambda now: now,
    "zero": lambda now: 0.0,
    "still": lambda now: STARTED,
    "to and fro": lambda now: now - 30.0 * (round(now * 20) % 2),
    "boot": lambda now: now - STARTED + 500.0,
    "local time": lambda now: now + 9 * 3600.0,
}
"""Clock of the camera -> stamp by the system's time in seconds."""


def main() -> None:
    options = {
        "topic": "/cam/image_raw",
        "kind": "image",
        "encoding": "bgr8",
        "rate": 20.0,
        "keep": 1.0,
        "missing_bytes": 0,
        "age": 0.0,
        "content": "noise",
        "stamps": "system",
        "frame": "cam_optical",
        "info": "calibrated",
        "info_topic": "/cam/camera_info",
        "info_fields": {},
        "latched": False,
        "diagnosis": "",
        "diagnosis_after": 0.0,
        "clock": False,
        "reliable_listener": False,
        **json.loads(sys.argv[1]),
    }
    rclpy.init()
    node = rclpy.create_node("faulty_camera")
    qos = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    kinds = {"compressed": CompressedImage, "jpeg": CompressedImage, "string": String}
    kind = kinds.get(options["kind"], Image)
    publisher = node.create_publisher(kind, options["topic"], qos)
    infos = None
    if options["info"] != "none":
        infos = node.create_publisher(
            CameraInfo, options["info_topic"], LATCHED if options["latched"] else qos
        )
        if options["latched"]:
            infos.publish(camera_info(options))
    other = rclpy.create_node("mask_detector", namespace="/robot")
    if options["reliable_listener"]:
        other.create_subscription(kind, options["topic"], lambda _: None, QoSProfile(depth=1))
    diagnostics = None
    if options["diagnosis"]:
        other.create_subscription(kind, options["topic"], lambda _: None, qos)
        diagnostics = other.create_publisher(DiagnosticArray, "/diagnostics", 10)
    clock = node.create_publisher(Clock, "/clock", 10) if options["clock"] else None
    print("ready", flush=True)
    losses, random = np.random.default_rng(0), np.random.default_rng(1)
    started, epoch = time.monotonic(), time.time()
    sent = 0
    while rclpy.ok() and time.monotonic() - started < LIFETIME_S:
        sent += 1
        time.sleep(max(0.0, started + sent / options["rate"] - time.monotonic()))
        if options["kind"] == "silent" or losses.random() > options["keep"]:
            continue
        # The scheduled time, as a camera's own clock gives it.
        message = make_message(kind, options, epoch + sent / options["rate"], random)
        with contextlib.suppress(RuntimeError):  # interrupted just now
            if clock is not None:
                clock.publish(Clock(clock=Time(seconds=time.time() - STARTED + 500.0).to_msg()))
            publisher.publish(message)
            if infos is not None and not options["latched"]:
                infos.publish(camera_info(options))
            if diagnostics is not None and time.monotonic() - started >= options["diagnosis_after"]:
                status = DiagnosticStatus(
                    level=DiagnosticStatus.WARN,
                    name="robot/mask_detector: detection",
                    message=options["diagnosis"],
                )
                diagnostics.publish(DiagnosticArray(status=[status]))


def make_message(
    kind: type, options: dict[str, Any], now: float, random: np.random.Generator
) -> Any:
    """A message of the topic's type, or bytes that are not a JPEG."""
    if kind is String:
        return String(data="hello")
    message = kind()
    stamp = STAMPS[options["stamps"]](now - options["age"])
    message.header.stamp.sec, message.header.stamp.nanosec = int(stamp), int(stamp % 1 * 1e9)
    message.header.frame_id = options["frame"]
    if options["kind"] == "jpeg":
        image = np.frombuffer(pixels(options["content"], 64 * 48 * 3, random), np.uint8)
        message.format = "bgr8; jpeg compressed bgr8"
        message.data = cv2.imencode(".jpg", image.reshape(48, 64, 3))[1].tobytes()
        return message
    if kind is CompressedImage:
        message.format = "jpeg"
        message.data = array.array("B", b"this is not a JPEG image")
        return message
    message.width, message.height, message.encoding = 64, 48, options["encoding"]
    message.step = message.width * PIXEL_BYTES[options["encoding"]]
    size = message.step * message.height - options["missing_bytes"]
    message.data = array.array("B", pixels(options["content"], size, random))
    return message


def pixels(content: str, size: int, random: np.random.Generator) -> bytes:
    """Bytes of an image."""
    if content in ("black", "white"):
        return bytes([0 if content == "black" else 255]) * size
    if content == "frozen":
        return np.random.default_rng(2).bytes(size)
    if content == "gray":
        return np.repeat(np.frombuffer(random.bytes(-(-size // 3)), np.uint8), 3)[:size].tobytes()
    return random.bytes(size)


def camera_info(options: dict[str, Any]) -> CameraInfo:
    """CameraInfo of 64x48 pixels; zero K unless ``info`` is "calibrated"."""
    info = CameraInfo(width=64, height=48)
    info.header.frame_id = options["frame"]
    if options["info"] == "calibrated":
        info.k = [60.0, 0.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0]
        info.p = [60.0, 0.0, 32.0, 0.0, 0.0, 60.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    for name, value in options["info_fields"].items():
        setattr(info, name, value)
    return info


if __name__ == "__main__":
    main()
