# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Probes ROS for the doctor in a separate process; the result is one line of JSON.

``python -m mask_detector_ros.nodes.tools.topic_probe --environment``
``python -m mask_detector_ros.nodes.tools.topic_probe --topic T [--camera-info C] [--timeout S]``
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mask_detector_ros.images.messages import COMPRESSED_TYPE, IMAGE_TYPE
from mask_detector_ros.nodes.tools.running_detectors import DIAGNOSTICS, RunningDetectors
from mask_detector_ros.nodes.tools.topic_sample import ImageSample

SAMPLE_S = 2.5
"""Shortest duration of the sample: the node publishes diagnostics every second, on a busy machine
later."""


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

    def __init__(self, node: Any, topic: str, camera_info: str | None = None) -> None:
        """Prepare to sample.

        Args:
            node: subscribes.
            topic: image topic, a name that rclpy expands.
            camera_info: its CameraInfo topic; by default that of the mask_detector node that
                receives the images, or by the rule of image_transport.
        """
        from mask_detector_ros.nodes.common.image_topics import camera_info_topic

        self._node = node
        self.topic: str = node.resolve_topic_name(topic)
        self._info_topic: str = node.resolve_topic_name(
            camera_info or camera_info_topic(self.topic)
        )
        self._info_topic_given = camera_info is not None
        self._detectors = RunningDetectors(node, self.topic)
        self._sample = ImageSample()
        self._info: Any = None
        self._simulated: float | None = None
        self._waited = 0.0

    def listen(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds for a publisher and its images."""
        import rclpy
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs.msg import CompressedImage, Image

        started = time.monotonic()
        self._subscribe_to_others()
        kinds = {IMAGE_TYPE: Image, COMPRESSED_TYPE: CompressedImage}
        subscribed = ""
        while time.monotonic() - started < timeout and not self._sample_complete():
            publishers = self._node.get_publishers_info_by_topic(self.topic)
            found = sorted({p.topic_type for p in publishers} & kinds.keys())
            if found and not subscribed:  # one node cannot subscribe with two types
                subscribed = found[0]
                self._node.create_subscription(
                    kinds[subscribed], self.topic, self._on_image, qos_profile_sensor_data
                )
            rclpy.spin_once(self._node, timeout_sec=0.05)
            if publishers and not subscribed and time.monotonic() - started > 1.0:
                break  # another message type
        self._waited = time.monotonic() - started

    def _subscribe_to_others(self) -> None:
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.qos import qos_profile_sensor_data
        from rosgraph_msgs.msg import Clock

        subscribe, profile = self._node.create_subscription, qos_profile_sensor_data
        subscribe(Clock, "/clock", self._on_clock, profile)
        subscribe(DiagnosticArray, DIAGNOSTICS, self._on_diagnostics, profile)
        self._subscribe_to_camera_info(self._info_topic)

    def _subscribe_to_camera_info(self, topic: str) -> None:
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs.msg import CameraInfo

        from mask_detector_ros.nodes.common.latched_subscription import LatchedSubscription

        if topic == self.topic:
            return  # one node cannot subscribe with two types; the report names the type

        def received(message: Any) -> None:
            if topic == self._info_topic:
                self._info = message

        self._node.create_subscription(CameraInfo, topic, received, qos_profile_sensor_data)
        LatchedSubscription(self._node, CameraInfo, topic, received, lambda: self._info is not None)

    def _sample_complete(self) -> bool:
        if not len(self._sample):
            return False
        window = time.monotonic() - self._sample.arrivals[0]
        # Also on a busy machine: what is published must arrive.
        info_awaited = self._info is None and self._info_topic != self.topic
        if info_awaited and self._node.count_publishers(self._info_topic):
            return False
        return window > SAMPLE_S and not self._detectors.awaited()

    def _on_image(self, message: Any) -> None:
        self._sample.add(message, time.monotonic(), time.time())

    def _on_clock(self, message: Any) -> None:
        self._simulated = message.clock.sec + 1e-9 * message.clock.nanosec

    def _on_diagnostics(self, message: Any) -> None:
        self._detectors.add(message)
        used = self._detectors.value("CameraInfo topic")
        if used and not self._info_topic_given and used != self._info_topic:
            self._info_topic, self._info = used, None
            self._subscribe_to_camera_info(used)

    def report(self, models: Path | None = None) -> dict[str, Any]:
        """The findings, for ``apps/checks``.

        Args:
            models: folder of the models; None for those of the package.
        """
        from mask_detector_ros.images import ENCODINGS

        publishers = self._node.get_publishers_info_by_topic(self.topic)
        images = self._sample.images(models, int(self._detectors.value("rotate", "0")))
        return {
            "topic": self.topic,
            "waited": self._waited,
            "publishers": [
                {"node": _name(p), "type": p.topic_type, "qos": _describe(p.qos_profile)}
                for p in publishers
            ],
            "incompatible": [
                *self._incompatible(self.topic),
                *self._incompatible(self._info_topic),
            ],
            "image_topics": self._image_topics(),
            "images": images,
            "stamps": self._describe_stamps(),
            "camera_info": self._describe_info(images),
            "detectors": self._detectors.problems(),
            "encodings": list(ENCODINGS),
        }

    def _image_topics(self) -> list[str]:
        """Topics with a publisher of images."""
        return sorted(
            name
            for name, types in self._node.get_topic_names_and_types()
            if not set(types).isdisjoint((IMAGE_TYPE, COMPRESSED_TYPE))
            and self._node.count_publishers(name)
        )

    def _incompatible(self, topic: str) -> list[dict[str, str]]:
        """Pairs of publisher and subscriber with incompatible QoS; all nodes of the topic."""
        from rclpy.qos import QoSCompatibility, qos_check_compatible

        pairs = []
        for subscriber in self._node.get_subscriptions_info_by_topic(topic):
            for publisher in self._node.get_publishers_info_by_topic(topic):
                offered, requested = publisher.qos_profile, subscriber.qos_profile
                if qos_check_compatible(offered, requested)[0] == QoSCompatibility.ERROR:
                    pairs.append({
                        "topic": topic,
                        "publisher": _name(publisher),
                        "subscriber": _name(subscriber),
                        "offered": _describe(offered),
                        "requested": _describe(requested),
                    })  # fmt: skip
        return pairs

    def _describe_stamps(self) -> dict[str, Any]:
        simulated = self._node.count_publishers("/clock") > 0
        return {
            "problem": self._sample.stamps_problem(),
            "clock": self._sample.clock_problem(None),
            "simulated": simulated,
            "simulated_clock": (self._sample.clock_problem(self._simulated or 0.0)
                                if simulated else ""),
            "age": self._sample.age(),
        }  # fmt: skip

    def _describe_info(self, images: dict[str, Any]) -> dict[str, Any]:
        """What the node makes of the CameraInfo, or why there is none."""
        from mask_detector_ros.nodes.common.camera_info_topics import (
            camera_info_topics,
            why_no_camera_info,
        )
        from mask_detector_ros.perception.calibration import AUTO, NONE, read_calibration

        others = camera_info_topics(self._node, self.topic)
        found: dict[str, Any] = {
            "topic": self._info_topic,
            "unused": "",
            "missing": "",
            "others": [name for name in others if name != self._info_topic],
        }
        choice = self._detectors.value("ranging.calibration", AUTO)
        if choice == NONE:
            return found | {
                "unused": f"no CameraInfo is needed: ranging.calibration of the detector is {NONE}"
            }
        info = self._info
        if info is None:
            found["missing"] = why_no_camera_info(self._node, self.topic, self._info_topic)
            return found
        size = images.get("width") or info.width, images.get("height") or info.height
        calibration = read_calibration(
            info, *size, topic=self.topic, images=choice, frame_id=images.get("frame_id", "")
        )
        return found | {
            "source": calibration.source,
            "problem": calibration.problem,
            "warnings": list(calibration.warnings),
        }


def _name(endpoint: Any) -> str:
    from mask_detector_ros.nodes.common.qos import node_name

    return node_name(endpoint)


def _describe(profile: Any) -> str:
    from mask_detector_ros.nodes.common.qos import describe

    return describe(profile)


def probe_topic(
    topic: str, camera_info: str | None, timeout: float, models: Path | None
) -> dict[str, Any]:
    """Sample a topic with a new node; see ``TopicProbe.report``."""
    import rclpy

    rclpy.init(args=[])
    node = rclpy.create_node("mask_detector_doctor")
    try:
        probe = TopicProbe(node, topic, camera_info)
        probe.listen(timeout)
        return probe.report(models)
    finally:
        node.destroy_node()
        rclpy.shutdown()


def main(argv: Sequence[str] | None = None) -> int:
    """Print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--environment", action="store_true")
    what.add_argument("--topic")
    parser.add_argument("--camera-info")
    parser.add_argument("--models", type=Path)
    parser.add_argument("--timeout", type=float, default=5.0)
    args = parser.parse_args(argv)
    if args.environment:
        result = environment()
    else:
        result = probe_topic(args.topic, args.camera_info, args.timeout, args.models)
    print(json.dumps(result), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
