# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated robot with navigation like Nav2's: it drives to goals around walls and people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mask_detector_ros.frames import wrap_angle
from mask_detector_ros.patrol.interface import GoTo, Outcome, Point, Pose
from mask_detector_ros.simulation.world import World

MAX_SPEED_M_S, MAX_YAW_RATE_RAD_S = 0.7, 1.2
MAX_ACCELERATION_M_S2 = 1.0
"""Braking may be twice as strong."""
RADIUS_M = 0.3
PERSONAL_SPACE_M = 0.7
"""Least distance to people, center to center."""
REPLAN_PERIOD_S = 1.0
STUCK_TIMEOUT_S = 10.0
"""A goal is aborted after this time without progress."""
GOAL_DISTANCE_M, GOAL_YAW_RAD = 0.08, 0.05
"""A goal is reached within this distance and angle."""


@dataclass(frozen=True)
class GoalResult:
    """How a navigation goal ended."""

    goal: int
    outcome: Outcome
    detail: str


class Robot:
    """Drives to one goal at a time. A new goal replaces the old one without a result, as in Nav2.

    Attributes:
        pose: of ``base_link`` in the map frame.
        speed: meters per second, forward.
        forced_outcome: while set, every goal ends with it (fault injection).
    """

    def __init__(self, world: World, pose: Pose) -> None:
        self._world = world
        self.pose = pose
        self.speed = 0.0
        self.forced_outcome: Outcome | None = None
        self._goal: GoTo | None = None
        self._path: list[Point] = []
        self._planned = -math.inf
        self._stuck = 0.0

    @property
    def goal(self) -> GoTo | None:
        """The current goal."""
        return self._goal

    @property
    def path(self) -> tuple[Point, ...]:
        """The remaining corners of the path."""
        return tuple(self._path)

    def go(self, goal: GoTo) -> None:
        """Accept a goal."""
        self._goal = goal
        self._path = []
        self._planned = -math.inf
        self._stuck = 0.0

    def stop(self) -> None:
        """Drop the goal. The robot brakes to a halt."""
        self._goal = None
        self._path = []

    def advance(self, now: float, step: float, people: Sequence[Point] = ()) -> GoalResult | None:
        """Drive for ``step`` seconds.

        Args:
            now: seconds on a monotonic clock.
            step: seconds.
            people: positions of people, meters in the map frame.

        Returns:
            The result of the goal if it ended in this step.
        """
        if self._goal is None:
            self._drive(0.0, 0.0, step, people)
            return None
        if self.forced_outcome is not None:
            return self._end(self.forced_outcome, "navigation is out of order")
        if now - self._planned >= REPLAN_PERIOD_S:
            path = self._world.find_path(self.pose.point, self._goal.pose.point, RADIUS_M, people)
            if path is None:
                return self._end(Outcome.ABORTED, "no path to the goal")
            self._path, self._planned = path[1:], now
        while len(self._path) > 1 and self._path[0].distance(self.pose) < 2 * GOAL_DISTANCE_M:
            self._path.pop(0)
        remaining = self._path[-1].distance(self.pose) if self._path else 0.0
        if len(self._path) <= 1 and remaining < GOAL_DISTANCE_M:
            rotation = wrap_angle(self._goal.pose.yaw - self.pose.yaw)
            self._drive(0.0, rotation / step, step, people)
            if abs(rotation) < GOAL_YAW_RAD and self.speed == 0.0:
                return self._end(Outcome.REACHED, "")
            return None
        before = self.pose
        self._follow_path(remaining, step, people)
        moved = before.point.distance(self.pose) + abs(self.pose.yaw - before.yaw)
        self._stuck = 0.0 if moved > 0.02 * step else self._stuck + step
        if self._stuck > STUCK_TIMEOUT_S:
            return self._end(Outcome.ABORTED, "the path is blocked")
        return None

    def _follow_path(self, remaining: float, step: float, people: Sequence[Point]) -> None:
        """Steer to the next corner: rotate first, then drive."""
        corner = self._path[0]
        bearing = math.atan2(corner.y - self.pose.y, corner.x - self.pose.x)
        rotation = wrap_angle(bearing - self.pose.yaw)
        ahead = max(0.0, math.cos(rotation)) ** 3 if abs(rotation) < 1.0 else 0.0
        to_corner = corner.distance(self.pose)
        # Slow enough to stop at the goal and not to overshoot corners.
        brake = math.sqrt(2 * MAX_ACCELERATION_M_S2 * 0.5 * remaining)
        speed = min(MAX_SPEED_M_S * ahead, brake, max(0.2, 1.2 * to_corner))
        self._drive(speed, rotation / max(step, 0.25), step, people)

    def _drive(self, speed: float, yaw_rate: float, step: float, people: Sequence[Point]) -> None:
        """Move as a unicycle within the limits. Stop before walls and people."""
        change = speed - self.speed
        self.speed += max(
            -2 * MAX_ACCELERATION_M_S2 * step, min(MAX_ACCELERATION_M_S2 * step, change)
        )
        yaw_rate = max(-MAX_YAW_RATE_RAD_S, min(MAX_YAW_RATE_RAD_S, yaw_rate))
        yaw = wrap_angle(self.pose.yaw + yaw_rate * step)
        x = self.pose.x + self.speed * step * math.cos(yaw)
        y = self.pose.y + self.speed * step * math.sin(yaw)
        next_position = Point(x, y)
        if self.speed and (
            self._too_close(next_position, people)
            or not self._world.free(next_position, RADIUS_M / 2)
        ):
            self.speed = 0.0
            x, y = self.pose.x, self.pose.y
        self.pose = Pose(x, y, yaw)

    def _too_close(self, position: Point, people: Sequence[Point]) -> bool:
        """Whether moving there violates personal space. Moving away is always allowed."""
        return any(
            person.distance(position) < min(PERSONAL_SPACE_M, person.distance(self.pose))
            for person in people
        )

    def _end(self, outcome: Outcome, detail: str) -> GoalResult | None:
        goal = self._goal
        self.stop()
        return GoalResult(goal.goal, outcome, detail) if goal is not None else None
