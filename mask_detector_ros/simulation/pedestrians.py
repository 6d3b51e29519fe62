# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""People with a will of their own: they walk, lower their masks, and answer when asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from mask_detector_ros.frames import wrap
from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.camera_view import Figure

TURN_RATE = 2.5
"""Radians per second at which people turn on the spot."""
ROBOT_SPACE = 0.75
"""People do not walk nearer to the robot than this, meters."""
STRIDE = 1.4
"""Meters of two steps."""
CHAT = 2.5
"""Seconds people stay after they have put their mask right, before they walk on."""


class Manner(Enum):
    """What people do about the robot."""

    COMPLIES = "complies when asked"
    REFUSES = "does nothing"
    LEAVES = "walks off when asked"
    SHY = "complies as soon as the robot comes near"


@dataclass(frozen=True)
class Walk:
    """Go there in a straight line, at meters per second."""

    x: float
    y: float
    speed: float = 1.0


@dataclass(frozen=True)
class Stay:
    """Stand for some seconds, turned to a direction (radians) if one is given."""

    seconds: float
    facing: float | None = None


@dataclass(frozen=True)
class Person:
    """The part that someone plays.

    Attributes:
        name: unique within a scenario.
        start: where they stand and look at first.
        script: what they do one after the other; then they stay.
        wear: (seconds, how the mask is worn from then on), in order.
        manner: what they do about the robot.
        delay: seconds from being asked to doing it.
        notices: they look at a robot that is so near, meters; 0: never.
        sprite: which pictures, see ``Figure``.
        height: meters.
        is_poster: a picture on a wall.
        way_out: where to when they leave.
    """

    name: str
    start: Pose
    script: tuple[Walk | Stay, ...] = ()
    wear: tuple[tuple[float, WearStatus], ...] = ((0.0, WearStatus.CORRECT),)
    manner: Manner = Manner.COMPLIES
    delay: float = 2.0
    notices: float = 3.5
    sprite: int = 0
    height: float = 1.7
    is_poster: bool = False
    way_out: tuple[Walk, ...] = ()


class Walker:
    """A person on stage: the part and what has happened so far."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.pose = person.start
        self.wear = person.wear[0][1]
        self.asked = 0
        """How often they were reminded."""
        self.thanked = 0
        self._todo: list[Walk | Stay] = list(person.script)
        self._stayed = 0.0
        self._strides = 0.0
        self._acts_at: float | None = None
        self._put_right: float | None = None
        self._leaving = False

    @property
    def name(self) -> str:
        """The person's name."""
        return self.person.name

    @property
    def point(self) -> Point:
        """Where they stand, meters in the map frame."""
        return self.pose.point

    @property
    def figure(self) -> Figure:
        """What the camera may see of them."""
        return Figure(
            sprite=self.person.sprite,
            x=self.pose.x,
            y=self.pose.y,
            facing=self.pose.yaw,
            wear=self.wear,
            height=self.person.height,
            is_poster=self.person.is_poster,
            walking=self._strides,
        )

    def hear(self, now: float, kind: ReminderKind) -> None:
        """Be spoken to."""
        if self.person.is_poster:
            return
        if kind == ReminderKind.THANK:
            self.thanked += 1
            return
        self.asked += 1
        if self.person.manner != Manner.REFUSES and self.wear.is_violation:
            self._act(now)

    def advance(self, now: float, step: float, robot: Pose) -> None:
        """Live for ``step`` seconds up to ``now``."""
        if self.person.is_poster:
            return
        near = robot.point.distance(self.pose)
        if self.person.manner == Manner.SHY and self.wear.is_violation and near < 3.0:
            self._act(now)
        self._wear(now)
        talking = self._acts_at is not None and not self._leaving
        if self._put_right is not None:
            talking = now < self._put_right + CHAT
        if self._leaving or not talking:
            moved = self._play(step, robot)
        else:
            moved = False
        if not moved:
            self._strides = float(math.ceil(self._strides))  # both feet down
            attentive = near < self.person.notices and not self._leaving
            if attentive and (talking or not self._walks):
                self._turn(math.atan2(robot.y - self.pose.y, robot.x - self.pose.x), step)
            elif self._todo and isinstance(self._todo[0], Stay):
                if self._todo[0].facing is not None:
                    self._turn(self._todo[0].facing, step)
            elif not self._todo and not self.person.script:
                self._turn(self.person.start.yaw, step)

    @property
    def _walks(self) -> bool:
        return bool(self._todo) and isinstance(self._todo[0], Walk)

    def _act(self, now: float) -> None:
        if self._acts_at is None:
            self._acts_at = now + self.person.delay

    def _wear(self, now: float) -> None:
        """Put the mask right or leave when it is time; else wear it as the part says."""
        if self._acts_at is not None and now >= self._acts_at:
            if self.person.manner == Manner.LEAVES:
                if not self._leaving:
                    self._leaving, self._todo = True, list(self.person.way_out)
            elif self._put_right is None:
                self._put_right = now
        if self._put_right is not None:
            self.wear = WearStatus.CORRECT
        else:
            self.wear = [wear for since, wear in self.person.wear if since <= now][-1]

    def _play(self, step: float, robot: Pose) -> bool:
        """Go on with the script; whether they moved."""
        if not self._todo:
            return False
        task = self._todo[0]
        if isinstance(task, Stay):
            self._stayed += step
            if self._stayed >= task.seconds:
                self._todo.pop(0)
                self._stayed = 0.0
            return False
        left = math.hypot(task.x - self.pose.x, task.y - self.pose.y)
        bearing = math.atan2(task.y - self.pose.y, task.x - self.pose.x)
        if abs(wrap(bearing - self.pose.yaw)) > 0.6 and left > 0.1:
            self._turn(bearing, step)
            return False
        length = min(left, task.speed * step)
        there = self._step(bearing, length)
        if self._crowds(there, robot):
            if left < ROBOT_SPACE:  # the robot stands there
                self._todo.pop(0)
                return False
            bearing = self._round(robot, bearing)
            there = self._step(bearing, length)
            if self._crowds(there, robot):
                return False
        self.pose = Pose(there.x, there.y, bearing if left > 0.1 else self.pose.yaw)
        self._strides += length / STRIDE
        if there.distance(Point(task.x, task.y)) < 1e-6:
            self._todo.pop(0)
        return True

    def _step(self, bearing: float, length: float) -> Point:
        return Point(
            self.pose.x + length * math.cos(bearing), self.pose.y + length * math.sin(bearing)
        )

    def _crowds(self, there: Point, robot: Pose) -> bool:
        """Whether going there would run into the robot; getting away is always possible."""
        return there.distance(robot) < min(ROBOT_SPACE, self.point.distance(robot))

    def _round(self, robot: Pose, bearing: float) -> float:
        """Sideways past the robot, on the side that leads on; head-on to the right."""
        toward = math.atan2(robot.y - self.pose.y, robot.x - self.pose.x)
        side = math.pi / 2 if wrap(bearing - toward) > 0.05 else -math.pi / 2
        return toward + side

    def _turn(self, toward: float, step: float) -> None:
        turn = wrap(toward - self.pose.yaw)
        limit = TURN_RATE * step
        self.pose = Pose(
            self.pose.x, self.pose.y, wrap(self.pose.yaw + max(-limit, min(limit, turn)))
        )
