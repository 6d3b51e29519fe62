# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Declares a settings dataclass as ROS parameters of a node and keeps both in step."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
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

from mask_detector_ros.nodes.common.argument_names import nearest
from mask_detector_ros.nodes.common.parameter_file_check import unapplied_files
from mask_detector_ros.nodes.common.parameter_table import Parameter, parameters_of
from mask_detector_ros.nodes.common.qos_overrides import PREFIX, ineffective, invalid
from mask_detector_ros.settings import ACTIVATE, CONFIGURE, unflatten
from mask_detector_ros.settings_rules import contradictions, rules_of

S = TypeVar("S")

OF_ROS = {"use_sim_time", "start_type_description_service"}
"""Parameters of every node, which rclpy declares."""
DECIMAL_HINT = "write decimals with a point, as in 1.0"
QUOTES_HINT = (
    "write text that YAML takes for another type, as off or 3, in double quotes: '\"off\"'"
)


class ParameterError(ValueError):
    """The initial value of a parameter is invalid."""


class Parameters(Generic[S]):
    """Keeps ``settings`` equal to a node's parameters.

    A request is validated as a whole and then applied as one new immutable settings object, so
    readers in other threads never see part of a request.
    """

    def __init__(
        self,
        node: Node,
        kind: type[S],
        changed: Callable[[S], None] | None = None,
        in_use: Callable[[], Container[str]] = tuple,
    ) -> None:
        """Declare all parameters on the node.

        Args:
            node: the node.
            kind: the settings dataclass.
            changed: called with the new settings after each accepted request.
            in_use: of a lifecycle node: which of ``CONFIGURE`` and ``ACTIVATE`` have been done and
                not been undone. Parameters that are read then cannot be set.

        Raises:
            ParameterError: an initial value (parameters file, command line) is invalid, or
                several contradict each other.
        """
        self._kind = kind
        self._changed = changed
        self._in_use = in_use
        self._node_name = node.get_fully_qualified_name()
        self._table = {p.name: p for p in parameters_of(kind)}
        self._rules = rules_of(kind())
        self._values = _declare_all(node, self._table)
        broken = contradictions(self._rules, self._values)
        if broken:
            raise ParameterError(f"parameters contradict each other: {'; '.join(broken)}")
        self._given = {n: p.value for n, p in getattr(node, "_parameter_overrides", {}).items()}
        self._qos_overrides = {n: v for n, v in self._given.items() if n.startswith(PREFIX)}
        faults = invalid(self._qos_overrides)
        if faults:
            raise ParameterError("; ".join(faults))
        self.settings: S = unflatten(kind, self._values)
        self._node = node
        self._warnings: list[str] = []
        self._warn(self._unknown(), unapplied_files(sys.argv, self._node_name))
        self._wrong_types: dict[str, str] = {}
        # Humble has no pre-set callback; there, rclpy's own text says that the type is wrong.
        if hasattr(node, "add_pre_set_parameters_callback"):
            node.add_pre_set_parameters_callback(self._before_type_check)
        node.add_on_set_parameters_callback(self._validate)
        # Humble has no post-set callback; there, validated values are applied at once.
        self._two_stages = hasattr(node, "add_post_set_parameters_callback")
        if self._two_stages:
            node.add_post_set_parameters_callback(self._apply)

    def warnings(self) -> list[str]:
        """What of the given parameters has no effect."""
        return list(self._warnings)

    def check_qos_overrides(self) -> None:
        """Warn of QoS overrides without effect; after publishers and subscriptions were created."""
        declared = {PREFIX + name for name in self._node.get_parameters_by_prefix(PREFIX[:-1])}
        self._warn(ineffective(self._qos_overrides, declared))

    def _warn(self, *texts: Iterable[str]) -> None:
        for text in itertools.chain(*texts):
            if text not in self._warnings:
                self._warnings.append(text)
                self._node.get_logger().warning(text)

    def _unknown(self) -> Iterator[str]:
        """Misspelled names in a parameters file, which rclpy ignores silently."""
        for name in sorted(set(self._given) - set(self._table) - set(self._qos_overrides) - OF_ROS):
            meant = nearest(name, self._table)
            hint = f"; did you mean {meant!r}?" if meant else ""
            yield f"parameter {name!r} is unknown to this node and has no effect{hint}"

    def _before_type_check(self, requested: list[RosParameter]) -> list[RosParameter]:
        """Note values of the wrong type, for which rclpy's own check has no good text.

        Returns:
            The request with the present values in their place, so that ``_validate`` is called,
            which refuses it.
        """
        checked = []
        self._wrong_types = {}
        for parameter in requested:
            fault = self._wrong_type(parameter)
            if fault:
                self._wrong_types[parameter.name] = fault
                parameter = RosParameter(parameter.name, value=self._values[parameter.name])
            checked.append(parameter)
        return checked

    def _wrong_type(self, given: RosParameter) -> str:
        """What is wrong with the type of a value; empty if it is right."""
        declared = self._table.get(given.name)
        deletes = given.type_ == RosParameter.Type.NOT_SET  # which rclpy refuses
        if declared is None or deletes or type(given.value) is declared.type:
            return ""
        if declared.type is float and type(given.value) is int:
            return f"{given.name} is {given.value}, an integer; {DECIMAL_HINT}"
        try:
            declared.check(given.value)
        except ValueError as error:
            return f"{error}{_type_hint(declared)}" if declared.type is str else str(error)
        return ""

    def _validate(self, requested: list[RosParameter]) -> SetParametersResult:
        faults = self._faults({p.name: p.value for p in requested if p.name in self._table})
        if faults:
            return SetParametersResult(successful=False, reason="; ".join(faults))
        if not self._two_stages:
            self._apply(requested)
        return SetParametersResult(successful=True)

    def _faults(self, requested: dict[str, Any]) -> list[str]:
        """Why a request is refused; empty if it is accepted."""
        wrong_types, self._wrong_types = self._wrong_types, {}
        faults = [text for name, text in wrong_types.items() if name in requested]
        for name, value in requested.items():
            parameter = self._table[name]
            try:
                parameter.check(value)
            except ValueError as error:
                faults.append(str(error))
            if parameter.read_at in self._in_use() and value != self._values[name]:
                faults.append(self._stage_hint(parameter))
        return faults or contradictions(self._rules, {**self._values, **requested})

    def _stage_hint(self, parameter: Parameter) -> str:
        undo = {CONFIGURE: "cleanup", ACTIVATE: "deactivate"}[parameter.read_at]
        also = "deactivate and " if undo == "cleanup" and ACTIVATE in self._in_use() else ""
        return (
            f"{parameter.name} is read at the transition {parameter.read_at} and cannot be set "
            f"after it; {also}{undo} the node first (ros2 lifecycle set {self._node_name} ...)"
        )

    def _apply(self, accepted: list[RosParameter]) -> None:
        changed = {p.name: p.value for p in accepted if p.name in self._table}
        if changed:
            self._values = {**self._values, **changed}
            self.settings = unflatten(self._kind, self._values)
            if self._changed is not None:
                self._changed(self.settings)


