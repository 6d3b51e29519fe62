# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles by name, and plain words where two sides do not fit (REP-2003)."""

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

NAME_DISCOVERY = 1.0
"""Seconds after which the name of a newly met node is known."""


def newest_image() -> QoSProfile:
    """Cameras in: sensor data, and of those only the newest."""
    return QoSProfile(
        history=QoSHistoryPolicy.KEEP_LAST,
        depth=1,
        reliability=QoSReliabilityPolicy.BEST_EFFORT,
        durability=QoSDurabilityPolicy.VOLATILE,
    )


def results(depth: int = 10) -> QoSProfile:
    """Detections out: every one counts."""
    return QoSProfile(depth=depth, reliability=QoSReliabilityPolicy.RELIABLE)


def visualization() -> QoSProfile:
    """Images and markers for people: reliable, but an old one is worth nothing."""
    return results(depth=1)


def latched(depth: int = 50) -> QoSProfile:
    """Events: rare, and kept for subscribers that come late."""
    return QoSProfile(
        depth=depth,
        reliability=QoSReliabilityPolicy.RELIABLE,
        durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
    )


def describe(profile: QoSProfile) -> str:
    """Reliability and durability in words, which is where publishers and subscribers part."""
    reliability = profile.reliability.name.lower().replace("_", " ")
    durability = profile.durability.name.lower().replace("_", " ")
    return f"{reliability}, {durability}"


def node_name(end: TopicEndpointInfo) -> str:
    """Full name of the node at one end of a topic."""
    return f"{end.node_namespace.rstrip('/')}/{end.node_name}"


def subscription_callbacks(node: Node, topic: str) -> SubscriptionEventCallbacks:
    """Callbacks that warn once about publishers whose QoS our subscription cannot take."""
    return SubscriptionEventCallbacks(incompatible_qos=_warn_once(node, topic, "publisher"))


def publisher_callbacks(node: Node, topic: str) -> PublisherEventCallbacks:
    """Callbacks that warn once about subscribers whose QoS our publisher cannot serve."""
    # Each kind of event is one more thing to wait for around every image; one will do.
    return PublisherEventCallbacks(
        incompatible_qos=_warn_once(node, topic, "subscriber"), use_default_callbacks=False
    )


def _warn_once(node: Node, topic: str, role: str) -> Callable[[Any], None]:
    """A callback for events about the other side, which is a ``role``."""
    warnings: list[Timer] = []

    def callback(event: Any) -> None:
        if warnings:
            return
        policy = QoSPolicyKind(event.last_policy_kind).name.lower()

        def warn() -> None:
            warnings[0].cancel()
            node.get_logger().warning(
                f"incompatible QoS ({policy}): {_mismatch(node, topic, role)}"
            )

        # The event outruns the discovery of the other node's name.
        warnings.append(steady_timer(node, NAME_DISCOVERY, warn))

    return callback


def _mismatch(node: Node, topic: str, role: str) -> str:
    name = node.resolve_topic_name(topic)
    publishers = node.get_publishers_info_by_topic(name)
    subscribers = node.get_subscriptions_info_by_topic(name)
    ours, theirs = (subscribers, publishers) if role == "publisher" else (publishers, subscribers)
    own = (node.get_name(), node.get_namespace())
    mine = (describe(e.qos_profile) for e in ours if (e.node_name, e.node_namespace) == own)
    us = next(mine, "which has closed it by now")
    them = "; ".join(f"{node_name(end)} ({describe(end.qos_profile)})" for end in theirs)
    return (
        f"on {name} no data can flow between this node ({us}) and the {role} {them}; change one "
        f"side, here by the parameters qos_overrides.{name}.*"
    )


def overridable() -> QoSOverridingOptions:
    """Let integrators change history, depth and reliability by qos_overrides parameters."""
    return QoSOverridingOptions.with_default_policies()
