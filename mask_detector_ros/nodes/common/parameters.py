# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Declares a settings dataclass as ROS parameters of a node and keeps both in step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from mask_detector_ros.nodes.common.parameter_table import Parameter, parameters_of
from mask_detector_ros.settings import unflatten

S = TypeVar("S")


class ParameterError(ValueError):
    """The initial value of a parameter is invalid."""


class Parameters(Generic[S]):
    """Keeps ``settings`` equal to a node's parameters.

    A request is validated as a whole and then applied as one new immutable settings object, so
    readers in other threads never see part of a request.
    """

    def __init__(
        self, node: Node, kind: type[S], changed: Callable[[S], None] | None = None
    ) -> None:
        """Declare all parameters on the node.

        Args:
            node: the node.
            kind: the settings dataclass.
            changed: called with the new settings after each accepted request.

        Raises:
            ParameterError: an initial value (parameters file, command line) is invalid.
        """
        self._kind = kind
        self._changed = changed
        self._table = {p.name: p for p in parameters_of(kind)}
        self._values = {name: _declare(node, p) for name, p in self._table.items()}
        self.settings: S = unflatten(kind, self._values)
        _warn_of_unknown(node, self._table)
        node.add_on_set_parameters_callback(self._validate)
        # Humble has no post-set callback; there, validated values are applied at once.
        self._two_stages = hasattr(node, "add_post_set_parameters_callback")
        if self._two_stages:
            node.add_post_set_parameters_callback(self._apply)

    def _validate(self, requested: list[RosParameter]) -> SetParametersResult:
        for parameter in requested:
            declared = self._table.get(parameter.name)
            if declared is not None:
                try:
                    declared.check(parameter.value)
                except ValueError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        if not self._two_stages:
            self._apply(requested)
        return SetParametersResult(successful=True)

    def _apply(self, accepted: list[RosParameter]) -> None:
        changed = {p.name: p.value for p in accepted if p.name in self._table}
        if changed:
            self._values = {**self._values, **changed}
            self.settings = unflatten(self._kind, self._values)
            if self._changed is not None:
                self._changed(self.settings)


def _declare(node: Node, parameter: Parameter) -> Any:
    try:
        value = node.declare_parameter(
            parameter.name, parameter.default, _descriptor(parameter)
        ).value
        return parameter.check(value)
    except (InvalidParameterTypeException, InvalidParameterValueException, ValueError) as error:
        hint = "; write decimals with a point, as in 1.0" if parameter.type is float else ""
        raise ParameterError(
            f"parameter {parameter.name}: {error} (a {parameter.type.__name__}"
            f"{', ' + parameter.allowed if parameter.allowed else ''}{hint})"
        ) from error


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=parameter.description,
        additional_constraints=(
            f"one of: {', '.join(parameter.choices)}" if parameter.choices else ""
        ),
        read_only=not parameter.live,
    )
    if parameter.low is not None and parameter.high is not None:
        if parameter.type is int:
            whole = IntegerRange(from_value=int(parameter.low), to_value=int(parameter.high))
            descriptor.integer_range = [whole]
        else:
            decimal = FloatingPointRange(
                from_value=float(parameter.low), to_value=float(parameter.high)
            )
            descriptor.floating_point_range = [decimal]
    return descriptor


def _warn_of_unknown(node: Node, known: Iterable[str]) -> None:
    """Warn of misspelled names in a parameters file, which rclpy ignores silently."""
    given = set(getattr(node, "_parameter_overrides", {}))
    unknown = given - set(known) - {"use_sim_time", "start_type_description_service"}
    for name in sorted(n for n in unknown if not n.startswith("qos_overrides.")):
        node.get_logger().warning(f"parameter {name!r} is unknown to this node and has no effect")
