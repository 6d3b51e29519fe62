# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Navigation by Nav2's action navigate_to_pose.

A new goal is sent while the old one is active, which Nav2 takes as preemption without a stop; the
old one is canceled once the new one is accepted. A server process that dies sends no result, so its
absence is detected by timeouts.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future

from mask_detector_ros.nodes.common.callback_errors import guarded
from mask_detector_ros.nodes.conversions.poses import pose_stamped
from mask_detector_ros.nodes.patrol.navigation import GoalCallback
from mask_detector_ros.nodes.patrol.patrol_node_settings import GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose

ACTION_NAME = "navigate_to_pose"
CANCEL_PERIOD_S = 1.0
"""Time after which the cancel of a goal that has not ended is repeated."""
MAX_CANCELS = 5
OUTCOMES = {
    GoalStatus.STATUS_SUCCEEDED: Outcome.REACHED,
    GoalStatus.STATUS_CANCELED: Outcome.CANCELED,
}
"""Every other status is ABORTED."""
ALREADY_ENDED = (
    CancelGoal.Response.ERROR_UNKNOWN_GOAL_ID,
    CancelGoal.Response.ERROR_GOAL_TERMINATED,
)
"""Responses to a cancel which mean that the goal is not active."""


@dataclass(eq=False)
class ActionGoal:
    """One goal and what is known of it; times are ``time.monotonic()``."""

    command: GoTo
    requested_at: float = field(default_factory=time.monotonic)
    handle: Any = None
    sent: bool = False
    feedback_at: float | None = None
    cancels: int = 0
    canceled_at: float = float("-inf")


