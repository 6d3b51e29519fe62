# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Try the patrol without a robot: a simulated hall with detector, patrol and announcer.

    ros2 launch mask_detector_ros demo.launch.py announcer.languages:=ko,en

View the image topics ``mask_detector/image_annotated`` and ``top_down``, and the markers
``patrol/markers`` in RViz. Every argument of ``patrol.launch.py`` can be given, and every
parameter of the simulated world. All nodes stop when it ends.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import IncludeLaunchDescription, OpaqueFunction, Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

from mask_detector_ros.nodes.common.launch_arguments import (
    argument,
    camera_remappings,
    dds_environment,
    declare_arguments,
    declare_parameters,
    node_parameters,
    parameters_by_argument,
)
from mask_detector_ros.nodes.common.launch_rows import CAMERA, COMMON
from mask_detector_ros.nodes.common.launch_scope import scoped
from mask_detector_ros.nodes.demo.demo_settings import PatrolWorldSettings

LAUNCH = Path(__file__).resolve().parent
PATROL_LAUNCH = LAUNCH / "patrol.launch.py"
PLAN = LAUNCH.parent / "demo" / "patrol_plan.yaml"
ARGUMENTS = (
    *CAMERA,
    *COMMON,
    ("plan", str(PLAN), "YAML file with waypoints, for the patrol and the top-down view.", ()),
    ("pose", "pose", "Topic of the robot's pose, published by the simulated world.", ()),
    ("goal_pose", "goal_pose", "Topic of goals, which the simulated robot drives to.", ()),
    ("frames.source", "mount", "The simulated world publishes no tf.", ()),
)
"""Name, default, description and choices; all are the patrol's, some with another default."""

PARAMETERS = parameters_by_argument(PatrolWorldSettings)
OWN_PARAMETERS = {n: p for n, p in PARAMETERS.items() if n not in {row[0] for row in ARGUMENTS}}


def validate(context: LaunchContext) -> None:
    """Refuse invalid arguments of the world before any node is started."""
    node_parameters(context, PatrolWorldSettings)


def start(context: LaunchContext) -> list[Node]:
    """The simulated world with its parameters, remappings and environment."""
    return [
        Node(
            package="mask_detector_ros",
            executable="patrol_world",
            namespace=argument(context, "namespace"),
            name="patrol_world",
            parameters=node_parameters(context, PatrolWorldSettings),
            remappings=[
                *camera_remappings(context),
                ("pose", argument(context, "pose")),
                ("goal_pose", argument(context, "goal_pose")),
                ("reminder", "patrol/reminder"),
                ("state", "patrol/state"),
            ],
            ros_arguments=["--log-level", argument(context, "log_level")],
            additional_env=dds_environment(context),
            on_exit=Shutdown(reason="the simulated world has ended"),
            output="screen",
            emulate_tty=True,
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Called by ``ros2 launch`` and by launch files that include this one."""
    return scoped(
        [
            *declare_arguments(ARGUMENTS),
            *declare_parameters(OWN_PARAMETERS),
            OpaqueFunction(function=validate),
            # Before the world, since it may refuse an argument.
            IncludeLaunchDescription(PythonLaunchDescriptionSource(str(PATROL_LAUNCH))),
            OpaqueFunction(function=start),
        ]
    )
