# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the patrol node: settings of the behavior, goals, frames and rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from mask_detector_ros.nodes.patrol.frame_settings import FrameSettings
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.settings import setting
from mask_detector_ros.settings_rules import Rule, at_most

AUTO, ACTION, TOPIC = NAVIGATIONS = ("auto", "action", "topic")


@dataclass(frozen=True)
class GoalSettings:
    """Timeouts of the navigation, and tolerances without Nav2."""

    accept_timeout: float = setting(
        5.0,
        "Seconds within which an action server must accept a goal, or goal_pose must have a "
        "subscriber.",
        low=0.5,
        high=120.0,
    )
    server_timeout: float = setting(
        1.5,
        "Seconds without action server or subscriber after which an accepted goal has failed.",
        low=0.2,
        high=120.0,
    )
    feedback_timeout: float = setting(
        10.0,
        "Seconds without feedback after which an action server that sent feedback before has "
        "failed; 0 disables this check.",
        low=0.0,
        high=600.0,
    )
    tolerance: float = setting(
        0.35, "Navigation topic: maximum distance from a reached goal, meters.", low=0.01, high=5.0
    )
    yaw_tolerance: float = setting(
        0.4,
        "Navigation topic: maximum yaw error at a reached goal, radians.",
        low=0.01,
        high=3.1416,
    )
    timeout: float = setting(
        180.0,
        "Navigation topic: seconds after which a goal that is not reached has failed.",
        low=1.0,
        high=86400.0,
    )


@dataclass(frozen=True)
class RateSettings:
    """Rates of the node."""

    tick: float = setting(10.0, "Rate of the behavior, Hz.", low=5.0, high=20.0, live=False)
    markers: float = setting(5.0, "Maximum rate of the markers, Hz.", low=0.1, high=20.0)


@dataclass(frozen=True)
class PatrolNodeSettings(PatrolSettings):
    """All parameters of the patrol node."""

    RULES: ClassVar[tuple[Rule, ...]] = (at_most("goals.tolerance", "approach.arrived_tolerance"),)

    plan: str = setting(
        "",
        "YAML file with waypoints, zones and quiet hours; config/patrol_plan.yaml is an example.",
        live=False,
    )
    navigation: str = setting(
        AUTO,
        "Navigation backend. action: Nav2's navigate_to_pose; topic: goal_pose, with arrival "
        "detected by the robot pose; auto: action where nav2_msgs is installed, otherwise topic.",
        choices=NAVIGATIONS,
        live=False,
    )
    goals: GoalSettings = field(default_factory=GoalSettings)
    frames: FrameSettings = field(default_factory=FrameSettings)
    rates: RateSettings = field(default_factory=RateSettings)
