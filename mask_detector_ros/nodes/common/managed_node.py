# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A lifecycle node that refuses impossible transitions and logs what its own ones raise.

In rclpy up to Jazzy an impossible transition raises an exception in the service, and what a
transition callback raises is dropped without a word.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions, GetState
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from mask_detector_ros.nodes.common.callback_errors import report

TRANSITIONS = (
    "on_configure",
    "on_activate",
    "on_deactivate",
    "on_cleanup",
    "on_shutdown",
    "on_error",
)


class ManagedNode(LifecycleNode):
    """Base of the lifecycle nodes.

    A transition callback that raises, or returns anything but a TransitionCallbackReturn, is
    logged and counted; ``on_error`` follows, and the node is unconfigured.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in TRANSITIONS:
            if name in vars(cls):
                setattr(cls, name, _logged(vars(cls)[name]))

    def __init__(self, name: str) -> None:
        super().__init__(name)
        services: list[Any] = list(self.services)
        service = next(s for s in services if s.srv_type is ChangeState)
        state = next(s for s in services if s.srv_type is GetState)
        # The first one: the second is the whole graph.
        possible = next(s for s in services if s.srv_type is GetAvailableTransitions)
        change = service.callback

        def change_state(
            request: ChangeState.Request, response: ChangeState.Response
        ) -> ChangeState.Response:
            wanted = request.transition
            found = possible.callback(
                GetAvailableTransitions.Request(), GetAvailableTransitions.Response()
            ).available_transitions
            known = [d.transition for d in found]
            by_label = any(t.label == wanted.label for t in known)
            if by_label if wanted.label else any(t.id == wanted.id for t in known):
                return change(request, response)
            now = state.callback(GetState.Request(), GetState.Response()).current_state.label
            options = ", ".join(
                f"{d.transition.label} ({d.transition.id}) to {d.goal_state.label}" for d in found
            )
            self.get_logger().warning(
                f"transition {wanted.label or wanted.id} is not possible in state {now}; possible: "
                f"{options or 'none'}"
            )
            response.success = False
            return response

        service.callback = functools.wraps(change)(change_state)


def _logged(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def transition(self: ManagedNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            result = callback(self, state)
            if not isinstance(result, TransitionCallbackReturn):
                raise TypeError(f"it returned {result!r}")
        except Exception as error:
            report(self, f"transition {callback.__name__}", error)
            if callback.__name__ == "on_error":  # finalized, it could not be configured again
                return TransitionCallbackReturn.SUCCESS
            raise
        return result

    return transition
