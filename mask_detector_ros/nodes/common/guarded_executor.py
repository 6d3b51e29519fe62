# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An executor in which no exception of a callback ends the node.

The executors of rclpy raise a callback's exception from ``spin_once``; the caller of a service
whose callback raised waits for ever; and what raised while it was taken is never taken again.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.service import Service
from rclpy.subscription import Subscription

from mask_detector_ros.nodes.common.callback_errors import CallbackErrors
from mask_detector_ros.nodes.common.start_error import StartError

PAUSE_S = 0.01
"""Pause after an event that could not be taken: it may be ready again at once."""
MAX_FAILED_WAITS = 500
"""Waits that may fail one after another; then nothing reaches the node any more, and it ends."""


class GuardedExecutor(SingleThreadedExecutor):
    """Runs callbacks in one thread; counts, logs and answers what they raise.

    Only ``StartError`` and the end of the context are passed on.

    Attributes:
        errors: the exceptions so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors = CallbackErrors()
        self._node: Node | None = None
        self._entity: Any = None
        self._waited = False
        self._failed_waits = 0
        self._in_a_row: Counter[str] = Counter()

    @property
    def errors_in_a_row(self) -> int:
        """How often a callback has failed since it last succeeded; the maximum over all."""
        return max(self._in_a_row.values(), default=0)

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> Any:
        """See the base class; prepares services to answer when their callbacks raise."""
        handler, self._entity, self._node = super().wait_for_ready_callbacks(*args, **kwargs)
        self._waited = True
        if isinstance(self._entity, Service) and not hasattr(self._entity.callback, "guarded"):
            self._entity.callback = self._answering(self._entity, self._node)
        return handler, self._entity, self._node

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait for one callback and run it.

        Raises:
            ExternalShutdownException: the context was shut down.
            StartError: a callback ended the node, or no callback can be waited for any more.
        """
        self._waited = False
        try:
            super().spin_once(timeout_sec)
        except (StartError, ExternalShutdownException):
            raise
        except Exception as error:
            if not self.context.ok():
                raise ExternalShutdownException from error
            if self._waited:
                self._callback_failed(error)
            else:
                self._wait_failed(error)
        else:
            self._failed_waits = 0
            if self._in_a_row and self._waited:
                self._in_a_row.pop(describe(self._entity), None)

    def _callback_failed(self, error: Exception) -> None:
        entity = self._entity
        where = describe(entity)
        self._in_a_row[where] += 1
        self.errors.add(self._node, where, error)
        if getattr(entity, "_executor_event", False):
            # Raised while taking the message: rclpy would run neither this entity nor its
            # callback group again.
            entity._executor_event = False
            entity.callback_group.ending_execution(entity)
            time.sleep(PAUSE_S)

    def _wait_failed(self, error: Exception) -> None:
        self._failed_waits += 1
        nodes = self.get_nodes()
        text = self.errors.add(nodes[0] if nodes else None, "the wait for callbacks", error)
        if self._failed_waits >= MAX_FAILED_WAITS:
            raise StartError(f"{text}; {MAX_FAILED_WAITS} times in a row") from error
        time.sleep(PAUSE_S)

    def _answering(self, service: Any, node: Node | None) -> Callable[[Any, Any], Any]:
        """The callback of a service, with an answer whatever it raises."""
        callback = service.callback

        @functools.wraps(callback)
        def answer(request: Any, response: Any) -> Any:
            try:
                answered = callback(request, response)
                if not isinstance(answered, service.srv_type.Response):
                    raise TypeError(f"the callback returned {answered!r} in place of a response")
            except StartError:
                raise
            except Exception as error:
                if not self.context.ok():
                    raise
                text = self.errors.add(node, describe(service), error)
                return failure(service.srv_type, request, text)
            return answered

        answer.guarded = True  # type: ignore[attr-defined]
        return answer


def failure(srv_type: Any, request: Any, text: str) -> Any:
    """The response of a service that failed: not successful, with ``text`` where it has a text."""
    response = srv_type.Response()
    result = SetParametersResult(successful=False, reason=text)
    if isinstance(getattr(response, "result", None), SetParametersResult):
        response.result = result
    elif hasattr(response, "results") and hasattr(request, "parameters"):
        response.results = [result] * len(request.parameters)
    for name in ("message", "reason", "failure_reason"):
        if isinstance(getattr(response, name, None), str):
            setattr(response, name, text)
    return response


def describe(entity: Any) -> str:
    """The callback of an entity in words, such as "service /patrol/pause (PatrolNode._on_pause)".

    Args:
        entity: what was ready: subscription, timer, service, client or waitable; None for a task.
    """
    if entity is None:
        return "a callback of a future"
    kind = type(entity).__name__
    name = getattr(entity, "srv_name", "")
    if isinstance(entity, Subscription):
        name = entity.topic_name
    callback = getattr(entity, "callback", None)
    function = getattr(callback, "__qualname__", "")
    words = [kind.lower() if kind in ("Subscription", "Service", "Timer", "Client") else kind]
    words += [name] if name else []
    words += [f"({function})"] if function else []
    return " ".join(words)
