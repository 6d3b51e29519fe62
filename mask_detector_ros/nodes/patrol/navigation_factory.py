# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Selects the navigation backend."""

from __future__ import annotations

import importlib
from typing import Any

from rclpy.node import Node

from mask_detector_ros.nodes.patrol.action_navigation import ActionNavigation
from mask_detector_ros.nodes.patrol.navigation import GoalCallback, Navigation
from mask_detector_ros.nodes.patrol.patrol_node_settings import ACTION, TOPIC, GoalSettings
from mask_detector_ros.nodes.patrol.topic_navigation import TopicNavigation


def nav2_actions() -> Any:
    """The module ``nav2_msgs.action``; None where it is not installed."""
    try:
        return importlib.import_module("nav2_msgs.action")
    except ImportError:
        return None


def create_navigation(
    node: Node, backend: str, settings: GoalSettings, frame: str, on_goal_end: GoalCallback
) -> Navigation:
    """Create the configured navigation backend; for ``auto`` the action where available.

    Args:
        node: the node.
        backend: one of ``patrol_node_settings.NAVIGATIONS``.
        settings: the present settings.
        frame: frame of all poses, usually map.
        on_goal_end: called when a goal has ended.

    Raises:
        ValueError: the action is configured, but nav2_msgs is not installed.
    """
    actions = None if backend == TOPIC else nav2_actions()
    navigation: Navigation
    if actions is not None:
        navigation = ActionNavigation(node, actions.NavigateToPose, settings, frame, on_goal_end)
    elif backend == ACTION:
        raise ValueError("navigation is action, but nav2_msgs is not installed; use topic")
    else:
        navigation = TopicNavigation(node, settings, frame, on_goal_end)
    node.get_logger().info(f"navigation: {navigation.description}")
    return navigation
