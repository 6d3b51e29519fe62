# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
r"""Start a patrol: the detector on a camera, the patrol behaviour, and the announcer's voice.

    ros2 launch mask_detector_ros patrol.launch.py \
        image:=/camera/color/image_raw plan:=/home/robot/plan.yaml

Nav2, its localisation and the camera run already. Every parameter of the patrol node is an
argument, those of the detector, too, and those of the announcer with ``announcer.`` in front;
``--show-args`` lists them. An argument that is not given leaves the parameters file's value,
and without one there the node's default.
"""

import importlib.util
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from mask_detector_ros.nodes.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.parameter_table import DETECTOR_PARAMETERS, parameters_of
from mask_detector_ros.nodes.patrol_settings import PatrolNodeSettings

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / "config"
DETECTOR_LAUNCH = HERE / "mask_detector.launch.py"

# Its helpers for arguments serve here, too; a launch file is no module that can be imported.
_spec = importlib.util.spec_from_file_location("mask_detector_launch", DETECTOR_LAUNCH)
detector = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(detector)
BOOLEANS, NOT_GIVEN = detector.BOOLEANS, detector.NOT_GIVEN

ANNOUNCER_PREFIX = "announcer."
PATROL_PARAMETERS = {p.name: p for p in parameters_of(PatrolNodeSettings)}
ANNOUNCER_PARAMETERS = {f"{ANNOUNCER_PREFIX}{p.name}": p for p in parameters_of(AnnouncerSettings)}

SHARED = ("image", "camera_info", "namespace", "use_sim_time", "log_level", "fastdds_profile")
"""Arguments that are handed on to the detector's launch file, which describes them."""

REMAPPED = ("pose", "odom", "goal_pose", "target_pose")
"""Topics of the patrol node that are arguments. Names of actions cannot be remapped in Jazzy."""

ARGUMENTS = (
    ("image", "image_raw", "Image topic; for compressed images the name without /compressed.", ()),
    ("camera_info", NOT_GIVEN, "CameraInfo topic. Not given: the one beside the image.", ()),
    ("namespace", NOT_GIVEN, "Namespace of the nodes and of their relative topics.", ()),
    ("use_sim_time", NOT_GIVEN, "Take the time from /clock.", BOOLEANS),
    ("log_level", "info", "What the nodes log.", ("debug", "info", "warn", "error", "fatal")),
    (
        "fastdds_profile",
        str(CONFIG / "fastdds_images.xml"),
        "Fast DDS profile with room for images, for the detector; see mask_detector.launch.py.",
        (),
    ),
    ("pose", "amcl_pose", "Where the robot's pose comes from when tf2 is not used.", ()),
    ("odom", "odom", "The same as odometry, with frames.pose_topic:=odom.", ()),
    ("goal_pose", "goal_pose", "Topic of goals where Nav2's action is not used.", ()),
    ("target_pose", "target_pose", "Topic of the person's pose, for Nav2's FollowObject.", ()),
    ("speech", "true", "Start the announcer.", ("true", "false")),
    ("params_file", str(CONFIG / "patrol.yaml"), "YAML file with the patrol's parameters.", ()),
    (
        "detector_params_file",
        str(CONFIG / "mask_detector.yaml"),
        "YAML file with the detector's parameters.",
        (),
    ),
    (
        "announcer_params_file",
        str(CONFIG / "announcer.yaml"),
        "YAML file with the announcer's parameters.",
        (),
    ),
)
"""Name, default, description and choices of what is no parameter of a node."""


def parameters(context: LaunchContext, params_file: str, table: dict) -> list[object]:
    """What a node's ``parameters`` are: its file, and over it the arguments that are given.

    Args:
        context: knows the arguments.
        params_file: name of the argument that names the file.
        table: name of an argument -> the parameter it sets.
    """

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    overrides = {
        parameter.name: detector.value_of(parameter, argument(name))
        for name, parameter in table.items()
        if argument(name) != NOT_GIVEN
    }
    if argument("use_sim_time") != NOT_GIVEN:
        overrides["use_sim_time"] = argument("use_sim_time") == "true"
    given: list[object] = []
    if argument(params_file) != NOT_GIVEN:
        given.append(detector.existing(argument(params_file)))
    if overrides:
        given.append(overrides)
    return given


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The nodes, as the arguments want them."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    common = {
        "package": "mask_detector_ros",
        "namespace": argument("namespace"),
        "ros_arguments": ["--log-level", argument("log_level")],
        "output": "screen",
        "emulate_tty": True,
    }
    nodes: list[LaunchDescriptionEntity] = [
        Node(
            executable="patrol",
            name="patrol",
            parameters=parameters(context, "params_file", PATROL_PARAMETERS),
            remappings=[
                ("detections", "mask_detector/detections"),
                *((name, argument(name)) for name in REMAPPED),
            ],
            **common,
        )
    ]
    if argument("speech") == "true":
        nodes.append(
            Node(
                executable="announcer",
                name="announcer",
                parameters=parameters(context, "announcer_params_file", ANNOUNCER_PARAMETERS),
                remappings=[("reminder", "patrol/reminder")],
                **common,
            )
        )
    # Last: an included file's arguments stay set for whatever comes after it.
    handed_on = {name: argument(name) for name in SHARED}
    handed_on["params_file"] = argument("detector_params_file")
    handed_on["name"] = "mask_detector"
    nodes.append(
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(DETECTOR_LAUNCH)),
            launch_arguments=handed_on.items(),
        )
    )
    return nodes


def tunable(name: str, parameter: object) -> DeclareLaunchArgument:
    """The launch argument ``name`` that sets a parameter."""
    described = detector.argument_of(parameter)
    return DeclareLaunchArgument(
        name,
        default_value=NOT_GIVEN,
        description=described.description,
        choices=described.choices,
    )


def generate_launch_description() -> LaunchDescription:
    """Called by ``ros2 launch`` and by launch files that include this one."""
    plain = [
        DeclareLaunchArgument(
            name, default_value=default, description=description, choices=list(choices) or None
        )
        for name, default, description, choices in ARGUMENTS
    ]
    ours = {**PATROL_PARAMETERS, **ANNOUNCER_PARAMETERS}
    return LaunchDescription(
        [
            *plain,
            *(tunable(name, parameter) for name, parameter in ours.items()),
            *(detector.argument_of(parameter) for parameter in DETECTOR_PARAMETERS),
            OpaqueFunction(function=start),
        ]
    )
