# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measures latency, loss, load and startup of the node over DDS, with their budgets.

    python benchmarks/node.py [--seconds 20] [--rate 30]

Camera (image_player with the demo clip), detector and this subscriber are three processes. Times
depend on the machine and its load: compare only figures of one run with each other.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.time import Time
from report import Figure, show
from sensor_msgs.msg import CameraInfo

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import open_source

SETTLE_S = 2.0
"""Time after the first detections that is not measured."""
START_TIMEOUT_S = 60.0


class Subscriber(Node):
    """Collects detections as (stamp in s, latency in ms), and the stamps of CameraInfo.

    Latency is the time from the stamp to the arrival here.
    """

    def __init__(self) -> None:
        super().__init__("benchmark")
        self.arrivals: list[tuple[float, float]] = []
        self.published: list[float] = []
        self.first_arrival: float | None = None
        name = "mask_detector/detections"
        self.create_subscription(MaskDetectionArray, name, self._on_detections, qos.results(100))
        self.create_subscription(CameraInfo, "camera_info", self._on_camera_info, qos.results(100))

    def _on_detections(self, message: MaskDetectionArray) -> None:
        now = self.get_clock().now().nanoseconds
        if self.first_arrival is None:
            self.first_arrival = time.monotonic()
        stamp = Time.from_msg(message.header.stamp).nanoseconds
        self.arrivals.append((stamp * 1e-9, (now - stamp) * 1e-6))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self.published.append(Time.from_msg(message.header.stamp).nanoseconds * 1e-9)


def start(module: str, *parameters: str) -> subprocess.Popen[bytes]:
    """Start a node in a separate process."""
    arguments = [item for p in parameters for item in ("-p", p)]
    command = [sys.executable, "-m", f"mask_detector_ros.nodes.{module}", "--ros-args", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("no VmRSS in /proc")


def pipeline_ms(rate: float) -> float:
    """Median time per frame of the pipeline alone, over the clip at the camera's rate."""
    pipeline = MaskPipeline()
    pipeline.warm_up()
    taken = []
    with open_source(find_resource("demo/patrol.mp4")) as clip:
        for frame in clip:
            begin = time.perf_counter()
            pipeline.process(frame.image, frame.stamp)
            taken.append(time.perf_counter() - begin)
            time.sleep(max(0.0, 1 / rate - taken[-1]))
    return 1000 * float(np.median(taken))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of the measurement")
    parser.add_argument("--rate", type=float, default=30.0, help="images per second")
    parser.add_argument("--default-dds", action="store_true", help="without the shipped profile")
    parser.add_argument("--json", type=Path, help="save the figures in this file")
    arguments = parser.parse_args()

    os.environ["ROS_DOMAIN_ID"] = str(random.randint(1, 100))
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    if not arguments.default_dds:
        profile = str(find_resource("config/fastdds_images.xml"))
        os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"] = profile
        os.environ["FASTDDS_DEFAULT_PROFILES_FILE"] = profile

    alone = pipeline_ms(arguments.rate)
    rclpy.init()
    node = Subscriber()
    camera = start("tools.image_player", f"rate:={arguments.rate}", "loop:=true")
    while not node.published:
        rclpy.spin_once(node, timeout_sec=0.1)
    began = time.monotonic()
    detector = start("detector.mask_detector_node")
    try:
        while node.first_arrival is None:
            rclpy.spin_once(node, timeout_sec=0.1)
            if detector.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
                print("error: the detector did not start", file=sys.stderr)
                return 1
        startup = node.first_arrival - began
        settled = time.monotonic() + SETTLE_S
        while time.monotonic() < settled:
            rclpy.spin_once(node, timeout_sec=0.1)
        node.arrivals.clear()
        node.published.clear()
        before, begin = cpu_seconds(detector.pid), time.monotonic()
        while time.monotonic() - begin < arguments.seconds:
            rclpy.spin_once(node, timeout_sec=0.1)
        load = (cpu_seconds(detector.pid) - before) / (time.monotonic() - begin)
        memory = resident_mb(detector.pid)
        # Messages still in transit are not lost.
        ending = time.monotonic() + 1.0
        while time.monotonic() < ending:
            rclpy.spin_once(node, timeout_sec=0.1)
    finally:
        for process in (camera, detector):
            process.send_signal(signal.SIGINT)
        for process in (camera, detector):
            process.wait(10)
    stamps, latency = map(np.array, zip(*node.arrivals, strict=True))
    last = stamps.max() - 0.5
    published = {stamp for stamp in node.published if stamp <= last}
    lost = len(published - set(stamps.tolist()))
    p50, p99 = np.percentile(latency, [50, 99])
    figures = [
        Figure("pipeline alone, median", alone, "ms"),
        Figure("image published → detections received, p50", p50, "ms"),
        Figure("  overhead of the node", p50 - alone, "ms", 4.0),
        Figure("image published → detections received, p99", p99, "ms", 33.0),
        Figure(f"lost of {len(published)} images", 100 * lost / max(len(published), 1), "%", 0.0),
        Figure("detector process, load", load, "cores", 1.0),
        Figure("detector process, memory", memory, "MB", 250.0),
        Figure("process start → first detections", startup, "s", 1.5),
    ]
    node.destroy_node()
    rclpy.try_shutdown()
    title = f"node, 640x480 at {arguments.rate:g} Hz for {arguments.seconds:g} s"
    show(title, figures, arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
