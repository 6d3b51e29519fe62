# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated people: they walk, take masks off, look at the robot and react to reminders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from mask_detector_ros.frames import wrap_angle
from mask_detector_ros.patrol.interface import Point, Pose, ReminderKind
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.camera_view import Figure

YAW_RATE_RAD_S = 2.5
"""How fast people turn on the spot."""
ROBOT_CLEARANCE_M = 0.75
"""People do not walk closer to the robot than this."""
STRIDE_M = 1.4
"""Length of two steps."""
STAY_AFTER_COMPLYING_S = 2.5
"""People stand still for this long after correcting their mask."""
EARLY_DISTANCE_M = 3.0
"""``Reaction.COMPLIES_EARLY`` corrects the mask when the robot is closer than this."""


class Reaction(Enum):
    """How a person reacts to the robot."""

    COMPLIES = "complies when reminded"
    REFUSES = "does nothing"
    LEAVES = "walks away when reminded"
    COMPLIES_EARLY = "complies as soon as the robot is near"


@dataclass(frozen=True)
class Walk:
    """Walk to a position in a straight line. ``speed`` is in meters per second."""

    x: float
    y: float
    speed: float = 1.0


@dataclass(frozen=True)
class Stay:
    """Stand for some seconds, facing a direction (radians) if one is given."""

    seconds: float
    facing: float | None = None


@dataclass(frozen=True)
class PedestrianSpec:
    """Definition of one person in a scenario.

    Attributes:
        name: unique within the scenario.
        start: initial pose.
        script: actions carried out one after the other; then the person stays.
        wear_schedule: (seconds, wear status from then on), in order of time.
        reaction: how the person reacts to the robot.
        reaction_delay: seconds from the reminder (or the robot's approach) to the reaction.
        attention_range: the person looks at a robot closer than this, meters; 0: never.
        sprite: which person's images are drawn, see ``Figure``.
        height: meters.
        is_poster: an image on a wall instead of a person.
        exit_path: where the person walks when leaving.
    """

    name: str
    start: Pose
    script: tuple[Walk | Stay, ...] = ()
    wear_schedule: tuple[tuple[float, WearStatus], ...] = ((0.0, WearStatus.CORRECT),)
    reaction: Reaction = Reaction.COMPLIES
    reaction_delay: float = 2.0
    attention_range: float = 3.5
    sprite: int = 0
    height: float = 1.7
    is_poster: bool = False
    exit_path: tuple[Walk, ...] = ()


