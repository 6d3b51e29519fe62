# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The visible state of the world at one moment: input of the renderer and the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import WearStatus

FACE_WIDTH_M, FACE_HEIGHT_M = 0.15, 0.17
"""Size of an adult's face: ear to ear, hairline to chin."""
CROWN_TO_CHIN_M = 0.245
"""Height of an adult's head with hair."""


@dataclass(frozen=True)
class Figure:
    """One person, or one poster that shows a person.

    Attributes:
        sprite: index of the person's images, any number from 0; modulo the number of people.
        x, y: position, meters in the map frame.
        facing: direction faced, radians in the map frame; of a poster: away from its wall.
        wear_status: how the mask is worn. UNKNOWN is drawn as no mask.
        height: meters from the floor to the top of the head. A poster shows the face of a
            person of this height, life-size.
        is_poster: flat on a wall and never turns.
        stride: number of strides walked. Its fraction is the phase; a whole number is
            standing still.
    """

    sprite: int
    x: float
    y: float
    facing: float
    wear_status: WearStatus
    height: float = 1.7
    is_poster: bool = False
    stride: float = 0.0

    @property
    def head_scale(self) -> float:
        """Size of the head relative to an adult's. Children's heads are nearly as large."""
        return min(1.0, max(0.8, 1.0 - (1.5 - self.height) / 3.0))

    @property
    def face_width(self) -> float:
        """Meters from ear to ear."""
        return FACE_WIDTH_M * self.head_scale

    @property
    def face_height(self) -> float:
        """Meters from chin to hairline."""
        return FACE_HEIGHT_M * self.head_scale

    @property
    def chin_height(self) -> float:
        """Meters from the floor to the chin."""
        return self.height - CROWN_TO_CHIN_M * self.head_scale


@dataclass(frozen=True)
class CameraView:
    """Everything the camera image depends on.

    Attributes:
        robot: pose of ``base_link``. The camera is mounted 1.2 m above it and points forward.
        figures: everyone in the world, whether visible or not.
        walls: segments that block sight, meters in the map frame.
        glass: segments that do not block sight, meters in the map frame.
        light: brightness from 0 (night) to 1 (day).
    """

    robot: Pose
    figures: tuple[Figure, ...] = ()
    walls: tuple[tuple[Point, Point], ...] = ()
    glass: tuple[tuple[Point, Point], ...] = ()
    light: float = 1.0
