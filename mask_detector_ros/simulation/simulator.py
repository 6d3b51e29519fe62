# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated world with its people and robot, advanced in small time steps."""

from __future__ import annotations

from collections.abc import Sequence

from mask_detector_ros.patrol.interface import Pose, Speak
from mask_detector_ros.simulation.camera_view import CameraView
from mask_detector_ros.simulation.pedestrians import Pedestrian, PedestrianSpec
from mask_detector_ros.simulation.robot import GoalResult, Robot
from mask_detector_ros.simulation.world import World

HEARING_RANGE_M = 4.5
"""The robot is heard within this distance."""
ADDRESSED_RADIUS_M = 1.5
"""People within this distance of a reminder's position can be its addressees."""


class Simulator:
    """Holds everything that moves. Time passes in ``advance`` only.

    Attributes:
        world: walls and glass.
        robot: the robot.
        pedestrians: people and posters, in the order of their specs.
        now: simulated time, seconds.
        light: brightness from 0 (night) to 1 (day).
    """

    def __init__(self, world: World, people: Sequence[PedestrianSpec], start: Pose) -> None:
        self.world = world
        self.robot = Robot(world, start)
        self.pedestrians = [Pedestrian(spec) for spec in people]
        self.now = 0.0
        self.light = 1.0

    def advance(self, step: float) -> GoalResult | None:
        """Simulate ``step`` seconds. Returns the result of the robot's goal if it ended."""
        self.now += step
        for pedestrian in self.pedestrians:
            pedestrian.advance(self.now, step, self.robot.pose)
        people = [p.point for p in self.pedestrians if not p.spec.is_poster]
        return self.robot.advance(self.now, step, people)

    def view(self) -> CameraView:
        """The current camera view."""
        return CameraView(
            robot=self.robot.pose,
            figures=tuple(pedestrian.figure for pedestrian in self.pedestrians),
            walls=self.world.walls,
            glass=self.world.glass,
            light=self.light,
        )

    def addressees(self, speech: Speak) -> list[Pedestrian]:
        """The people a reminder is for: the nearest to its position, one per person id in it.

        Only people within ``ADDRESSED_RADIUS_M`` of the position and ``HEARING_RANGE_M`` of
        the robot count. Posters can be addressed too.
        """
        if speech.position is None:
            return []
        position = speech.position
        near = [
            pedestrian
            for pedestrian in self.pedestrians
            if pedestrian.point.distance(position) <= ADDRESSED_RADIUS_M
            and pedestrian.point.distance(self.robot.pose) <= HEARING_RANGE_M
        ]
        near.sort(key=lambda pedestrian: pedestrian.point.distance(position))
        return near[: max(1, len(speech.persons))]

    def speak(self, speech: Speak) -> list[Pedestrian]:
        """Deliver a reminder or thanks to its addressees, and return them."""
        addressees = self.addressees(speech)
        for pedestrian in addressees:
            pedestrian.receive(self.now, speech.kind)
        return addressees
