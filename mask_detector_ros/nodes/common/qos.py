# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles by name, and warnings about incompatible QoS (REP-2003)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    QoSReliabilityPolicy,
)
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.timer import Timer
from rclpy.topic_endpoint_info import TopicEndpointInfo

try:  # Jazzy and later
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import (
        PublisherEventCallbacks,
        SubscriptionEventCallbacks,
    )

from mask_detector_ros.nodes.common.steady_time import steady_timer

NAME_DISCOVERY_S = 1.0
"""Time after which the name of a newly discovered node is known."""


def newest_image() -> QoSProfile:
    """For camera subscriptions: sensor data (best effort), keep last 1."""
    return QoSProfile(
        history=QoSHistoryPolicy.KEEP_LAST,
        depth=1,
        reliability=QoSReliabilityPolicy.BEST_EFFORT,
        durability=QoSDurabilityPolicy.VOLATILE,
    )


def results(depth: int = 10) -> QoSProfile:
    """For detections and other results: reliable, no message may be lost."""
    return QoSProfile(depth=depth, reliability=QoSReliabilityPolicy.RELIABLE)


def visualization() -> QoSProfile:
    """For images and markers that people view: reliable, keep last 1."""
    return results(depth=1)


def latched(depth: int = 50) -> QoSProfile:
    """For events and states: transient local, so late subscribers get them, too."""
    return QoSProfile(
        depth=depth,
        reliability=QoSReliabilityPolicy.RELIABLE,
        durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
    )


def describe(profile: QoSProfile) -> str:
    """Reliability and durability in words: the policies that are mostly incompatible."""
    reliability = profile.reliability.name.lower().replace("_", " ")
    durability = profile.durability.name.lower().replace("_", " ")
    return f"{reliability}, {durability}"


UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"
"""Name of a node of which only publishers and subscriptions are discovered yet (rmw_dds_common)."""


def node_name(endpoint: TopicEndpointInfo) -> str:
    """Full name of the node that a publisher or subscription belongs to."""
    return f"{endpoint.node_namespace.rstrip('/')}/{endpoint.node_name}"


def subscription_callbacks(node: Node, topic: str) -> SubscriptionEventCallbacks:
    """Callbacks that warn once about publishers whose QoS the subscription does not accept."""
    return SubscriptionEventCallbacks(incompatible_qos=_on_incompatible(node, topic, "publisher"))


def publisher_callbacks(node: Node, topic: str) -> PublisherEventCallbacks:
    """Callbacks that warn once about subscribers whose QoS the publisher does not offer."""
    # No default callbacks: each event type adds an entity to every wait of the executor.
    return PublisherEventCallbacks(
        incompatible_qos=_on_incompatible(node, topic, "subscriber"), use_default_callbacks=False
    )


def _on_incompatible(node: Node, topic: str, role: str) -> Callable[[Any], None]:
    """A callback that warns once about an endpoint of the other side, the ``role``."""
    timers: list[Timer] = []

    def callback(event: Any) -> None:
        if timers:
            return
        policy = QoSPolicyKind(event.last_policy_kind).name.lower()

        def warn() -> None:
            timers[0].cancel()
            node.get_logger().warning(
                f"incompatible QoS ({policy}): {_mismatch(node, topic, role)}"
            )

        # Later, since the event arrives before the name of the other node is discovered.
        timers.append(steady_timer(node, NAME_DISCOVERY_S, warn))

    return callback


def _mismatch(node: Node, topic: str, role: str) -> str:
    """The QoS of both sides of a topic in words, and what to change."""
    name = node.resolve_topic_name(topic)
    publishers = node.get_publishers_info_by_topic(name)
    subscribers = node.get_subscriptions_info_by_topic(name)
    ours, theirs = (subscribers, publishers) if role == "publisher" else (publishers, subscribers)
    own = (node.get_name(), node.get_namespace())
    mine = (describe(e.qos_profile) for e in ours if (e.node_name, e.node_namespace) == own)
    us = next(mine, "which has closed it since")
    them = "; ".join(f"{node_name(e)} ({describe(e.qos_profile)})" for e in theirs)
    return (
        f"no messages on {name} between this node ({us}) and the {role} {them}; change one side, "
        f"here with the parameters qos_overrides.{name}.*"
    )


def overridable() -> QoSOverridingOptions:
    """Allow history, depth and reliability to be set by qos_overrides parameters."""
    return QoSOverridingOptions.with_default_policies()
