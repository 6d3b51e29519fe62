# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a node learns where its camera is in the map."""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.frames import Mount
from mask_detector_ros.settings import setting

AUTO, TF, MOUNT = SOURCES = ("auto", "tf", "mount")
POSE, ODOM = POSE_TOPICS = ("pose", "odom")


@dataclass(frozen=True)
class FrameSettings:
    """Where the transforms come from."""

    source: str = setting(
        AUTO,
        "tf: from tf2; mount: from frames.mount and the robot's pose topic; auto: tf where tf2 "
        "is installed, otherwise mount.",
        choices=SOURCES,
        live=False,
    )
    map: str = setting("map", "Frame the robot's poses and goals are in.", live=False)
    base: str = setting("base_link", "Frame of the robot itself.", live=False)
    mount: Mount = field(default_factory=Mount)
    pose_topic: str = setting(
        POSE,
        "Robot's pose where tf is not used. pose: geometry_msgs/PoseWithCovarianceStamped on "
        "the topic pose (remap amcl_pose to it); odom: nav_msgs/Odometry on the topic odom, "
        "right only as long as odometry does not drift.",
        choices=POSE_TOPICS,
        live=False,
    )
    hold: float = setting(
        2.0,
        "Seconds the last pose of the topic is believed while no newer one comes. AMCL alone is "
        "silent while the robot stands still: then make this as long as it may stand. Higher: a "
        "dead localization is noticed later.",
        low=0.2,
        high=86400.0,
    )
