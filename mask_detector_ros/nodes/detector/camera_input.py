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

from mask_detector_ros.frames import frame_name
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.common.image_topics import COMPRESSED, CameraTopics
from mask_detector_ros.nodes.common.latched_subscription import LatchedSubscription
from mask_detector_ros.nodes.common.topic_types import TopicTypes
from mask_detector_ros.nodes.common.warn_once import WarnOnce
from mask_detector_ros.nodes.detector.calibration_input import CalibrationInput
from mask_detector_ros.nodes.detector.depth_input import depth_topic
from mask_detector_ros.perception.ranging_settings import RangingSettings


class CameraInput:
    """Subscribes to the camera while the node is active.

    The callbacks run in the executor's thread.
    """

    def __init__(
        self,
        node: Node,
        on_image: Callable[[ImageMessage | CompressedImage], None],
        calibration: CalibrationInput,
        on_depth: Callable[[ImageMessage | CompressedImage], None],
    ) -> None:
        self._node = node
        self._on_image = on_image
        self._calibration = calibration
        self._on_depth = on_depth
        self._subscriptions: list[Subscription] = []
        self._latched: LatchedSubscription | None = None
        self._types = TopicTypes(node, WarnOnce(node))

    @property
    def active(self) -> bool:
        """Whether the node is subscribed."""
        return bool(self._subscriptions)

    def subscribe(self, topics: CameraTopics, ranging: RangingSettings) -> None:
        """Subscribe.

        Args:
            topics: of the camera.
            ranging: whether and how to subscribe to depth images.
        """
        message = CompressedImage if topics.transport == COMPRESSED else ImageMessage
        self._add(message, topics.image, self._on_image)
        self._add(CameraInfo, topics.camera_info, self._calibration.add)
        self._latched = LatchedSubscription(
            self._node,
            CameraInfo,
            topics.camera_info,
            self._calibration.add,
            lambda: self._calibration.received,
        )
        if ranging.depth:
            self._add(*depth_topic(self._node, ranging.depth_transport), self._on_depth)
        self._calibration.listen(topics.image, topics.camera_info)
        self._node.get_logger().info(
            f"waiting for images on {topics.image}, CameraInfo on {topics.camera_info}"
        )

    def unsubscribe(self) -> None:
        """Unsubscribe; safe to call twice."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        self._types.clear()
        if self._latched is not None:
            self._latched.destroy()
        self._latched = None

    def warnings(self) -> list[str]:
        """What the diagnostics warn of: publishers of another message type."""
        return self._types.problems()

    def _add(self, message: type, topic: str, callback: Callable[[Any], None]) -> None:
        def received(message: Any) -> None:
            message.header.frame_id = frame_name(message.header.frame_id)
            callback(message)

        self._types.expect(topic, message)
        self._subscriptions.append(
            self._node.create_subscription(
                message,
                topic,
                received,
                qos.newest_image(),
                event_callbacks=qos.subscription_callbacks(self._node, topic),
                qos_overriding_options=qos.overridable(),
            )
        )
