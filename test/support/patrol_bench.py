# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A patrol on an open floor with a simulated clock, robot and people."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from mask_detector_ros.patrol.behavior import Patrol
from mask_detector_ros.patrol.behavior_settings import PatrolSettings
from mask_detector_ros.patrol.interface import (
    Command,
    GoTo,
    Observation,
    Outcome,
    Point,
    Pose,
    ReminderKind,
    Speak,
    State,
    Stop,
)
from mask_detector_ros.patrol.plan import Plan, Waypoint
from mask_detector_ros.patrol.transitions import Transition
from mask_detector_ros.perception.types import WearStatus

TICK_S = 0.1
SPEED_MPS = 1.0

START = Pose(0.0, 0.0, 0.0)

PLAN = Plan(
    waypoints=(
        Waypoint("west", Pose(-2.0, 0.0, 0.0)),
        Waypoint("east", Pose(20.0, 0.0, math.pi)),
        Waypoint("north", Pose(20.0, 20.0, math.pi)),
    )
)


@dataclass
class Actor:
    """A person on the floor.

    Attributes:
        visible: whether the person is observed.
        has_position: whether the observations have a position.
    """

    id: str
    x: float
    y: float = 0.0
    status: WearStatus = WearStatus.NO_MASK
    velocity: tuple[float, float] = (0.0, 0.0)
    visible: bool = True
    has_position: bool = True
    position_std: float = 0.1

    def observation(self) -> Observation:
        point = Point(self.x, self.y) if self.has_position else None
        return Observation(self.id, self.status, 0.9, point, self.position_std)


class Bench:
    """Runs a patrol. The robot drives straight to its goals at 1 m/s."""

    def __init__(
        self,
        *actors: Actor,
        plan: Plan = PLAN,
        settings: PatrolSettings | None = None,
        robot: Pose = START,
        time_of_day: Callable[[], datetime.time] | None = None,
    ) -> None:
        self.now = 100.0
        self.actors = list(actors)
        self.robot = robot
        self.taken: list[tuple[State, Transition]] = []
        self.commands: list[Command] = []
        self.camera = self.localized = True
        self.outcome: Outcome | None = Outcome.REACHED
        """How goals end; None: they never end, and the robot does not move."""
        self._goal: GoTo | None = None
        self.patrol = Patrol(
            plan,
            settings or PatrolSettings(),
            lambda: self.now,
            time_of_day,
            on_transition=lambda state, row: self.taken.append((state, row)),
        )

    def step(self) -> list[Command]:
        """Advance people, robot and patrol by one tick."""
        self.now += TICK_S
        for actor in self.actors:
            actor.x += actor.velocity[0] * TICK_S
            actor.y += actor.velocity[1] * TICK_S
        self._drive()
        if self.camera:
            self.patrol.observe([actor.observation() for actor in self.actors if actor.visible])
        commands = self.patrol.tick(self.robot if self.localized else None)
        self.commands += commands
        for command in commands:
            if isinstance(command, GoTo):
                self._goal = command
            elif isinstance(command, Stop):
                self._goal = None
        return commands

    def _drive(self) -> None:
        if self._goal is None or self.outcome is None:
            return
        goal, pose = self._goal.goal, self._goal.pose
        left = self.robot.point.distance(pose)
        if self.outcome == Outcome.REACHED and left > SPEED_MPS * TICK_S:
            fraction = SPEED_MPS * TICK_S / left
            self.robot = replace(
                self.robot,
                x=self.robot.x + fraction * (pose.x - self.robot.x),
                y=self.robot.y + fraction * (pose.y - self.robot.y),
            )
            return
        if self.outcome == Outcome.REACHED:
            self.robot = pose
        self._goal = None
        self.patrol.navigated(goal, self.outcome)

    def run(self, seconds: float) -> Bench:
        for _ in range(round(seconds / TICK_S)):
            self.step()
        return self

    def until(self, state: State, limit: float = 60.0) -> Bench:
        """Run until the state is entered; fails after ``limit`` seconds."""
        end = self.now + limit
        while self.patrol.status.state != state:
            assert self.now < end, f"no {state.name}; {self.patrol.status}"
            self.step()
        return self

    def until_taken(self, source: State, guard: str, limit: float = 400.0) -> Bench:
        """Run until the transition is taken; fails after ``limit`` seconds."""
        end, before = self.now + limit, len(self.taken)
        while (source, guard) not in self.names[before:]:
            assert self.now < end, f"{guard} not taken; {self.names} {self.patrol.status}"
            self.step()
        return self

    @property
    def driving(self) -> bool:
        """Whether the robot has an active goal."""
        return self._goal is not None

    @property
    def state(self) -> State:
        return self.patrol.status.state

    @property
    def names(self) -> list[tuple[State, str]]:
        return [(state, row.guard.__name__) for state, row in self.taken]

    @property
    def spoken(self) -> list[Speak]:
        return [command for command in self.commands if isinstance(command, Speak)]

    @property
    def reminders(self) -> list[tuple[str, ...]]:
        """Person ids of each reminder, in order."""
        return [s.persons for s in self.spoken if s.kind == ReminderKind.REMIND]

    @property
    def thanks(self) -> list[tuple[str, ...]]:
        return [s.persons for s in self.spoken if s.kind == ReminderKind.THANK]

    @property
    def goals(self) -> list[GoTo]:
        return [command for command in self.commands if isinstance(command, GoTo)]
