# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of a node: one DiagnosticStatus on /diagnostics at 1 Hz (REP-107)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from mask_detector_ros.nodes.common.callback_errors import callback_errors
from mask_detector_ros.nodes.common.steady_time import steady_timer

PERIOD_S = 1.0
LASTING_ERRORS = 10
"""Exceptions of one callback in a row after which the diagnostics report ERROR."""


def diagnostic_status(level: bytes, message: str, values: Mapping[str, str]) -> DiagnosticStatus:
    """A status without its name.

    Args:
        level: ``DiagnosticStatus.OK``, ``WARN`` or ``ERROR``.
        message: summary in one line.
        values: the key-value pairs, in the order in which they are shown.
    """
    return DiagnosticStatus(
        level=level,
        message=message,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


class DiagnosticsPublisher:
    """Publishes the status of one component of a node, named "<node>: <component>".

    Exceptions of the node's callbacks are added: their number, and WARN while the last is recent;
    ERROR if a callback has raised ``LASTING_ERRORS`` times since it last succeeded.
    """

    def __init__(
        self,
        node: Node,
        component: str,
        status: Callable[[], DiagnosticStatus],
        warnings: Callable[[], list[str]] = list,
    ) -> None:
        """Start publishing.

        Args:
            node: publishes; its full name goes into the status.
            component: what the status is about, such as "detection".
            status: returns the present status without its name; called once per period.
            warnings: returns what makes an OK status a WARN.
        """
        self._node = node
        self._component = component
        self._status = status
        self._warnings = warnings
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = steady_timer(node, PERIOD_S, self._publish)

    def stop(self) -> None:
        """Publish nothing more."""
        self._timer.cancel()

    def _publish(self) -> None:
        errors = callback_errors(self._node)
        try:
            status = self._status()
            warnings = self._warnings()
            if warnings and status.level == DiagnosticStatus.OK:
                status.level = DiagnosticStatus.WARN
                status.message = "; ".join([status.message, *warnings])
        except Exception as error:  # a status without content is better than none
            text = f"diagnostics failed: {type(error).__name__}: {error}"
            if errors is not None:
                errors.add(self._node, f"diagnostics of {self._component}", error)
            status = diagnostic_status(DiagnosticStatus.ERROR, text, {})
        if errors is not None:
            status.values = [
                *status.values,
                KeyValue(key="callback errors", value=str(errors.total)),
            ]
            if errors.recent:
                lasting = getattr(self._node.executor, "errors_in_a_row", 0) >= LASTING_ERRORS
                level = DiagnosticStatus.ERROR if lasting else DiagnosticStatus.WARN
                status.level = max(status.level, level)
                status.message = f"{status.message}; error in {errors.recent}"
        status.name = f"{self._node.get_fully_qualified_name().lstrip('/')}: {self._component}"
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)
