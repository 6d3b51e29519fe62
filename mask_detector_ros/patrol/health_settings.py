# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of input timeouts and of the recovery from faults."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.settings import setting


@dataclass(frozen=True)
class HealthSettings:
    """Input timeouts, and recovery from faults."""

    camera_timeout: float = setting(
        3.0,
        "Seconds without a current processed image (people.max_observation_age) that are a fault.",
        low=0.1,
        high=600.0,
    )
    pose_timeout: float = setting(
        3.0, "Seconds without a robot pose that are a fault.", low=0.1, high=600.0
    )
    settle_seconds: float = setting(
        2.5,
        "Seconds for which images and robot pose must be available again before the patrol leaves "
        "FAULT: time to observe the people in front of the robot before it moves.",
        low=0.0,
        high=60.0,
    )
    waypoint_timeout: float = setting(
        180.0,
        "Seconds on the way to a waypoint after which it counts as failed.",
        low=1.0,
        high=86400.0,
    )
    waypoint_failures: int = setting(
        3, "Number of failed waypoints in a row that are a fault.", low=1, high=1000
    )
    navigation_retry: float = setting(
        10.0, "Seconds in FAULT after a navigation failure before a retry.", low=0.1, high=3600.0
    )
