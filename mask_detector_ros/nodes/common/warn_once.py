# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Warnings that are logged once and not with every message that causes them."""

from __future__ import annotations

import re

from rclpy.node import Node

MAX_KINDS = 100
"""Kinds of warnings that are remembered; further ones are not logged."""
NUMBER = re.compile(r"(?<!\w)\d[\d.,]*(?!\w)")
"""A number by itself: not the digits of a name, as in mono12 or camera_2."""


class WarnOnce:
    """Logs each kind of warning once; call it with the text."""

    def __init__(self, node: Node, ignore_numbers: bool = True) -> None:
        """Start with nothing logged.

        Args:
            node: logs the warnings.
            ignore_numbers: texts that differ only in their numbers are of one kind, since
                measured values differ from message to message. Names that differ are of
                different kinds, also if they differ in a digit.
        """
        self._node = node
        self._ignore_numbers = ignore_numbers
        self._logged: set[str] = set()

    def __call__(self, text: str) -> None:
        """Log a warning unless one of its kind was logged since the last ``reset``."""
        kind = NUMBER.sub("#", text) if self._ignore_numbers else text
        if kind in self._logged or len(self._logged) >= MAX_KINDS:
            return
        self._logged.add(kind)
        if len(self._logged) == MAX_KINDS:
            text += f" (after {MAX_KINDS} kinds of warnings no further ones are logged)"
        self._node.get_logger().warning(text)

    def reset(self) -> None:
        """Log every kind again the next time it occurs."""
        self._logged.clear()
