# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the coordinate frames and of the camera mount."""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.frames import Mount, frame_name
from mask_detector_ros.settings import setting

AUTO, TF, MOUNT = SOURCES = ("auto", "tf", "mount")
POSE, ODOM = POSE_TOPICS = ("pose", "odom")


@dataclass(frozen=True)
class FrameSettings:
    """Source of the transforms and names of the frames."""

    source: str = setting(
        AUTO,
        "Source of the transforms. tf: tf2; mount: frames.mount and the robot pose topic; auto: tf "
        "where tf2 is installed, otherwise mount.",
        choices=SOURCES,
        live=False,
    )
    map: str = setting("map", "Frame of the robot pose and of the goals.", live=False)
    base: str = setting("base_link", "Frame of the robot.", live=False)
    mount: Mount = field(default_factory=Mount)
    pose_topic: str = setting(
        POSE,
        "Robot pose topic where tf is not used. pose: geometry_msgs/PoseWithCovarianceStamped on "
        "the topic pose (remap it to amcl_pose); odom: nav_msgs/Odometry on the topic odom, "
        "valid only as long as odometry does not drift.",
        choices=POSE_TOPICS,
        live=False,
    )
    hold: float = setting(
        2.0,
        "Seconds for which the last pose of the topic is valid. AMCL publishes nothing while the "
        "robot stands still: set this to the longest time it may stand. Higher: a failed "
        "localization is detected later.",
        low=0.2,
        high=86400.0,
    )

    def __post_init__(self) -> None:
        for name in ("map", "base"):
            object.__setattr__(self, name, frame_name(getattr(self, name)))
