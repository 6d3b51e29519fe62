# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Try the patrol without a robot: a simulated hall with detector, patrol and announcer.

    ros2 launch mask_detector_ros demo.launch.py announcer.languages:=ko,en

View the image topics ``mask_detector/image_annotated`` and ``top_down``, and the markers
``patrol/markers`` in RViz. Every argument of ``patrol.launch.py`` can be given. All nodes stop
when the simulated world ends.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import IncludeLaunchDescription, OpaqueFunction, Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

from mask_detector_ros.nodes.common.launch_arguments import (
    NOT_GIVEN,
    argument,
    dds_environment,
    declare_arguments,
    image_topics,
    parameters_by_argument,
    parse_value,
)
from mask_detector_ros.nodes.demo.demo_settings import PatrolWorldSettings

LAUNCH = Path(__file__).resolve().parent
PATROL_LAUNCH = LAUNCH / "patrol.launch.py"
PLAN = LAUNCH.parent / "demo" / "patrol_plan.yaml"
PARAMETERS = parameters_by_argument(PatrolWorldSettings)

ARGUMENTS = (
    (
        "duration",
        "0.0",
        "Duration of the simulation in seconds; 0.0 for the demo scenario's own.",
        (),
    ),
    ("plan", str(PLAN), "YAML file with waypoints, for the patrol and the top-down view.", ()),
    ("pose", "pose", "Topic of the robot's pose, published by the simulated world.", ()),
    ("frames.source", "mount", "The simulated world publishes no tf.", ()),
)
"""Name, default, description and choices; all but the first are the patrol's, with new defaults."""


def duration(context: LaunchContext) -> object:
    """Duration of the simulation.

    Raises:
        ValueError: the argument is not a valid duration; the message says why.
    """
    return parse_value(PARAMETERS["duration"], argument(context, "duration"))


def validate(context: LaunchContext) -> None:
    """Refuse invalid arguments of the world before any node is started."""
    duration(context)


def start(context: LaunchContext) -> list[Node]:
    """The simulated world with its parameters, remappings and environment."""
    plan = Path(argument(context, "plan")).expanduser()
    parameters = {"duration": duration(context), "plan": str(plan)}
    if argument(context, "use_sim_time") != NOT_GIVEN:
        parameters["use_sim_time"] = argument(context, "use_sim_time") == "true"
    image, camera_info = image_topics(context)
    return [
        Node(
            package="mask_detector_ros",
            executable="patrol_world",
            namespace=argument(context, "namespace"),
            name="patrol_world",
            parameters=[parameters],
            remappings=[
                ("image_raw", image),
                ("camera_info", camera_info),
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
    return LaunchDescription(
        [
            *declare_arguments(ARGUMENTS),
            OpaqueFunction(function=validate),
            # Before the world: it declares the other arguments that the world uses.
            IncludeLaunchDescription(PythonLaunchDescriptionSource(str(PATROL_LAUNCH))),
            OpaqueFunction(function=start),
        ]
    )
