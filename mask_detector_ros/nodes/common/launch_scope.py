# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A launch file whose arguments stay its own, however often it is included.

launch sets the arguments of an inclusion in the scope of the including launch file, and they stay
set there: a second inclusion would get those of the first.

Imports ``launch``, which comes with a ROS 2 distribution only: for launch files, not for nodes.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    IncludeLaunchDescription,
    OpaqueFunction,
    PopLaunchConfigurations,
    PushLaunchConfigurations,
)
from launch.logging import get_logger
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

from mask_detector_ros.nodes.common.argument_names import check_names


class _OfEarlierInclusion(str):
    """The value of an argument that was given to an inclusion which has ended."""


def scoped(entities: Sequence[LaunchDescriptionEntity]) -> LaunchDescription:
    """A launch description in a scope of its own, which refuses misspelled arguments.

    Arguments that an earlier inclusion was given are not visible in it; those that the launch
    files around it have declared, or got on the command line, are.

    Args:
        entities: declare the arguments and start the nodes.
    """
    known = {a.name for a in LaunchDescription(entities).get_launch_arguments()}

    def enter(context: LaunchContext) -> None:
        given = _given_arguments(context)
        configurations = context.launch_configurations
        for name, value in list(configurations.items()):
            if isinstance(value, _OfEarlierInclusion) and name not in given:
                del configurations[name]
        for name in check_names(given, configurations, known):
            get_logger(__name__).warning(f"there is no argument {name!r}; it has no effect")

    def leave(context: LaunchContext) -> None:
        configurations = context.launch_configurations
        for name in _given_arguments(context) & known & set(configurations):
            configurations[name] = _OfEarlierInclusion(configurations[name])

    return LaunchDescription(
        [
            PushLaunchConfigurations(),
            OpaqueFunction(function=enter),
            *entities,
            PopLaunchConfigurations(),
            OpaqueFunction(function=leave),
        ]
    )


def _given_arguments(context: LaunchContext) -> set[str]:
    """Names of the arguments that the innermost inclusion in progress was given.

    launch does not tell a launch file; but while it visits one, it is inside of the visit of the
    including action.
    """
    frame = inspect.currentframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, IncludeLaunchDescription):
                return {
                    perform_substitutions(context, normalize_to_list_of_substitutions(name))
                    for name, _ in value.launch_arguments
                }
        frame = frame.f_back
    return set()
