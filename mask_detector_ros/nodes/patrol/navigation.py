# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Interface of the navigation backends: Nav2's action, or a goal topic.

Backends run in the thread of the node's executor and never block. They report how a goal ended from
``poll`` and from message callbacks, never from within ``go`` or ``stop``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mask_detector_ros.nodes.patrol.patrol_node_settings import GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose

GoalCallback = Callable[[int, Outcome, str], None]
"""Called with the number of a goal, how it ended, and an error text."""


class Navigation(Protocol):
    """Drives the robot to one goal at a time."""

    description: str
    """The backend and its action or topic, for logs and diagnostics."""
    settings: GoalSettings
    """May be replaced at any time."""

    def go(self, command: GoTo) -> None:
        """Send a goal, which replaces the present one."""

    def stop(self, robot: Pose | None) -> None:
        """Cancel all goals.

        Args:
            robot: present pose of the robot; None when unknown.
        """

    def poll(self, robot: Pose | None) -> None:
        """Check whether the goal has ended; to be called several times per second.

        Args:
            robot: present pose of the robot; None when unknown.
        """

    @property
    def problem(self) -> str:
        """Why the navigation is unavailable; empty when it is available."""

    @property
    def stopping(self) -> bool:
        """Whether the end of a canceled goal is not confirmed yet."""
