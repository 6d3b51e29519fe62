# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
r"""Start a patrol: the detector on a camera, the patrol behavior and the announcer.

    ros2 launch mask_detector_ros patrol.launch.py \
        image:=/camera/color/image_raw plan:=/home/robot/plan.yaml

Nav2, its localization and the camera must be running. The parameters of the patrol node and of
the detector are arguments, and those of the announcer with the prefix ``announcer.``;
``--show-args`` lists them. An argument that is not given leaves the value of the parameters file
or, without one there, the node's default.

A node that dies is reported, and the others keep running: this file may be part of a robot's
bringup, which must not shut down with the patrol. For several robots include it once for each, with
its ``namespace``: an inclusion does not get the arguments of another.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import GroupAction, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common.launch_arguments import (
    argument,
    declare_arguments,
    declare_parameters,
    node_parameters,
    parameters_by_argument,
    topic_argument,
)
from mask_detector_ros.nodes.common.launch_rows import CAMERA, COMMON, FALSE, NOT_GIVEN, TRUE
from mask_detector_ros.nodes.common.launch_scope import scoped
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.patrol.plan import load_plan

LAUNCH = Path(__file__).resolve().parent
CONFIG = LAUNCH.parent / "config"
DETECTOR_LAUNCH = LAUNCH / "mask_detector.launch.py"

ANNOUNCER = "announcer."
"""In front of the announcer's parameters, whose names are common words."""

DETECTOR_PARAMETERS = parameters_by_argument(MaskDetectorSettings)
PATROL_PARAMETERS = parameters_by_argument(PatrolNodeSettings)
ANNOUNCER_PARAMETERS = parameters_by_argument(AnnouncerSettings, ANNOUNCER)

DETECTOR_ARGUMENTS = [name for name, *_ in (*CAMERA, *COMMON)]
"""Arguments that are passed to the detector's launch file, which sees those of its parameters."""

REMAPPED = ("pose", "odom", "goal_pose", "target_pose")
"""Topics of the patrol node that are arguments. Action names cannot be remapped in Jazzy."""

TRANSFORMS = ("tf", "tf_static")
"""Topics of tf2 that are arguments. tf2 uses absolute names: /tf, /tf_static."""

ARGUMENTS = (
    *CAMERA,
    *COMMON,
    ("pose", "amcl_pose", "Topic of the robot's pose, used without tf2.", ()),
    ("odom", "odom", "Topic of odometry, used without tf2 if frames.pose_topic is odom.", ()),
    ("goal_pose", "goal_pose", "Topic of goals, used without Nav2's action.", ()),
    ("target_pose", "target_pose", "Topic of the target's pose, for Nav2's FollowObject.", ()),
    (
        "tf",
        "tf",
        "Topic of transforms; in the namespace, as in Nav2. /tf if the robots share one tree.",
        (),
    ),
    ("tf_static", "tf_static", "Topic of static transforms; see tf.", ()),
    ("speech", "true", "Start the announcer.", (*TRUE, *FALSE)),
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
"""Name, default, description and choices of the arguments that are not parameters."""


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The nodes with their parameters, remappings and environment.

    Raises:
        ValueError: an argument has an invalid value, or the plan is invalid.
        FileNotFoundError: an argument names a file that does not exist.
    """
    plan = argument(context, "plan")
    if plan != NOT_GIVEN:
        # Validated before any node starts; a plan named in the parameters file is not.
        load_plan(Path(plan).expanduser())
    common = {
        "package": "mask_detector_ros",
        "namespace": argument(context, "namespace"),
        "ros_arguments": ["--log-level", argument(context, "log_level")],
        "output": "screen",
        "emulate_tty": True,
    }
    detector_arguments = {name: argument(context, name) for name in DETECTOR_ARGUMENTS}
    detector_arguments["params_file"] = argument(context, "detector_params_file")
    detector_arguments["name"] = "mask_detector"
    detector = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(DETECTOR_LAUNCH)),
        launch_arguments=detector_arguments.items(),
    )
    nodes: list[LaunchDescriptionEntity] = [
        # First, since it may refuse an argument: launch does not stop what is running by then.
        # In a group (a scope), or params_file would stay set to the detector's.
        GroupAction([detector]),
        Node(
            executable="patrol",
            name="patrol",
            parameters=node_parameters(context, PatrolNodeSettings, "params_file"),
            remappings=[
                ("detections", "mask_detector/detections"),
                *((name, topic_argument(context, name)) for name in REMAPPED),
                *((f"/{name}", topic_argument(context, name)) for name in TRANSFORMS),
            ],
            **common,
        ),
    ]
    if argument(context, "speech") in TRUE:
        nodes.append(
            Node(
                executable="announcer",
                name="announcer",
                parameters=node_parameters(
                    context, AnnouncerSettings, "announcer_params_file", ANNOUNCER
                ),
                remappings=[("reminder", "patrol/reminder")],
                **common,
            )
        )
    return nodes


def generate_launch_description() -> LaunchDescription:
    """Entry point of ``ros2 launch`` and of launch files that include this one."""
    return scoped(
        [
            *declare_arguments(ARGUMENTS),
            *declare_parameters(PATROL_PARAMETERS),
            *declare_parameters(ANNOUNCER_PARAMETERS),
            *declare_parameters(DETECTOR_PARAMETERS),
            OpaqueFunction(function=start),
        ]
    )
