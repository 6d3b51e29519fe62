# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Goals for Nav2's navigate_to_pose, with everything that a server can do to a client.

A new goal goes out while the old one is still driven to, which Nav2 takes as a change of
plan without stopping in between; the old one is canceled once the new one is taken. An
action server that dies answers nothing: that has to be seen from outside.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future

from mask_detector_ros.nodes.conversions.poses import pose_stamped
from mask_detector_ros.nodes.patrol.navigation import Ended
from mask_detector_ros.nodes.patrol.patrol_node_settings import GoalSettings
from mask_detector_ros.patrol.interface import GoTo, Outcome, Pose

ACTION_NAME = "navigate_to_pose"
CANCEL_AGAIN = 1.0
"""Seconds after which a goal that has not ended is canceled once more."""
CANCEL_TRIES = 5
OUTCOMES = {
    GoalStatus.STATUS_SUCCEEDED: Outcome.REACHED,
    GoalStatus.STATUS_CANCELED: Outcome.CANCELED,
}
"""Anything else is ABORTED."""
ENDED = (CancelGoal.Response.ERROR_UNKNOWN_GOAL_ID, CancelGoal.Response.ERROR_GOAL_TERMINATED)
"""Answers to a cancel by which there is nothing left to cancel."""


@dataclass(eq=False)
class Drive:
    """One goal on its way through the server; times are ``time.monotonic()``."""

    command: GoTo
    asked_at: float = field(default_factory=time.monotonic)
    handle: Any = None
    sent: bool = False
    heard_at: float | None = None
    cancels: int = 0
    canceled_at: float = float("-inf")


