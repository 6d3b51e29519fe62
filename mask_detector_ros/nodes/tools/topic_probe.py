# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Probes ROS for the doctor in a separate process; the result is one line of JSON.

``python -m mask_detector_ros.nodes.tools.topic_probe --environment | --topic T [--timeout S]``
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

SAMPLE_S, SAMPLE_IMAGES = 2.0, 60
"""Maximum duration of the sample, and number of images that end it earlier."""

MIN_STEPS, MAX_UNEVENNESS = 10, 0.1
"""Losses are estimated from at least so many steps between stamps, if the steps are multiples of
the camera's period with at most this median deviation, in periods."""


def environment() -> dict[str, Any]:
    """Whether rclpy can start a node, whether the messages load, and the RMW implementation."""
    try:
        import rclpy

        rclpy.init(args=[])
        node = rclpy.create_node("mask_detector_doctor")
    except Exception as error:  # a broken installation may raise any error
        return {"rclpy_error": f"{type(error).__name__}: {error}"}
    found: dict[str, Any] = {
        "rclpy": rclpy.__file__,
        "rmw": rclpy.get_rmw_implementation_identifier(),
    }
    try:
        from mask_detector_ros.msg import MaskDetectionArray

        node.create_publisher(MaskDetectionArray, "~/probe", 1)  # loads the type support
    except Exception as error:
        found["messages_error"] = f"{type(error).__name__}: {error}"
    node.destroy_node()
    rclpy.shutdown()
    return found


