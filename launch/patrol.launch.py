# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
r"""Start a patrol: the detector on a camera, the patrol behavior, and the announcer's voice.

    ros2 launch mask_detector_ros patrol.launch.py \
        image:=/camera/color/image_raw plan:=/home/robot/plan.yaml

Nav2, its localization and the camera run already. Every parameter of the patrol node is an
argument, those of the detector, too, and those of the announcer with ``announcer.`` in front;
``--show-args`` lists them. An argument that is not given leaves the parameters file's value,
and without one there the node's default.

A node that dies is reported and the others go on: this file may be part of a robot's own start,
which must not go down with the patrol. Several robots are started by including it once for each
``namespace``.
"""

import importlib.util
from dataclasses import replace
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    OpaqueFunction,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common.parameter_table import parameters_of
from mask_detector_ros.nodes.parameter_files import DETECTOR_PARAMETERS
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.patrol.plan import load_plan

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

SHARED = (
    "image",
    "camera_info",
    "depth",
    "namespace",
    "use_sim_time",
    "log_level",
    "fastdds_profile",
)
"""Arguments that are handed on to the detector's launch file, which describes them."""

REMAPPED = ("pose", "odom", "goal_pose", "target_pose")
"""Topics of the patrol node that are arguments. Names of actions cannot be remapped in Jazzy."""

TRANSFORMS = ("tf", "tf_static")
"""Likewise, but tf2 knows them with a slash in front, outside of every namespace."""

ARGUMENTS = (
    ("image", "image_raw", "Image topic; for compressed images the name without /compressed.", ()),
    ("camera_info", NOT_GIVEN, "CameraInfo topic. Not given: the one beside the image.", ()),
    ("depth", "depth/image_raw", "Depth image topic, aligned with the image; optional.", ()),
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
    (
        "tf",
        "tf",
        "Topic of transforms; in the namespace, as Nav2 has it. /tf where robots share one tree.",
        (),
    ),
    ("tf_static", "tf_static", "The same for transforms that never change.", ()),
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
        # A value that is refused is refused by the argument's name.
        parameter.name: detector.value_of(replace(parameter, name=name), argument(name))
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
    """The nodes, as the arguments want them.

    Raises:
        ValueError: an argument is wrong, or the plan; the message says why.
        FileNotFoundError: an argument names a file that is not there.
    """

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    if argument("plan") != NOT_GIVEN:
        # Before anything is started. One that the parameters file names is the node's to read.
        load_plan(Path(argument("plan")).expanduser())
    common = {
        "package": "mask_detector_ros",
        "namespace": argument("namespace"),
        "ros_arguments": ["--log-level", argument("log_level")],
        "output": "screen",
        "emulate_tty": True,
    }
    handed_on = {name: argument(name) for name in SHARED}
    handed_on["params_file"] = argument("detector_params_file")
    handed_on["name"] = "mask_detector"
    included = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(DETECTOR_LAUNCH)), launch_arguments=handed_on.items()
    )
    nodes: list[LaunchDescriptionEntity] = [
        # First, since it may refuse arguments, and launch does not end what it has started by
        # then. In a group, or else the next robot's params_file would be this detector's.
        GroupAction([included]),
        Node(
            executable="patrol",
            name="patrol",
            parameters=parameters(context, "params_file", PATROL_PARAMETERS),
            remappings=[
                ("detections", "mask_detector/detections"),
                *((name, detector.topic(context, name)) for name in REMAPPED),
                *((f"/{name}", detector.topic(context, name)) for name in TRANSFORMS),
            ],
            **common,
        ),
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
    return nodes


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
            *(detector.argument_of(parameter, name) for name, parameter in ours.items()),
            *(detector.argument_of(parameter) for parameter in DETECTOR_PARAMETERS),
            OpaqueFunction(function=start),
        ]
    )
