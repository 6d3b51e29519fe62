# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everything the patrol node can be told: the behavior's settings and what only a node needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.nodes.patrol.frame_settings import FrameSettings
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.settings import setting

AUTO, ACTION, TOPIC = NAVIGATIONS = ("auto", "action", "topic")


@dataclass(frozen=True)
class GoalSettings:
    """How long the navigation is believed, and what counts as reached without Nav2."""

    accept_timeout: float = setting(
        5.0,
        "Seconds in which somebody must take a goal: an action server, or a subscriber of "
        "goal_pose.",
        low=0.5,
        high=120.0,
    )
    server_timeout: float = setting(
        1.5,
        "Seconds without anybody there after which a goal that was taken has failed.",
        low=0.2,
        high=120.0,
    )
    feedback_timeout: float = setting(
        10.0,
        "Seconds of silence after which an action server that gave feedback before has failed; "
        "0 to wait on.",
        low=0.0,
        high=600.0,
    )
    tolerance: float = setting(
        0.35, "Navigation topic: meters from the goal that count as there.", low=0.01, high=5.0
    )
    yaw_tolerance: float = setting(
        0.4, "Navigation topic: radians off the goal's direction, likewise.", low=0.01, high=3.1416
    )
    timeout: float = setting(
        180.0,
        "Navigation topic: seconds after which a goal that is not reached has failed.",
        low=1.0,
        high=86400.0,
    )


@dataclass(frozen=True)
class RateSettings:
    """How often."""

    tick: float = setting(10.0, "Decisions per second.", low=5.0, high=20.0, live=False)
    markers: float = setting(
        5.0, "Markers per second at most, while somebody looks.", low=0.1, high=20.0
    )


@dataclass(frozen=True)
class PatrolNodeSettings(PatrolSettings):
    """Everything the patrol node can be told."""

    plan: str = setting(
        "",
        "YAML file with waypoints, zones and quiet hours; config/patrol_plan.yaml is an example.",
        live=False,
    )
    navigation: str = setting(
        AUTO,
        "action: Nav2's navigate_to_pose; topic: goal_pose, and the robot's pose tells when it "
        "is reached; auto: action where nav2_msgs is installed, otherwise topic.",
        choices=NAVIGATIONS,
        live=False,
    )
    goals: GoalSettings = field(default_factory=GoalSettings)
    frames: FrameSettings = field(default_factory=FrameSettings)
    rates: RateSettings = field(default_factory=RateSettings)