class Pedestrian:
    """Current state of one person.

    Attributes:
        spec: the definition.
        pose: in the map frame.
        wear_status: how the mask is worn now.
        reminders_received, thanks_received: counts.
    """

    def __init__(self, spec: PedestrianSpec) -> None:
        self.spec = spec
        self.pose = spec.start
        self.wear_status = spec.wear_schedule[0][1]
        self.reminders_received = 0
        self.thanks_received = 0
        self._actions: list[Walk | Stay] = list(spec.script)
        self._stayed = 0.0
        self._stride = 0.0
        self._reacts_at: float | None = None
        self._complied_at: float | None = None
        self._leaving = False

    @property
    def name(self) -> str:
        """Name of the person."""
        return self.spec.name

    @property
    def point(self) -> Point:
        """Position, meters in the map frame."""
        return self.pose.point

    @property
    def figure(self) -> Figure:
        """Appearance of the person, for the camera view."""
        return Figure(
            sprite=self.spec.sprite,
            x=self.pose.x,
            y=self.pose.y,
            facing=self.pose.yaw,
            wear_status=self.wear_status,
            height=self.spec.height,
            is_poster=self.spec.is_poster,
            stride=self._stride,
        )

    def receive(self, now: float, kind: ReminderKind) -> None:
        """Handle a reminder or thanks from the robot."""
        if self.spec.is_poster:
            return
        if kind == ReminderKind.THANK:
            self.thanks_received += 1
            return
        self.reminders_received += 1
        if self.spec.reaction != Reaction.REFUSES and self.wear_status.is_violation:
            self._schedule_reaction(now)

    def advance(self, now: float, step: float, robot: Pose) -> None:
        """Simulate ``step`` seconds, up to ``now``."""
        if self.spec.is_poster:
            return
        distance = robot.point.distance(self.pose)
        complies_early = self.spec.reaction == Reaction.COMPLIES_EARLY
        if complies_early and self.wear_status.is_violation and distance < EARLY_DISTANCE_M:
            self._schedule_reaction(now)
        self._update_mask(now)
        interacting = self._reacts_at is not None and not self._leaving
        if self._complied_at is not None:
            interacting = now < self._complied_at + STAY_AFTER_COMPLYING_S
        moved = not interacting and self._follow_script(step, robot)
        if moved:
            return
        self._stride = float(math.ceil(self._stride))  # both feet on the floor
        attentive = distance < self.spec.attention_range and not self._leaving
        if attentive and (interacting or not self._is_walking):
            self._rotate(math.atan2(robot.y - self.pose.y, robot.x - self.pose.x), step)
        elif self._actions and isinstance(self._actions[0], Stay):
            if self._actions[0].facing is not None:
                self._rotate(self._actions[0].facing, step)
        elif not self._actions and not self.spec.script:
            self._rotate(self.spec.start.yaw, step)

    @property
    def _is_walking(self) -> bool:
        return bool(self._actions) and isinstance(self._actions[0], Walk)

    def _schedule_reaction(self, now: float) -> None:
        if self._reacts_at is None:
            self._reacts_at = now + self.spec.reaction_delay

    def _update_mask(self, now: float) -> None:
        """Comply or leave when the reaction is due. Otherwise follow the wear schedule."""
        if self._reacts_at is not None and now >= self._reacts_at:
            if self.spec.reaction == Reaction.LEAVES:
                if not self._leaving:
                    self._leaving, self._actions = True, list(self.spec.exit_path)
            elif self._complied_at is None:
                self._complied_at = now
        if self._complied_at is not None:
            self.wear_status = WearStatus.CORRECT
        else:
            schedule = self.spec.wear_schedule
            self.wear_status = [status for since, status in schedule if since <= now][-1]

    def _follow_script(self, step: float, robot: Pose) -> bool:
        """Continue the script. Returns whether the person moved."""
        if not self._actions:
            return False
        action = self._actions[0]
        if isinstance(action, Stay):
            self._stayed += step
            if self._stayed >= action.seconds:
                self._actions.pop(0)
                self._stayed = 0.0
            return False
        remaining = math.hypot(action.x - self.pose.x, action.y - self.pose.y)
        bearing = math.atan2(action.y - self.pose.y, action.x - self.pose.x)
        if abs(wrap_angle(bearing - self.pose.yaw)) > 0.6 and remaining > 0.1:
            self._rotate(bearing, step)
            return False
        length = min(remaining, action.speed * step)
        position = self._position_ahead(bearing, length)
        if self._too_close(position, robot):
            if remaining < ROBOT_CLEARANCE_M:  # the robot stands at the destination
                self._actions.pop(0)
                return False
            bearing = self._detour_bearing(robot, bearing)
            position = self._position_ahead(bearing, length)
            if self._too_close(position, robot):
                return False
        self.pose = Pose(position.x, position.y, bearing if remaining > 0.1 else self.pose.yaw)
        self._stride += length / STRIDE_M
        if position.distance(Point(action.x, action.y)) < 1e-6:
            self._actions.pop(0)
        return True

    def _position_ahead(self, bearing: float, length: float) -> Point:
        return Point(
            self.pose.x + length * math.cos(bearing), self.pose.y + length * math.sin(bearing)
        )

    def _too_close(self, position: Point, robot: Pose) -> bool:
        """Whether moving there gets too close to the robot. Moving away is always allowed."""
        return position.distance(robot) < min(ROBOT_CLEARANCE_M, self.point.distance(robot))

    def _detour_bearing(self, robot: Pose, bearing: float) -> float:
        """Sideways past the robot, on the side nearer to the destination; head-on to the right."""
        toward = math.atan2(robot.y - self.pose.y, robot.x - self.pose.x)
        side = math.pi / 2 if wrap_angle(bearing - toward) > 0.05 else -math.pi / 2
        return toward + side

    def _rotate(self, toward: float, step: float) -> None:
        rotation = wrap_angle(toward - self.pose.yaw)
        limit = YAW_RATE_RAD_S * step
        yaw = wrap_angle(self.pose.yaw + max(-limit, min(limit, rotation)))
        self.pose = Pose(self.pose.x, self.pose.y, yaw)
