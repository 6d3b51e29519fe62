# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""World, people and robot together, moving on in small steps."""

from __future__ import annotations

from collections.abc import Sequence

from mask_detector_ros.patrol.interface import Pose, Speak
from mask_detector_ros.simulation.camera_view import View
from mask_detector_ros.simulation.pedestrians import Person, Walker
from mask_detector_ros.simulation.robot import Report, Robot
from mask_detector_ros.simulation.world import World

HEARING = 4.5
"""Meters from the robot within which it is heard."""
ADDRESSED = 1.5
"""Meters from where a reminder points to, within which people feel meant."""


class Stage:
    """Everything that moves. Only ``advance`` lets time pass."""

    def __init__(self, world: World, cast: Sequence[Person], start: Pose) -> None:
        self.world = world
        self.robot = Robot(world, start)
        self.walkers = [Walker(person) for person in cast]
        self.now = 0.0
        self.light = 1.0
        """0 is night, 1 is day."""

    def advance(self, step: float) -> Report | None:
        """Let ``step`` seconds pass; tells when a goal of the robot ended."""
        self.now += step
        for walker in self.walkers:
            walker.advance(self.now, step, self.robot.pose)
        people = [walker.point for walker in self.walkers if not walker.person.is_poster]
        return self.robot.advance(self.now, step, people)

    def view(self) -> View:
        """What the camera has before it now."""
        return View(
            robot=self.robot.pose,
            figures=tuple(walker.figure for walker in self.walkers),
            walls=self.world.walls,
            glass=self.world.glass,
            light=self.light,
        )

    def addressed(self, speech: Speak) -> list[Walker]:
        """Whom the words are for: as many as it has persons, the nearest to its place.

        Posters can be meant, too; nobody is where nobody stands.
        """
        if speech.position is None:
            return []
        place = speech.position
        near = [
            walker
            for walker in self.walkers
            if walker.point.distance(place) <= ADDRESSED
            and walker.point.distance(self.robot.pose) <= HEARING
        ]
        near.sort(key=lambda walker: walker.point.distance(place))
        return near[: max(1, len(speech.persons))]

    def say(self, speech: Speak) -> list[Walker]:
        """Speak; those who are meant and hear it are told, and returned."""
        heard = self.addressed(speech)
        for walker in heard:
            walker.hear(self.now, speech.kind)
        return heard
