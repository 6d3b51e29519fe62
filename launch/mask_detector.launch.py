# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the mask_detector node on a camera.

    ros2 launch mask_detector_ros mask_detector.launch.py image:=/camera/image_raw

Every parameter of the node is an argument, too; ``--show-args`` lists them. An argument that
is not given leaves the parameters file's value, and without one there the node's default.
"""

import os
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from rclpy.exceptions import InvalidTopicNameException
from rclpy.expand_topic_name import expand_topic_name
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_topic_name import validate_topic_name

from mask_detector_ros.nodes.common.parameter_table import Parameter
from mask_detector_ros.nodes.parameter_files import DETECTOR_PARAMETERS

# In the source tree as in the installed share folder; resolved, since colcon may link files.
CONFIG = Path(__file__).resolve().parent.parent / "config"
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
NOT_GIVEN = ""
BOOLEANS = (NOT_GIVEN, "true", "false")

SHORT_NAMES = {"annotate.blur": "blur"}
"""Parameters whose argument is called otherwise."""

ARGUMENTS = (
    ("image", "image_raw", "Image topic; for compressed images the name without /compressed.", ()),
    ("camera_info", NOT_GIVEN, "CameraInfo topic. Not given: the one beside the image.", ()),
    ("depth", "depth/image_raw", "Depth image topic, aligned with the image; optional.", ()),
    ("namespace", NOT_GIVEN, "Namespace of the node and of its relative topics.", ()),
    ("name", "mask_detector", "Name of the node, in front of the topics it publishes.", ()),
    ("params_file", str(CONFIG / "mask_detector.yaml"), "YAML file with parameters.", ()),
    ("use_sim_time", NOT_GIVEN, "Take the time from /clock.", BOOLEANS),
    ("log_level", "info", "What the node logs.", ("debug", "info", "warn", "error", "fatal")),
    (
        "fastdds_profile",
        str(CONFIG / "fastdds_images.xml"),
        "Fast DDS profile with room for images; the camera's process needs it, too. 'none' sets "
        "none, and one that the environment already names is kept.",
        (),
    ),
)
"""Name, default, description and choices of what is no parameter of the node."""


def argument_of(parameter: Parameter, name: str = "") -> DeclareLaunchArgument:
    """The launch argument that sets a parameter; called as the parameter unless it has a name."""
    choices = BOOLEANS if parameter.type is bool else parameter.choices
    if choices and NOT_GIVEN not in choices:
        choices = (NOT_GIVEN, *choices)
    allowed = f" [{parameter.allowed}]" if parameter.allowed and not choices else ""
    return DeclareLaunchArgument(
        name or SHORT_NAMES.get(parameter.name, parameter.name),
        default_value=NOT_GIVEN,
        description=f"{parameter.description}{allowed} Node's default: {parameter.default!r}.",
        choices=list(choices) or None,
    )


def value_of(parameter: Parameter, text: str) -> object:
    """The value that a launch argument spells.

    Raises:
        ValueError: it is none that the parameter can have; the message says why.
    """
    if parameter.type is bool:
        return text == "true"  # nothing but the choices gets here
    try:
        value = parameter.type(text)
    except ValueError:
        value = text
    return parameter.check(value)


def beside(image: str) -> str:
    """The CameraInfo topic that belongs to an image topic, by convention its neighbor."""
    return f"{image.rpartition('/')[0]}/camera_info" if "/" in image else "camera_info"


def existing(path: str) -> str:
    """The path, expanded.

    Raises:
        FileNotFoundError: there is no such file.
    """
    expanded = Path(path).expanduser()
    if not expanded.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    return str(expanded)


def topic(context: LaunchContext, name: str) -> str:
    """The topic that an argument names.

    Raises:
        ValueError: that is no topic's name.
    """
    text = LaunchConfiguration(name).perform(context)
    try:
        validate_topic_name(text)
        # Two slashes in a row are only found in a full name; in which namespace does not matter.
        validate_full_topic_name(expand_topic_name(text, "node", "/namespace"))
    except InvalidTopicNameException as error:
        raise ValueError(
            f"{name} is {text!r}; expected a topic's name, such as /camera/image_raw"
        ) from error
    return text


def image_topics(context: LaunchContext) -> tuple[str, str]:
    """The image topic without /compressed, and the CameraInfo topic that belongs to it.

    Raises:
        ValueError: one of the two is no topic's name.
    """
    image = topic(context, "image").removesuffix("/compressed")
    given = LaunchConfiguration("camera_info").perform(context) != NOT_GIVEN
    return image, topic(context, "camera_info") if given else beside(image)


def environment(profile: str) -> dict[str, str]:
    """What a process needs set to give or take images, as the argument fastdds_profile wants it.

    Raises:
        FileNotFoundError: there is no such profile.
    """
    if profile == "none" or any(map(os.environ.get, PROFILE_VARIABLES)):
        return {}
    return dict.fromkeys(PROFILE_VARIABLES, existing(profile))


def start(context: LaunchContext) -> list[Node]:
    """The node, as the arguments want it."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    overrides = {}
    for parameter in DETECTOR_PARAMETERS:
        text = argument(SHORT_NAMES.get(parameter.name, parameter.name))
        if text != NOT_GIVEN:
            overrides[parameter.name] = value_of(parameter, text)
    if argument("use_sim_time") != NOT_GIVEN:
        overrides["use_sim_time"] = argument("use_sim_time") == "true"

    parameters: list[object] = []
    if argument("params_file") != NOT_GIVEN:
        parameters.append(existing(argument("params_file")))
    if overrides:
        parameters.append(overrides)

    image, camera_info = image_topics(context)
    return [
        Node(
            package="mask_detector_ros",
            executable="mask_detector_node",
            namespace=argument("namespace"),
            name=argument("name"),
            parameters=parameters,
            remappings=[
                ("image_raw", image),
                ("image_raw/compressed", f"{image}/compressed"),
                ("camera_info", camera_info),
                ("depth/image_raw", topic(context, "depth")),
            ],
            ros_arguments=["--log-level", argument("log_level")],
            additional_env=environment(argument("fastdds_profile")),
            output="screen",
            emulate_tty=True,
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Called by ``ros2 launch`` and by launch files that include this one."""
    plain = [
        DeclareLaunchArgument(
            name,
            default_value=default,
            description=description,
            choices=list(choices) or None,
        )
        for name, default, description, choices in ARGUMENTS
    ]
    tunable = [argument_of(parameter) for parameter in DETECTOR_PARAMETERS]
    return LaunchDescription([*plain, *tunable, OpaqueFunction(function=start)])
