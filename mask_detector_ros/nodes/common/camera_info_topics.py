# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Topics with CameraInfo, and why none of it arrives on one of them."""

from __future__ import annotations

from itertools import takewhile

from rclpy.node import Node

from mask_detector_ros.nodes.common import qos

TYPE = "sensor_msgs/msg/CameraInfo"
MAX_NAMED = 5


def camera_info_topics(node: Node, image_topic: str) -> list[str]:
    """Topics on which CameraInfo is published, those nearest to the image topic's name first."""
    found = [
        name
        for name, types in node.get_topic_names_and_types()
        if TYPE in types and node.count_publishers(name)
    ]
    ours = image_topic.split("/")

    def common(name: str) -> int:
        parts = zip(ours, name.split("/"), strict=False)
        return len(list(takewhile(lambda pair: pair[0] == pair[1], parts)))

    return sorted(found, key=lambda name: (-common(name), name))


def why_no_camera_info(node: Node, image_topic: str, topic: str) -> str:
    """Why no CameraInfo arrives on ``topic``, and on which topics it is published instead.

    Args:
        node: looks at the graph.
        image_topic: resolved name of the image topic.
        topic: resolved name of the CameraInfo topic.
    """
    text = f"no CameraInfo on {topic} although images arrive"
    publishers = node.get_publishers_info_by_topic(topic)
    others = sorted({p.topic_type for p in publishers} - {TYPE})
    if others:
        return f"{text}: the topic carries {', '.join(others)}"
    if publishers:
        names = ", ".join(f"{qos.node_name(p)} ({qos.describe(p.qos_profile)})" for p in publishers)
        return f"{text}: its publisher {names} has sent none"
    elsewhere = [name for name in camera_info_topics(node, image_topic) if name != topic]
    if elsewhere:
        named = ", ".join(elsewhere[:MAX_NAMED])
        return f"{text}; it is published on {named}: remap camera_info to the one of this camera"
    return f"{text}, and none is published elsewhere: calibrate the camera"