class ActionNavigation:
    """See ``navigation.Navigation``."""

    def __init__(
        self, node: Node, action: Any, settings: GoalSettings, frame: str, ended: Ended
    ) -> None:
        self.settings = settings
        self._node, self._action, self._frame, self._ended = node, action, frame, ended
        self._client = ActionClient(node, action, ACTION_NAME)
        self._name = node.resolve_service_name(ACTION_NAME)
        self.description = f"Nav2's action {self._name}"
        self._drive: Drive | None = None
        self._dropped: list[Drive] = []
        self._ready_at = float("-inf")
        self.distance_remaining = float("nan")
        """Meters along the path, as the server tells it."""

    def go(self, command: GoTo) -> None:
        """See ``Navigation``."""
        self._replace(Drive(command))
        self._send()

    def stop(self, robot: Pose | None) -> None:
        """See ``Navigation``."""
        self._replace(None)
        self._cancel_dropped()

    def look(self, robot: Pose | None) -> None:
        """See ``Navigation``."""
        now = time.monotonic()
        if self._client.server_is_ready():
            self._ready_at = now
            self._send()
        gone = now - self._ready_at > self.settings.server_timeout
        self._cancel_again(now, gone)
        drive = self._drive
        if drive is None:
            return
        waited = now - drive.asked_at > self.settings.accept_timeout
        if not drive.sent:
            if waited:
                self._end(drive, Outcome.UNAVAILABLE, self._absent())
        elif gone:
            self._end(drive, Outcome.UNAVAILABLE, f"{self._absent()} any more")
        elif drive.handle is None:
            if waited:
                self._end(drive, Outcome.UNAVAILABLE, f"{self._name} does not answer")
        elif self._silent(drive, now):
            self._end(drive, Outcome.UNAVAILABLE, f"{self._name} gives no feedback any more")

    @property
    def problem(self) -> str:
        """See ``Navigation``."""
        return "" if self._client.server_is_ready() else self._absent()

    @property
    def stopping(self) -> bool:
        """See ``Navigation``."""
        return any(drive.sent for drive in self._dropped)

    def _absent(self) -> str:
        return f"there is no action server {self._name}"

    def _silent(self, drive: Drive, now: float) -> bool:
        limit = self.settings.feedback_timeout
        return bool(limit) and drive.heard_at is not None and now - drive.heard_at > limit

    # To the server --------------------------------------------------------------------

    def _send(self) -> None:
        drive = self._drive
        if drive is None or drive.sent or not self._client.server_is_ready():
            return
        drive.sent, drive.asked_at = True, time.monotonic()
        goal = self._action.Goal()
        goal.pose = pose_stamped(drive.command.pose, self._frame, self._node.get_clock().now())

        def feedback(message: Any) -> None:
            drive.heard_at = time.monotonic()
            if drive is self._drive:
                self.distance_remaining = message.feedback.distance_remaining

        future = self._client.send_goal_async(goal, feedback_callback=feedback)
        future.add_done_callback(lambda done: self._answered(drive, done))

    def _replace(self, drive: Drive | None) -> None:
        old, self._drive = self._drive, drive
        self.distance_remaining = float("nan")
        if old is not None and old.sent:
            self._dropped.append(old)

    def _cancel(self, drive: Drive) -> None:
        """Ask for its end; one that is not taken yet is canceled when it is."""
        if drive.handle is not None:
            drive.cancels += 1
            drive.canceled_at = time.monotonic()
            future = drive.handle.cancel_goal_async()
            future.add_done_callback(lambda done: self._canceled(drive, done))

    def _cancel_again(self, now: float, gone: bool) -> None:
        """A robot that was told to stop must stop, even if a request got lost."""
        if gone:
            # It may be out of reach and drive on: canceled anew as soon as it is back.
            for drive in self._dropped:
                drive.cancels = 0
            return
        for drive in list(self._dropped):
            if drive.handle is None:
                if now - drive.asked_at > CANCEL_AGAIN * CANCEL_TRIES:
                    self._dropped.remove(drive)  # an answer that comes later still cancels it
            elif (drive.cancels or self._drive is None) and now - drive.canceled_at > CANCEL_AGAIN:
                if drive.cancels < CANCEL_TRIES:
                    self._cancel(drive)
                else:
                    self._dropped.remove(drive)
                    self._node.get_logger().error(
                        f"{self._name} did not end a goal that was canceled {CANCEL_TRIES} times"
                    )

    # From the server ------------------------------------------------------------------

    def _answered(self, drive: Drive, future: Future) -> None:
        handle = future.result()
        if handle is None or not handle.accepted:
            if drive in self._dropped:
                self._dropped.remove(drive)
            if drive is self._drive:
                self._end(drive, Outcome.REJECTED, f"{self._name} does not take the goal")
            return
        drive.handle = handle
        handle.get_result_async().add_done_callback(lambda done: self._finished(drive, done))
        if drive is self._drive:
            self._cancel_dropped()
        else:
            self._cancel(drive)

    def _finished(self, drive: Drive, future: Future) -> None:
        if drive in self._dropped:
            self._dropped.remove(drive)
        if drive is not self._drive:
            return
        answer = future.result()
        outcome = OUTCOMES.get(answer.status, Outcome.ABORTED)
        self._end(drive, outcome, _reason(answer.result) if outcome != Outcome.REACHED else "")

    def _canceled(self, drive: Drive, future: Future) -> None:
        """A server that was started again knows nothing of the goal."""
        if future.result().return_code in ENDED and drive in self._dropped:
            self._dropped.remove(drive)

    def _cancel_dropped(self) -> None:
        for drive in list(self._dropped):
            if not drive.cancels:
                self._cancel(drive)

    def _end(self, drive: Drive, outcome: Outcome, detail: str) -> None:
        self._drive = None
        if outcome == Outcome.UNAVAILABLE and drive.sent:
            # It may only seem to be gone, and must not drive on by itself then.
            self._dropped.append(drive)
        # Nor to the goal before, where this one was not taken.
        self._cancel_dropped()
        self._ended(drive.command.goal, outcome, detail)


def _reason(result: Any) -> str:
    """What Nav2 says: a code since Iron, words since Jazzy, nothing in Humble."""
    code = getattr(result, "error_code", 0)
    told = getattr(result, "error_msg", "")
    return f"{told} (error {code})".strip() if code else told