class ActionNavigation:
    """Client of navigate_to_pose; see ``Navigation``.

    Attributes:
        distance_remaining: meters along the path, from the server's feedback; NaN before it.
    """

    def __init__(
        self,
        node: Node,
        action: Any,
        settings: GoalSettings,
        frame: str,
        on_goal_end: GoalCallback,
    ) -> None:
        self.settings = settings
        self._node, self._action, self._frame = node, action, frame
        self._on_goal_end = on_goal_end
        self._client = ActionClient(node, action, ACTION_NAME)
        self._name = node.resolve_service_name(ACTION_NAME)
        self.description = f"Nav2's action {self._name}"
        self._goal: ActionGoal | None = None
        self._dropped: list[ActionGoal] = []
        self._ready_at = float("-inf")
        self.distance_remaining = float("nan")

    def go(self, command: GoTo) -> None:
        """See ``Navigation``."""
        self._replace(ActionGoal(command))
        self._send()

    def stop(self, robot: Pose | None) -> None:
        """See ``Navigation``."""
        self._replace(None)
        self._cancel_dropped()

    def poll(self, robot: Pose | None) -> None:
        """See ``Navigation``."""
        now = time.monotonic()
        if self._client.server_is_ready():
            self._ready_at = now
            self._send()
        gone = now - self._ready_at > self.settings.server_timeout
        self._repeat_cancels(now, gone)
        goal = self._goal
        if goal is None:
            return
        timed_out = now - goal.requested_at > self.settings.accept_timeout
        if not goal.sent:
            if timed_out:
                self._end(goal, Outcome.UNAVAILABLE, self._absent())
        elif gone:
            self._end(goal, Outcome.UNAVAILABLE, f"{self._absent()} any more")
        elif goal.handle is None:
            if timed_out:
                self._end(goal, Outcome.UNAVAILABLE, f"{self._name} does not respond")
        elif self._without_feedback(goal, now):
            self._end(goal, Outcome.UNAVAILABLE, f"{self._name} sends no feedback any more")

    @property
    def problem(self) -> str:
        """See ``Navigation``."""
        return "" if self._client.server_is_ready() else self._absent()

    @property
    def stopping(self) -> bool:
        """See ``Navigation``."""
        return any(goal.sent for goal in self._dropped)

    def _absent(self) -> str:
        return f"there is no action server {self._name}"

    def _without_feedback(self, goal: ActionGoal, now: float) -> bool:
        limit = self.settings.feedback_timeout
        return bool(limit) and goal.feedback_at is not None and now - goal.feedback_at > limit

    # Requests -------------------------------------------------------------------------

    def _send(self) -> None:
        goal = self._goal
        if goal is None or goal.sent or not self._client.server_is_ready():
            return
        goal.sent, goal.requested_at = True, time.monotonic()
        request = self._action.Goal()
        request.pose = pose_stamped(goal.command.pose, self._frame, self._node.get_clock().now())

        def on_feedback(message: Any) -> None:
            goal.feedback_at = time.monotonic()
            if goal is self._goal:
                self.distance_remaining = message.feedback.distance_remaining

        feedback = guarded(self._node, on_feedback)
        future = self._client.send_goal_async(request, feedback_callback=feedback)
        self._when_done(future, self._on_response, goal)

    def _replace(self, goal: ActionGoal | None) -> None:
        old, self._goal = self._goal, goal
        self.distance_remaining = float("nan")
        if old is not None and old.sent:
            self._dropped.append(old)

    def _cancel(self, goal: ActionGoal) -> None:
        """Request the cancel of a goal; one not accepted yet is canceled when it is."""
        if goal.handle is not None:
            goal.cancels += 1
            goal.canceled_at = time.monotonic()
            self._when_done(goal.handle.cancel_goal_async(), self._on_canceled, goal)

    def _repeat_cancels(self, now: float, gone: bool) -> None:
        """Repeat cancels that are not confirmed: the robot must stop even if a request is lost."""
        if gone:
            # It may be out of reach with an active goal: cancel again as soon as it is back.
            for goal in self._dropped:
                goal.cancels = 0
            return
        for goal in list(self._dropped):
            if goal.handle is None:
                if now - goal.requested_at > CANCEL_PERIOD_S * MAX_CANCELS:
                    self._dropped.remove(goal)  # a late response still cancels it
            elif (goal.cancels or self._goal is None) and now - goal.canceled_at > CANCEL_PERIOD_S:
                if goal.cancels < MAX_CANCELS:
                    self._cancel(goal)
                else:
                    self._dropped.remove(goal)
                    self._node.get_logger().error(
                        f"{self._name} did not end a goal that was canceled {MAX_CANCELS} times"
                    )

    # Responses ------------------------------------------------------------------------

    def _when_done(
        self, future: Future, callback: Callable[[ActionGoal, Future], None], goal: ActionGoal
    ) -> None:
        """Call ``callback`` when a request of a goal is answered; its failure ends the goal."""

        def failed(text: str) -> None:
            if goal is self._goal:
                self._end(goal, Outcome.UNAVAILABLE, text)

        @functools.wraps(callback)
        def done(future: Future) -> None:
            callback(goal, future)

        future.add_done_callback(guarded(self._node, done, failed))

    def _on_response(self, goal: ActionGoal, future: Future) -> None:
        handle = future.result()
        if handle is None or not handle.accepted:
            if goal in self._dropped:
                self._dropped.remove(goal)
            if goal is self._goal:
                self._end(goal, Outcome.REJECTED, f"{self._name} rejected the goal")
            return
        goal.handle = handle
        self._when_done(handle.get_result_async(), self._on_result, goal)
        if goal is self._goal:
            self._cancel_dropped()
        else:
            self._cancel(goal)

    def _on_result(self, goal: ActionGoal, future: Future) -> None:
        if goal in self._dropped:
            self._dropped.remove(goal)
        if goal is not self._goal:
            return
        response = future.result()
        outcome = OUTCOMES.get(response.status, Outcome.ABORTED)
        detail = _error_text(response.result) if outcome != Outcome.REACHED else ""
        self._end(goal, outcome, detail)

    def _on_canceled(self, goal: ActionGoal, future: Future) -> None:
        """A restarted server does not know the goal."""
        if future.result().return_code in ALREADY_ENDED and goal in self._dropped:
            self._dropped.remove(goal)

    def _cancel_dropped(self) -> None:
        for goal in list(self._dropped):
            if not goal.cancels:
                self._cancel(goal)

    def _end(self, goal: ActionGoal, outcome: Outcome, detail: str) -> None:
        self._goal = None
        if outcome == Outcome.UNAVAILABLE and goal.sent:
            # The server may only seem to be gone, and must not continue with the goal then.
            self._dropped.append(goal)
        # Nor with the goal before, if this one was not accepted.
        self._cancel_dropped()
        self._on_goal_end(goal.command.goal, outcome, detail)


def _error_text(result: Any) -> str:
    """Nav2's error: a code since Iron, a text since Jazzy, nothing in Humble."""
    code = getattr(result, "error_code", 0)
    text = getattr(result, "error_msg", "")
    return f"{text} (error {code})".strip() if code else text
