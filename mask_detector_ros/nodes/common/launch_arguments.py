# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of the launch files: declared from a node's parameters, parsed and validated.

Imports ``launch``, which comes with a ROS 2 distribution only: for launch files, not for nodes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.expand_topic_name import expand_topic_name
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_topic_name import validate_topic_name

from mask_detector_ros.nodes.common.image_topics import CAMERA_INFO, IMAGE
from mask_detector_ros.nodes.common.launch_rows import BOOLEANS, NOT_GIVEN, TRUE, Row
from mask_detector_ros.nodes.common.parameter_table import Parameter, parameters_of
from mask_detector_ros.settings_rules import contradictions, rules_of

PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def parameters_by_argument(settings: type, prefix: str = "") -> dict[str, Parameter]:
    """Name of a launch argument -> the parameter it sets, for all parameters of a node.

    An argument has the name of its parameter.

    Args:
        settings: the node's settings dataclass.
        prefix: put in front of the names, to keep the arguments of several nodes apart.
    """
    return {prefix + p.name: p for p in parameters_of(settings)}


def declare_arguments(arguments: Iterable[Row]) -> list[DeclareLaunchArgument]:
    """Declare arguments given as rows of name, default, description and choices."""
    return [
        DeclareLaunchArgument(
            name, default_value=default, description=description, choices=list(choices) or None
        )
        for name, default, description, choices in arguments
    ]


def declare_parameters(parameters: Mapping[str, Parameter]) -> list[DeclareLaunchArgument]:
    """Declare arguments that set parameters, as of ``parameters_by_argument``."""
    return [_declare_parameter(name, parameter) for name, parameter in parameters.items()]


def _declare_parameter(name: str, parameter: Parameter) -> DeclareLaunchArgument:
    choices = BOOLEANS if parameter.type is bool else tuple(map(str, parameter.choices))
    if choices and NOT_GIVEN not in choices:
        choices = (NOT_GIVEN, *choices)
    allowed = f" [{parameter.allowed}]" if parameter.allowed and not choices else ""
    return DeclareLaunchArgument(
        name,
        default_value=NOT_GIVEN,
        description=f"{parameter.description}{allowed} Node's default: {parameter.default!r}.",
        choices=list(choices) or None,
    )


def argument(context: LaunchContext, name: str) -> str:
    """The value of an argument."""
    return str(LaunchConfiguration(name).perform(context))


def parse_value(parameter: Parameter, text: str) -> object:
    """Convert the text of an argument to the type of its parameter.

    Raises:
        ValueError: the parameter does not allow the value; the message says why.
    """
    if parameter.type is bool:
        return text in TRUE  # launch has checked the choices
    try:
        value = parameter.type(text)
    except ValueError:
        value = text
    return parameter.check(value)


def node_parameters(
    context: LaunchContext, settings: type, file_argument: str | None = None, prefix: str = ""
) -> list[object]:
    """The ``parameters`` of a launch_ros Node: its file, overridden by the given arguments.

    Args:
        context: has the values of the arguments.
        settings: the node's settings dataclass.
        file_argument: name of the argument with the path of the parameters file.
        prefix: of the node's arguments.

    Raises:
        ValueError: an argument has a value that its parameter does not allow, or several
            contradict each other.
        FileNotFoundError: there is no such parameters file.
    """
    parameters = parameters_by_argument(settings, prefix)
    overrides = {
        # Renamed, so that an error names the argument.
        parameter.name: parse_value(replace(parameter, name=name), argument(context, name))
        for name, parameter in parameters.items()
        if argument(context, name) != NOT_GIVEN
    }
    broken = contradictions(rules_of(settings()), overrides)
    if broken:
        raise ValueError(f"arguments contradict each other: {'; '.join(broken)}")
    if argument(context, "use_sim_time") != NOT_GIVEN:
        overrides["use_sim_time"] = argument(context, "use_sim_time") in TRUE
    given: list[object] = []
    if file_argument is not None and argument(context, file_argument) != NOT_GIVEN:
        given.append(existing_file(argument(context, file_argument)))
    if overrides:
        given.append(overrides)
    return given


def existing_file(path: str) -> str:
    """The path with ``~`` expanded.

    Raises:
        FileNotFoundError: there is no such file.
    """
    expanded = Path(path).expanduser()
    if not expanded.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    return str(expanded)


def topic_argument(context: LaunchContext, name: str) -> str:
    """The value of an argument that names a topic.

    Raises:
        ValueError: it is not a valid topic name.
    """
    text = argument(context, name)
    try:
        validate_topic_name(text)
        # Only a full name is checked for repeated slashes; any node and namespace will do.
        validate_full_topic_name(expand_topic_name(text, "node", "/namespace"))
    except InvalidTopicNameException as error:
        raise ValueError(
            f"{name} is {text!r}; expected a topic name, such as /camera/image_raw"
        ) from error
    return text


def camera_remappings(context: LaunchContext) -> list[tuple[str, str]]:
    """Remappings of image and CameraInfo; without the latter, nodes take the one of the image.

    Raises:
        ValueError: one of the two is not a valid topic name.
    """
    remappings = [(IMAGE, topic_argument(context, "image"))]
    if argument(context, "camera_info") != NOT_GIVEN:
        remappings.append((CAMERA_INFO, topic_argument(context, "camera_info")))
    return remappings


def dds_environment(context: LaunchContext) -> dict[str, str]:
    """Environment variables that name the Fast DDS profile of the argument fastdds_profile.

    Empty for "none", and if the environment names a profile already.

    Raises:
        FileNotFoundError: there is no such profile.
    """
    profile = argument(context, "fastdds_profile")
    if profile == "none" or any(map(os.environ.get, PROFILE_VARIABLES)):
        return {}
    return dict.fromkeys(PROFILE_VARIABLES, existing_file(profile))
