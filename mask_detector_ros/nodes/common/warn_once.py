# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Warnings that are logged once and not with every message that causes them."""

from __future__ import annotations

from rclpy.node import Node


class WarnOnce:
    """Logs each kind of warning once; call it with the text."""

    def __init__(self, node: Node, ignore_digits: bool = True) -> None:
        """Start with nothing logged.

        Args:
            node: logs the warnings.
            ignore_digits: texts that differ only in their digits are of one kind, since
                measured values differ from message to message.
        """
        self._node = node
        self._ignore_digits = ignore_digits
        self._logged: set[str] = set()

    def __call__(self, text: str) -> None:
        """Log a warning unless one of its kind was logged since the last ``reset``."""
        kind = "".join(c for c in text if not c.isdigit()) if self._ignore_digits else text
        if kind not in self._logged:
            self._logged.add(kind)
            self._node.get_logger().warning(text)

    def reset(self) -> None:
        """Log every kind again the next time it occurs."""
        self._logged.clear()
