# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the mask_detector node on a camera.

    ros2 launch mask_detector_ros mask_detector.launch.py image:=/camera/image_raw

Every parameter of the node is an argument as well; ``--show-args`` lists them. An argument that
is not given leaves the value of the parameters file or, without one there, the node's default.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import OpaqueFunction
from launch_ros.actions import Node

from mask_detector_ros.nodes.common.launch_arguments import (
    BOOLEANS,
    LOG_LEVELS,
    NOT_GIVEN,
    argument,
    dds_environment,
    declare_arguments,
    declare_parameters,
    image_topics,
    node_parameters,
    parameters_by_argument,
    topic_argument,
)
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings

# Beside launch/ in the source tree and in the share folder; resolved, since colcon may link files.
CONFIG = Path(__file__).resolve().parent.parent / "config"
PARAMETERS = parameters_by_argument(MaskDetectorSettings)

ARGUMENTS = (
    ("image", "image_raw", "Image topic; for compressed images the name without /compressed.", ()),
    ("camera_info", NOT_GIVEN, "CameraInfo topic. Not given: in the image's namespace.", ()),
    ("depth", "depth/image_raw", "Depth image topic, aligned with the image; optional.", ()),
    ("namespace", NOT_GIVEN, "Namespace of the node and of its relative topics.", ()),
    ("name", "mask_detector", "Name of the node, in front of the topics it publishes.", ()),
    ("params_file", str(CONFIG / "mask_detector.yaml"), "YAML file with parameters.", ()),
    ("use_sim_time", NOT_GIVEN, "Use the time on /clock.", BOOLEANS),
    ("log_level", "info", "Lowest severity that the node logs.", LOG_LEVELS),
    (
        "fastdds_profile",
        str(CONFIG / "fastdds_images.xml"),
        "Fast DDS profile with shared memory large enough for images; the camera's process needs "
        "it as well. 'none' sets none; one that the environment names already is kept.",
        (),
    ),
)
"""Name, default, description and choices of the arguments that are not parameters."""


def start(context: LaunchContext) -> list[Node]:
    """The node with its parameters, remappings and environment.

    Raises:
        ValueError: an argument has an invalid value; the message says which.
        FileNotFoundError: an argument names a file that does not exist.
    """
    image, camera_info = image_topics(context)
    return [
        Node(
            package="mask_detector_ros",
            executable="mask_detector_node",
            namespace=argument(context, "namespace"),
            name=argument(context, "name"),
            parameters=node_parameters(context, "params_file", PARAMETERS),
            remappings=[
                ("image_raw", image),
                ("image_raw/compressed", f"{image}/compressed"),
                ("camera_info", camera_info),
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
    return LaunchDescription(
        [
            *declare_arguments(ARGUMENTS),
            *declare_parameters(PARAMETERS),
            OpaqueFunction(function=start),
        ]
    )
