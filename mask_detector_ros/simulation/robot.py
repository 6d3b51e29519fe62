# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that drives to goals as one with Nav2 would: round walls, not into people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mask_detector_ros.frames import wrap
from mask_detector_ros.patrol.interface import GoTo, Outcome, Point, Pose
from mask_detector_ros.simulation.world import World

MAX_SPEED, MAX_TURN = 0.7, 1.2
"""Meters and radians per second."""
ACCELERATION = 1.0
"""Meters per second, per second; stopping may be twice as hard."""
RADIUS = 0.3
PERSONAL_SPACE = 0.7
"""It does not drive nearer to people than this, meters from middle to middle."""
REPLAN_SECONDS = 1.0
PATIENCE = 10.0
"""Seconds without getting on after which a goal is given up."""
NEAR_ENOUGH, TURNED_ENOUGH = 0.08, 0.05
"""A goal is reached within so many meters and radians."""


@dataclass(frozen=True)
class Report:
    """How a goal ended."""

    goal: int
    outcome: Outcome
    detail: str


class Robot:
    """One goal at a time; a newer one replaces it without a report, as with Nav2."""

    def __init__(self, world: World, pose: Pose) -> None:
        self._world = world
        self.pose = pose
        self.speed = 0.0
        self.refusal: Outcome | None = None
        """What every goal ends in while this is set: broken navigation, for trials."""
        self._goal: GoTo | None = None
        self._way: list[Point] = []
        self._planned = -math.inf
        self._stuck = 0.0

    @property
    def goal(self) -> GoTo | None:
        """Where it is driving to."""
        return self._goal

    @property
    def way(self) -> tuple[Point, ...]:
        """The corners still ahead."""
        return tuple(self._way)

    def go(self, goal: GoTo) -> None:
        """Take a goal."""
        self._goal = goal
        self._way = []
        self._planned = -math.inf
        self._stuck = 0.0

    def stop(self) -> None:
        """Drop the goal; it comes to a halt by itself."""
        self._goal = None
        self._way = []

    def advance(self, now: float, step: float, people: Sequence[Point] = ()) -> Report | None:
        """Drive for ``step`` seconds; tells when a goal ended.

        Args:
            now: seconds on any clock that never goes back.
            people: where people stand, meters in the map frame.
        """
        if self._goal is None:
            self._drive(0.0, 0.0, step, people)
            return None
        if self.refusal is not None:
            return self._end(self.refusal, "navigation is out of order")
        if now - self._planned >= REPLAN_SECONDS:
            way = self._world.path(self.pose.point, self._goal.pose.point, RADIUS, people)
            if way is None:
                return self._end(Outcome.ABORTED, "there is no way to the goal")
            self._way, self._planned = way[1:], now
        while len(self._way) > 1 and self._way[0].distance(self.pose) < 2 * NEAR_ENOUGH:
            self._way.pop(0)
        left = self._way[-1].distance(self.pose) if self._way else 0.0
        if len(self._way) <= 1 and left < NEAR_ENOUGH:
            turn = wrap(self._goal.pose.yaw - self.pose.yaw)
            self._drive(0.0, turn / step, step, people)
            if abs(turn) < TURNED_ENOUGH and self.speed == 0.0:
                return self._end(Outcome.REACHED, "")
            return None
        before = self.pose
        self._follow(left, step, people)
        moved = before.point.distance(self.pose) + abs(self.pose.yaw - before.yaw)
        self._stuck = 0.0 if moved > 0.02 * step else self._stuck + step
        if self._stuck > PATIENCE:
            return self._end(Outcome.ABORTED, "the way is blocked")
        return None

    def _follow(self, left: float, step: float, people: Sequence[Point]) -> None:
        """Steer to the next corner: turn first, then drive."""
        corner = self._way[0]
        bearing = math.atan2(corner.y - self.pose.y, corner.x - self.pose.x)
        turn = wrap(bearing - self.pose.yaw)
        ahead = max(0.0, math.cos(turn)) ** 3 if abs(turn) < 1.0 else 0.0
        to_corner = corner.distance(self.pose)
        # Slow enough to stop at the end, and not to swing wide at a corner.
        brake = math.sqrt(2 * ACCELERATION * 0.5 * left)
        speed = min(MAX_SPEED * ahead, brake, max(0.2, 1.2 * to_corner))
        self._drive(speed, turn / max(step, 0.25), step, people)

    def _drive(self, speed: float, turn: float, step: float, people: Sequence[Point]) -> None:
        """Move as a unicycle within its limits."""
        change = speed - self.speed
        self.speed += max(-2 * ACCELERATION * step, min(ACCELERATION * step, change))
        yaw = wrap(self.pose.yaw + max(-MAX_TURN, min(MAX_TURN, turn)) * step)
        x = self.pose.x + self.speed * step * math.cos(yaw)
        y = self.pose.y + self.speed * step * math.sin(yaw)
        there = Point(x, y)
        if self.speed and (
            self._too_near(there, people) or not self._world.free(there, RADIUS / 2)
        ):
            self.speed = 0.0
            x, y = self.pose.x, self.pose.y
        self.pose = Pose(x, y, yaw)

    def _too_near(self, place: Point, people: Sequence[Point]) -> bool:
        """Whether moving there would crowd someone; moving away is always allowed."""
        return any(
            person.distance(place) < min(PERSONAL_SPACE, person.distance(self.pose))
            for person in people
        )

    def _end(self, outcome: Outcome, detail: str) -> Report | None:
        goal = self._goal
        self.stop()
        return Report(goal.goal, outcome, detail) if goal is not None else None
