# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Try the patrol without a robot: a simulated hall beside detector, patrol and announcer.

    ros2 launch mask_detector_ros demo.launch.py announcer.languages:=ko,en

Look at the image topics ``mask_detector/image_annotated`` and ``top_down``, and at the
markers ``patrol/markers`` in rviz. Every argument of ``patrol.launch.py`` may be given. All of
it ends with the simulated world.
"""

import importlib.util
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from mask_detector_ros.nodes.common.parameter_table import parameters_of
from mask_detector_ros.nodes.demo.demo_settings import PatrolWorldSettings

HERE = Path(__file__).resolve().parent
PATROL_LAUNCH = HERE / "patrol.launch.py"
PLAN = HERE.parent / "demo" / "patrol_plan.yaml"
SECONDS = next(p for p in parameters_of(PatrolWorldSettings) if p.name == "seconds")

# For the detector's helpers that it has; a launch file is no module that can be imported.
_spec = importlib.util.spec_from_file_location("patrol_launch", PATROL_LAUNCH)
patrol = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(patrol)
detector = patrol.detector

DEFAULTS = (
    ("plan", str(PLAN), "YAML file with waypoints, for the patrol and the view from above."),
    ("pose", "pose", "Where the simulated world publishes the robot's pose."),
    ("frames.source", "mount", "The simulated world has no tf, not even where tf2 is installed."),
)
"""Arguments of the patrol whose defaults are others here."""


def seconds(context: LaunchContext) -> float:
    """How long the world goes on.

    Raises:
        ValueError: that is no possible length; the message says why.
    """
    return detector.value_of(SECONDS, LaunchConfiguration("seconds").perform(context))


def check(context: LaunchContext) -> None:
    """Refuse what the world cannot be told before anything is started."""
    seconds(context)


def start(context: LaunchContext) -> list[Node]:
    """The simulated world, as the arguments want it."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    plan = Path(argument("plan")).expanduser()
    parameters = {"seconds": seconds(context), "plan": str(plan)}
    if argument("use_sim_time") != detector.NOT_GIVEN:
        parameters["use_sim_time"] = argument("use_sim_time") == "true"
    image, camera_info = detector.image_topics(context)
    return [
        Node(
            package="mask_detector_ros",
            executable="patrol_world",
            namespace=argument("namespace"),
            name="patrol_world",
            parameters=[parameters],
            remappings=[
                ("image_raw", image),
                ("camera_info", camera_info),
                ("pose", argument("pose")),
                ("goal_pose", argument("goal_pose")),
                ("reminder", "patrol/reminder"),
                ("state", "patrol/state"),
            ],
            ros_arguments=["--log-level", argument("log_level")],
            additional_env=detector.environment(argument("fastdds_profile")),
            on_exit=Shutdown(reason="the simulated world has ended"),
            output="screen",
            emulate_tty=True,
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Called by ``ros2 launch`` and by launch files that include this one."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "seconds",
                default_value="0.0",
                description="How long the simulated world goes on; 0.0 for the story's length.",
            ),
            *(
                DeclareLaunchArgument(name, default_value=default, description=description)
                for name, default, description in DEFAULTS
            ),
            OpaqueFunction(function=check),
            # Before the world: it declares the arguments that the world shares with it.
            IncludeLaunchDescription(PythonLaunchDescriptionSource(str(PATROL_LAUNCH))),
            OpaqueFunction(function=start),
        ]
    )
