# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the mask_detector node on a camera.

    ros2 launch mask_detector_ros mask_detector.launch.py image:=/camera/image_raw

Every parameter of the node is an argument of the same name; ``--show-args`` lists them. An argument
that is not given leaves the value of the parameters file or, without one there, the node's default.
For several cameras include it once for each: an inclusion does not get the arguments of another.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import OpaqueFunction
from launch_ros.actions import Node

from mask_detector_ros.nodes.common.launch_arguments import (
    argument,
    camera_remappings,
    dds_environment,
    declare_arguments,
    declare_parameters,
    node_parameters,
    parameters_by_argument,
    topic_argument,
)
from mask_detector_ros.nodes.common.launch_rows import CAMERA, COMMON
from mask_detector_ros.nodes.common.launch_scope import scoped
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings

# Beside launch/ in the source tree and in the share folder; resolved, since colcon may link files.
CONFIG = Path(__file__).resolve().parent.parent / "config"
PARAMETERS = parameters_by_argument(MaskDetectorSettings)

ARGUMENTS = (
    *CAMERA,
    *COMMON,
    ("name", "mask_detector", "Name of the node, in front of the topics it publishes.", ()),
    ("params_file", str(CONFIG / "mask_detector.yaml"), "YAML file with parameters.", ()),
)
"""Name, default, description and choices of the arguments that are not parameters."""


def start(context: LaunchContext) -> list[Node]:
    """The node with its parameters, remappings and environment.

    Raises:
        ValueError: an argument has an invalid value; the message says which.
        FileNotFoundError: an argument names a file that does not exist.
    """
    return [
        Node(
            package="mask_detector_ros",
            executable="mask_detector_node",
            namespace=argument(context, "namespace"),
            name=argument(context, "name"),
            parameters=node_parameters(context, MaskDetectorSettings, "params_file"),
            remappings=[
                *camera_remappings(context),
                ("depth/image_raw", topic_argument(context, "depth")),
            ],
            ros_arguments=["--log-level", argument(context, "log_level")],
            additional_env=dds_environment(context),
            output="screen",
            emulate_tty=True,
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Called by ``ros2 launch`` and by launch files that include this one."""
    return scoped(
        [
            *declare_arguments(ARGUMENTS),
            *declare_parameters(PARAMETERS),
            OpaqueFunction(function=start),
        ]
    )
