# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask_detector nodes that receive the images of a topic: what they report and use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SUFFIX = ": detection"
"""End of the name of the mask_detector node's diagnostic status."""
DIAGNOSTICS = "/diagnostics"


class RunningDetectors:
    """Known from their diagnostics, which they publish every second."""

    def __init__(self, node: Any, topic: str) -> None:
        """Start without one.

        Args:
            node: asks for the subscriptions.
            topic: full name of the image topic.
        """
        self._node = node
        self._topic = topic
        self._statuses: dict[str, Any] = {}
        """Newest status of each mask_detector node, by the node's name."""

    def add(self, message: Any) -> None:
        """Add a diagnostic_msgs/DiagnosticArray."""
        for status in message.status:
            if status.name.endswith(SUFFIX):
                self._statuses["/" + status.name.removesuffix(SUFFIX)] = status

    def awaited(self) -> bool:
        """Whether a node that receives the images publishes diagnostics, and none arrived yet.

        A node whose name is not discovered yet may be one.
        """
        from mask_detector_ros.nodes.common.qos import UNKNOWN_NODE

        receivers = self._names_of(self._node.get_subscriptions_info_by_topic(self._topic))
        reporting = self._names_of(self._node.get_publishers_info_by_topic(DIAGNOSTICS))
        unknown = {name for name in receivers | reporting if name.endswith(UNKNOWN_NODE)}
        return bool(unknown or (receivers & reporting) - self._statuses.keys())

    def problems(self) -> list[dict[str, str]]:
        """What they report, unless all is well."""
        return [
            {"node": name, "message": status.message}
            for name, status in self._receivers().items()
            if status.level != status.OK
        ]

    def value(self, key: str, default: str = "") -> str:
        """A value of their diagnostics; the default if there is none, or if they differ."""
        found = {
            pair.value
            for status in self._receivers().values()
            for pair in status.values
            if pair.key == key
        }
        return found.pop() if len(found) == 1 else default

    def _receivers(self) -> dict[str, Any]:
        names = self._names_of(self._node.get_subscriptions_info_by_topic(self._topic))
        return {n: status for n, status in sorted(self._statuses.items()) if n in names}

    @staticmethod
    def _names_of(endpoints: Iterable[Any]) -> set[str]:
        from mask_detector_ros.nodes.common.qos import node_name

        return {node_name(endpoint) for endpoint in endpoints}
