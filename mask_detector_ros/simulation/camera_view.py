# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the simulated camera has before it: the words between the world and its pictures."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import WearStatus

FACE_WIDTH, FACE_HEIGHT = 0.15, 0.17
"""Meters, of a grown-up's face: ear to ear, hairline to chin."""
CROWN_TO_CHIN = 0.245
"""Meters, of a grown-up's head with its hair."""


@dataclass(frozen=True)
class Figure:
    """One person, or one poster with a person on it.

    Attributes:
        sprite: which person's pictures, any number from 0; taken modulo the cast.
        x, y: where they stand (a poster: hangs), meters in the map frame.
        facing: where they look, radians in the map frame; a poster: away from its wall.
        wear: how the mask is worn; UNKNOWN is drawn as no mask.
        height: meters from the floor to the top of the head; a poster shows the face of
            somebody as tall, in life size.
        is_poster: flat, on a wall, and never turns.
        walking: phase of the stride in strides, of which the fraction counts; a whole
            number is standing still.
    """

    sprite: int
    x: float
    y: float
    facing: float
    wear: WearStatus
    height: float = 1.7
    is_poster: bool = False
    walking: float = 0.0

    @property
    def head_scale(self) -> float:
        """Size of the head, 1 for grown-ups; children's heads are nearly as large."""
        return min(1.0, max(0.8, 1.0 - (1.5 - self.height) / 3.0))

    @property
    def face_width(self) -> float:
        """Meters from ear to ear."""
        return FACE_WIDTH * self.head_scale

    @property
    def face_height(self) -> float:
        """Meters from chin to hairline."""
        return FACE_HEIGHT * self.head_scale

    @property
    def chin(self) -> float:
        """Meters from the floor to the chin."""
        return self.height - CROWN_TO_CHIN * self.head_scale


@dataclass(frozen=True)
class View:
    """The world at one moment, seen from the robot.

    Attributes:
        robot: where ``base_link`` is; the camera looks ahead from 1.2 m above it.
        figures: everyone in the world, in sight or not.
        walls: segments that hide what is behind them.
        glass: segments that can be seen through.
        light: 0 is night, 1 is day.
    """

    robot: Pose
    figures: tuple[Figure, ...] = ()
    walls: tuple[tuple[Point, Point], ...] = ()
    glass: tuple[tuple[Point, Point], ...] = ()
    light: float = 1.0