class TopicProbe:
    """Samples an image topic and its camera_info."""

    def __init__(self, node: Any, topic: str) -> None:
        """Prepare to sample ``topic``, a name that rclpy expands."""
        self._node = node
        self.topic: str = node.resolve_topic_name(topic)
        base = self.topic.removesuffix("/compressed").rpartition("/")[0]
        self._info_topic = f"{base}/camera_info"
        self._arrivals: list[float] = []
        """Monotonic seconds."""
        self._stamps: list[float] = []
        self._ages: list[float] = []
        """Seconds from stamp to arrival, by this machine's clock."""
        self._last: Any = None
        self._info: Any = None
        self._waited = 0.0

    def listen(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds for a publisher and its images."""
        import rclpy
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs.msg import CameraInfo, CompressedImage, Image

        started = time.monotonic()
        self._node.create_subscription(
            CameraInfo, self._info_topic, self._on_camera_info, qos_profile_sensor_data
        )
        kinds = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CompressedImage": CompressedImage}
        subscribed: set[str] = set()
        while time.monotonic() - started < timeout and not self._sample_complete():
            publishers = self._node.get_publishers_info_by_topic(self.topic)
            for kind in {p.topic_type for p in publishers} & (kinds.keys() - subscribed):
                subscribed.add(kind)
                self._node.create_subscription(
                    kinds[kind], self.topic, self._on_image, qos_profile_sensor_data
                )
            rclpy.spin_once(self._node, timeout_sec=0.05)
            if publishers and not subscribed and time.monotonic() - started > 1.0:
                break  # another message type
        self._waited = time.monotonic() - started

    def _sample_complete(self) -> bool:
        if not self._arrivals:
            return False
        window = time.monotonic() - self._arrivals[0]
        full = len(self._arrivals) >= SAMPLE_IMAGES and self._info is not None
        return full or window > SAMPLE_S

    def _on_image(self, message: Any) -> None:
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        self._arrivals.append(time.monotonic())
        self._stamps.append(stamp)
        self._ages.append(time.time() - stamp)
        self._last = message

    def _on_camera_info(self, message: Any) -> None:
        self._info = message

    def report(self) -> dict[str, Any]:
        """The findings, for ``apps/checks/image_topic.py``."""
        from mask_detector_ros.images import ENCODINGS

        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return {
            "topic": self.topic,
            "waited": self._waited,
            "publishers": [
                {"node": _name(p), "type": p.topic_type, "qos": _describe(p.qos_profile)}
                for p in publishers
            ],
            "incompatible": self._incompatible(publishers),
            "image_topics": self._image_topics(),
            "images": self._describe_images(),
            "camera_info": self._describe_info(),
            "encodings": list(ENCODINGS),
        }

    def _image_topics(self) -> list[str]:
        """Topics with a publisher of images."""
        kinds = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
        return sorted(
            name
            for name, types in self._node.get_topic_names_and_types()
            if not set(types).isdisjoint(kinds) and self._node.count_publishers(name)
        )

    def _incompatible(self, publishers: Sequence[Any]) -> list[dict[str, str]]:
        """Pairs of publisher and subscriber with incompatible QoS; all nodes of the topic."""
        from rclpy.qos import QoSCompatibility, qos_check_compatible

        pairs = []
        for subscriber in self._node.get_subscriptions_info_by_topic(self.topic):
            for publisher in publishers:
                offered, requested = publisher.qos_profile, subscriber.qos_profile
                if qos_check_compatible(offered, requested)[0] == QoSCompatibility.ERROR:
                    pairs.append({
                        "publisher": _name(publisher),
                        "subscriber": _name(subscriber),
                        "offered": _describe(offered),
                        "requested": _describe(requested),
                    })  # fmt: skip
        return pairs

    def _describe_images(self) -> dict[str, Any]:
        if self._last is None:
            return {"count": 0}
        message = self._last
        compressed = not hasattr(message, "encoding")
        problem, (width, height) = _decode(message, compressed)
        stamp = message.header.stamp
        first, last = self._arrivals[0], self._arrivals[-1]
        gaps = len(self._arrivals) - 1
        simulated = self._node.count_publishers("/clock") > 0
        return {
            "count": len(self._arrivals),
            "window": self._waited,
            "rate": gaps / (last - first) if gaps and last > first else None,
            "lost": lost_fraction(self._stamps),
            "age": None if simulated else statistics.median(self._ages),
            "zero_stamp": stamp.sec == 0 and stamp.nanosec == 0,
            "frame_id": message.header.frame_id,
            "compressed": compressed,
            "encoding": message.format if compressed else message.encoding,
            "width": width,
            "height": height,
            "problem": problem,
        }

    def _describe_info(self) -> dict[str, Any]:
        from mask_detector_ros.nodes.conversions import camera_model

        info, images = self._info, self._describe_images()
        found = {
            "topic": self._info_topic,
            "publishers": self._node.count_publishers(self._info_topic),
            "received": info is not None,
        }
        if info is not None:
            calibrated = any(info.k)
            found |= {"calibrated": calibrated, "width": info.width, "height": info.height}
            sized = calibrated and images["count"] and images["width"] and images["height"]
            found["fits"] = bool(
                sized and camera_model(info, images["width"], images["height"]) is not None
            )
        return found


def lost_fraction(stamps: Sequence[float]) -> float:
    """Fraction of a camera's images that were lost, from the stamps (s) of the others.

    0 if the stamps are too few or too irregular for an estimate.
    """
    steps = sorted(b - a for a, b in itertools.pairwise(stamps) if b > a)
    if len(steps) < MIN_STEPS:
        return 0.0
    period = steps[len(steps) // 5]  # a low quantile: the shortest steps are jitter
    periods = [max(1, round(step / period)) for step in steps]
    unevenness = [abs(step / period - n) for step, n in zip(steps, periods, strict=True)]
    if statistics.median(unevenness) > MAX_UNEVENNESS:
        return 0.0
    return 1.0 - len(steps) / sum(periods)


def _decode(message: Any, compressed: bool) -> tuple[str | None, tuple[int, int]]:
    """Why the image is not usable, if it is not, and its width and height."""
    from mask_detector_ros.images import ImageError, decode_message

    try:
        image = decode_message(message)
    except ImageError as error:
        return str(error), (0, 0) if compressed else (message.width, message.height)
    return None, (image.shape[1], image.shape[0])


def _name(endpoint: Any) -> str:
    from mask_detector_ros.nodes.common.qos import node_name

    return node_name(endpoint)


def _describe(profile: Any) -> str:
    from mask_detector_ros.nodes.common.qos import describe

    return describe(profile)


def probe_topic(topic: str, timeout: float) -> dict[str, Any]:
    """Sample a topic with a new node; see ``TopicProbe.report``."""
    import rclpy

    rclpy.init(args=[])
    node = rclpy.create_node("mask_detector_doctor")
    try:
        probe = TopicProbe(node, topic)
        probe.listen(timeout)
        return probe.report()
    finally:
        node.destroy_node()
        rclpy.shutdown()


def main(argv: Sequence[str] | None = None) -> int:
    """Print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--environment", action="store_true")
    what.add_argument("--topic")
    parser.add_argument("--timeout", type=float, default=5.0)
    args = parser.parse_args(argv)
    result = environment() if args.environment else probe_topic(args.topic, args.timeout)
    print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
