# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Notices publishers of another message type on subscribed topics.

DDS does not connect them: the subscriber just receives nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from mask_detector_ros.images.messages import COMPRESSED_TYPE, IMAGE_TYPE
from mask_detector_ros.nodes.common.qos import node_name

HINTS = {
    (IMAGE_TYPE, COMPRESSED_TYPE): (
        "set the parameter image_transport to compressed, and remap image_raw/compressed to it"
    ),
    (COMPRESSED_TYPE, IMAGE_TYPE): "set the parameter image_transport to raw",
}
"""Expected and published type -> what to do."""
OTHER_HINT = "remap the topic to one of the type expected"


def type_name(message: type) -> str:
    """Name of a message class as publishers state it, such as sensor_msgs/msg/Image."""
    return f"{message.__module__.partition('.')[0]}/msg/{message.__name__}"


def wrong_type(node: Node, topic: str, expected: str) -> str:
    """What is wrong with the message types of a topic's publishers.

    Args:
        node: asks for the publishers.
        topic: the topic, before or after remapping.
        expected: name of the type that is subscribed to.

    Returns:
        Empty if there is a publisher of the type expected, or none at all.
    """
    name = node.resolve_topic_name(topic)
    publishers = node.get_publishers_info_by_topic(name)
    found = {publisher.topic_type for publisher in publishers}
    if not found or expected in found:
        return ""
    nodes = ", ".join(sorted({node_name(publisher) for publisher in publishers}))
    other = ", ".join(sorted(found))
    hint = HINTS.get((expected, other), OTHER_HINT)
    return f"{name} has messages of type {other} (from {nodes}), expected {expected}; {hint}"


class TopicTypes:
    """The message types expected on a node's topics."""

    def __init__(self, node: Node, warn: Callable[[str], None]) -> None:
        """Start without topics.

        Args:
            node: subscribes to the topics.
            warn: called with each problem, as often as it is found.
        """
        self._node = node
        self._warn = warn
        self._expected: dict[str, str] = {}

    def expect(self, topic: str, message: type) -> None:
        """Expect messages of this class on a topic."""
        self._expected[topic] = type_name(message)

    def clear(self) -> None:
        """Expect nothing."""
        self._expected.clear()

    def problems(self) -> list[str]:
        """Problems of all topics, which are warned of, too."""
        found = [wrong_type(self._node, topic, kind) for topic, kind in self._expected.items()]
        problems = [text for text in found if text]
        for text in problems:
            self._warn(text)
        return problems
