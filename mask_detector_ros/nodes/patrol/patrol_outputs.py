# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishers of the patrol node."""

from __future__ import annotations

import math
import time
from typing import Any

from geometry_msgs.msg import Point as PointMessage
from geometry_msgs.msg import PoseStamped
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from mask_detector_ros.msg import PatrolState, Reminder
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions.poses import pose_stamped
from mask_detector_ros.nodes.patrol.patrol_markers import marker_array
from mask_detector_ros.patrol.interface import Point, Pose, Speak
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.patrol.status import Status

STATE_PERIOD_S = 1.0
"""Time between two states while nothing changes."""


class PatrolOutputs:
    """Publishes state, reminders, target pose and markers; markers only while subscribed."""

    def __init__(self, node: Node, plan: Plan) -> None:
        def publisher(kind: type, topic: str, profile: qos.QoSProfile) -> Any:
            return node.create_publisher(
                kind,
                topic,
                profile,
                event_callbacks=qos.publisher_callbacks(node, topic),
                qos_overriding_options=qos.overridable(),
            )

        self._node, self._plan = node, plan
        self._states = publisher(PatrolState, "~/state", qos.latched(depth=1))
        self._reminders = publisher(Reminder, "~/reminder", qos.results())
        self._markers = publisher(MarkerArray, "~/markers", qos.visualization())
        self._targets = publisher(PoseStamped, "target_pose", qos.results(1))
        # Part of every reminder_id, so that ids are not repeated after a restart.
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self._published: tuple = ()
        self._state_at = self._markers_at = float("-inf")

    def remind(self, speak: Speak) -> None:
        """Publish a reminder or thanks for the announcer."""
        self._reminders.publish(
            Reminder(
                header=self._header(),
                kind=int(speak.kind),
                reminder_id=f"{self._run}-{speak.number}",
                person_ids=list(speak.persons),
                status=int(speak.status),
                attempt=speak.attempt,
                position=_point(speak.position),
                distance=speak.distance,
            )
        )

    def publish(self, status: Status, marker_rate: float) -> None:
        """Publish state, target pose and markers.

        The state is published at every change and every ``STATE_PERIOD_S``.

        Args:
            status: present status.
            marker_rate: maximum rate of the markers, Hz.
        """
        now = time.monotonic()
        counts = (status.reminders, status.complied, status.given_up)
        content = (status.state, status.since, status.target, status.waypoint, *counts)
        if content != self._published or now - self._state_at >= STATE_PERIOD_S:
            self._published, self._state_at = content, now
            self._states.publish(self._state(status))
        if status.target_position is not None:
            self._targets.publish(self._target(status, status.target_position))
        if now - self._markers_at >= 0.9 / marker_rate and self._markers.get_subscription_count():
            self._markers_at = now
            lifetime = 2.0 / marker_rate
            self._markers.publish(marker_array(self._plan, status, self._header(), lifetime))

    def _state(self, status: Status) -> PatrolState:
        return PatrolState(
            header=self._header(),
            state=int(status.state),
            previous_state=int(status.previous),
            time_in_state=Duration(seconds=status.time_in_state).to_msg(),
            reason=status.reason,
            target_id=status.target or "",
            target_position=_point(status.target_position),
            waypoint=status.waypoint,
            waypoints=status.waypoints,
            reminders=status.reminders,
            complied=status.complied,
            given_up=status.given_up,
        )

    def _target(self, status: Status, position: Point) -> PoseStamped:
        # The heading of a person is unknown; the yaw is that of the approach.
        yaw = status.stand_off.yaw if status.stand_off is not None else 0.0
        return pose_stamped(Pose(position.x, position.y, yaw), self._plan.frame, self._now())

    def _header(self) -> Header:
        return Header(frame_id=self._plan.frame, stamp=self._now().to_msg())

    def _now(self) -> Time:
        return self._node.get_clock().now()


def _point(position: Point | None) -> PointMessage:
    if position is None:
        return PointMessage(x=math.nan, y=math.nan, z=math.nan)
    return PointMessage(x=float(position.x), y=float(position.y), z=0.0)
