# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Receives messages that were published before this node started, besides a sensor subscription."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from rclpy.subscription import Subscription

from mask_detector_ros.nodes.common.steady_time import steady_timer

POLL_PERIOD_S = 0.2
"""Time between two checks for a publisher with transient-local durability."""


class LatchedSubscription:
    """A second, transient local subscription, made when a transient local publisher is found.

    Volatile subscriptions match every publisher, but do not receive what was published before; a
    transient local one does, but no volatile publisher matches it, and each would log a warning of
    it. So this one is made only if it is of use.
    """

    def __init__(
        self,
        node: Node,
        message: type,
        topic: str,
        callback: Callable[[Any], None],
        done: Callable[[], bool] = lambda: False,
        depth: int = 1,
    ) -> None:
        """Start to look for a publisher.

        Args:
            node: subscribes.
            message: type of the topic.
            topic: name of the topic, as for a subscription.
            callback: called with each message; those published from now on may arrive here and
                on the volatile subscription.
            done: whether a message was received meanwhile, so that no other is needed.
            depth: messages kept.
        """
        self._node = node
        self._message = message
        self._topic = topic
        self._callback = callback
        self._done = done
        self._depth = depth
        self._subscription: Subscription | None = None
        self._timer = steady_timer(node, POLL_PERIOD_S, self._look)

    def destroy(self) -> None:
        """Unsubscribe and stop looking; safe to call twice."""
        self._timer.cancel()
        self._node.destroy_timer(self._timer)
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = None

    def _look(self) -> None:
        if self._done():
            self._timer.cancel()
            return
        name = self._node.resolve_topic_name(self._topic)
        for publisher in self._node.get_publishers_info_by_topic(name):
            offered = publisher.qos_profile
            if offered.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL:
                profile = QoSProfile(
                    depth=self._depth,
                    reliability=offered.reliability,
                    durability=offered.durability,
                )
                self._subscription = self._node.create_subscription(
                    self._message, self._topic, self._callback, profile
                )
                self._timer.cancel()
                return
