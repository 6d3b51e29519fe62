# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles by name, and plain words where two sides do not fit (REP-2003)."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    QoSReliabilityPolicy,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

try:  # Jazzy and later
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import (
        PublisherEventCallbacks,
        SubscriptionEventCallbacks,
    )


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


def pictures() -> QoSProfile:
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


def subscription_events(node: Node, topic: str) -> SubscriptionEventCallbacks:
    """Callbacks that warn once about publishers whose QoS our subscription cannot take."""
    return SubscriptionEventCallbacks(
        incompatible_qos=_warn_once(
            node, lambda: _mismatch(node, topic, node.get_publishers_info_by_topic, "publisher")
        )
    )


def publisher_events(node: Node, topic: str) -> PublisherEventCallbacks:
    """Callbacks that warn once about subscribers whose QoS our publisher cannot serve."""
    return PublisherEventCallbacks(
        incompatible_qos=_warn_once(
            node, lambda: _mismatch(node, topic, node.get_subscriptions_info_by_topic, "subscriber")
        )
    )


def _warn_once(node: Node, text: Callable[[], str]) -> Callable[..., None]:
    warned: list[bool] = []

    def callback(event: object) -> None:
        if not warned:
            policy = getattr(event, "last_policy_kind", None)
            name = QoSPolicyKind(policy).name.lower() if policy is not None else "qos"
            node.get_logger().warning(f"incompatible QoS ({name}): {text()}")
            warned.append(True)

    return callback


def _mismatch(node: Node, topic: str, others: Callable[[str], list], role: str) -> str:
    resolved = node.resolve_topic_name(topic)
    ends = "; ".join(
        f"{end.node_namespace.rstrip('/')}/{end.node_name} ({describe(end.qos_profile)})"
        for end in others(resolved)
        if end.node_name != node.get_name() or end.node_namespace != node.get_namespace()
    )
    ours = {
        "publisher": node.get_subscriptions_info_by_topic,
        "subscriber": node.get_publishers_info_by_topic,
    }[role](resolved)
    own = next((describe(end.qos_profile) for end in ours if end.node_name == node.get_name()), "?")
    return (
        f"on {resolved} no data can flow between this node ({own}) and the {role} {ends}; "
        f"change one side, here by the parameters qos_overrides.{resolved}.*"
    )


def overridable() -> QoSOverridingOptions:
    """Let integrators change history, depth and reliability by qos_overrides parameters."""
    return QoSOverridingOptions.with_default_policies()