def _declare_all(node: Node, table: Mapping[str, Parameter]) -> dict[str, Any]:
    """Declare parameters; name -> value.

    Raises:
        ParameterError: values are invalid; the message names all of them.
    """
    values, faults = {}, []
    for name, parameter in table.items():
        try:
            values[name] = _declare(node, parameter)
        except ParameterError as error:
            faults.append(str(error))
    if faults:
        raise ParameterError("\n".join(faults))
    return values


def _declare(node: Node, parameter: Parameter) -> Any:
    try:
        value = node.declare_parameter(
            parameter.name, parameter.default, _descriptor(parameter)
        ).value
        return parameter.check(value)
    except (InvalidParameterTypeException, InvalidParameterValueException, ValueError) as error:
        wrong_type = isinstance(error, InvalidParameterTypeException)
        hint = _type_hint(parameter) if wrong_type or parameter.type is float else ""
        raise ParameterError(
            f"parameter {parameter.name}: {error} (a {parameter.type.__name__}"
            f"{', ' + parameter.allowed if parameter.allowed else ''}{hint})"
        ) from error


def _type_hint(parameter: Parameter) -> str:
    """How a value of the parameter's type is written, where YAML may take it for another."""
    hint = {float: DECIMAL_HINT, str: QUOTES_HINT}.get(parameter.type, "")
    return f"; {hint}" if hint else ""


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=parameter.description,
        additional_constraints=(f"one of: {parameter.allowed}" if parameter.choices else ""),
        read_only=parameter.read_only,
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
