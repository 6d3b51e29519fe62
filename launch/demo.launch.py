# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Try the patrol without a robot: a simulated hall beside detector, patrol and announcer.

    ros2 launch mask_detector_ros demo.launch.py announcer.languages:=ko,en

Look at the image topics ``mask_detector/image_annotated`` and ``top_down``, and at the
markers ``patrol/markers`` in rviz. Every argument of ``patrol.launch.py`` may be given.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

HERE = Path(__file__).resolve().parent
PLAN = HERE.parent / "demo" / "patrol_plan.yaml"


def generate_launch_description() -> LaunchDescription:
    """Called by ``ros2 launch`` and by launch files that include this one."""
    seconds = ParameterValue(LaunchConfiguration("seconds"), value_type=float)
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "seconds",
                default_value="0.0",
                description="How long the simulated world goes on; 0.0 for the story's length.",
            ),
            Node(
                package="mask_detector_ros",
                executable="patrol_world",
                name="patrol_world",
                parameters=[{"seconds": seconds}],
                remappings=[("reminder", "patrol/reminder"), ("state", "patrol/state")],
                output="screen",
                emulate_tty=True,
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(HERE / "patrol.launch.py")),
                launch_arguments={"plan": str(PLAN), "pose": "pose"}.items(),
            ),
        ]
    )
