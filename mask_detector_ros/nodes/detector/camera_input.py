# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The subscriptions of the mask_detector node: image, CameraInfo and depth image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.detector.depth_input import TOPIC as DEPTH_TOPIC


class CameraInput:
    """Subscribes to the camera while the node is active.

    The callbacks run in the executor's thread.
    """

    def __init__(
        self,
        node: Node,
        on_image: Callable[[ImageMessage | CompressedImage], None],
        on_camera_info: Callable[[CameraInfo], None],
        on_depth: Callable[[ImageMessage], None],
    ) -> None:
        self._node = node
        self._on_image = on_image
        self._on_camera_info = on_camera_info
        self._on_depth = on_depth
        self._subscriptions: list[Subscription] = []

    @property
    def active(self) -> bool:
        """Whether the node is subscribed."""
        return bool(self._subscriptions)

    def subscribe(self, image_transport: str, depth: bool) -> None:
        """Subscribe.

        Args:
            image_transport: ``raw`` or ``compressed``.
            depth: whether to subscribe to depth images.
        """
        compressed = image_transport == "compressed"
        topic = "image_raw/compressed" if compressed else "image_raw"
        self._add(CompressedImage if compressed else ImageMessage, topic, self._on_image)
        self._add(CameraInfo, "camera_info", self._on_camera_info)
        if depth:
            self._add(ImageMessage, DEPTH_TOPIC, self._on_depth)
        resolved = self._node.resolve_topic_name(topic)
        self._node.get_logger().info(f"waiting for images on {resolved}")

    def unsubscribe(self) -> None:
        """Unsubscribe; safe to call twice."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()

    def _add(self, message: type, topic: str, callback: Callable[[Any], None]) -> None:
        self._subscriptions.append(
            self._node.create_subscription(
                message,
                topic,
                callback,
                qos.newest_image(),
                event_callbacks=qos.subscription_callbacks(self._node, topic),
                qos_overriding_options=qos.overridable(),
            )
        )
