# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Definition of the demo clip: environments, paths of people and how they wear their masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mask_detector_training.synthesis import MaskPlacement, MaskStyle
from patrol_clip.camera import Environment
from patrol_clip.environments import corridor, lobby, street
from patrol_clip.people import Person

CORRECT = MaskPlacement(top=0.24, top_side=0.48)
NOSE = MaskPlacement(top=0.69, top_side=0.58, bottom=1.88, bottom_side=1.32, nose=0.05, slack=0.3)
ON_CHIN = MaskPlacement(top=1.32, top_side=1.02, bottom=1.98, bottom_side=1.46, nose=0.0, slack=0.6)
EAR = MaskPlacement(hang=1, swing=-0.1, hang_width=0.6, hang_height=1.25, slack=0.4)


@dataclass(frozen=True)
class Actor:
    """One person of a scene.

    Attributes:
        person: appearance.
        style: appearance of the mask.
        path: (seconds, x, z): positions on the floor in meters, interpolated linearly.
        mask_schedule: (seconds, mask placement from then on); None is no mask.
    """

    person: Person
    style: MaskStyle
    path: tuple[tuple[float, float, float], ...]
    mask_schedule: tuple[tuple[float, MaskPlacement | None], ...]


@dataclass(frozen=True)
class Scene:
    """One scene.

    Attributes:
        environment: draws the environment.
        speed: of the robot, meters per second.
        pan: yaw of the camera at the start and the end, radians.
        actors: people in the scene.
    """

    environment: Callable[[np.random.Generator], Environment]
    speed: float
    pan: tuple[float, float]
    actors: tuple[Actor, ...]


def _style(kind: str, color: tuple[float, float, float], **more: Any) -> MaskStyle:
    return replace(MaskStyle(kind=kind, colors=(color,)), **more)


BLUE = _style("surgical", (226, 200, 150), seed=1)
WHITE = _style("kn95", (238, 240, 240), seed=2)
BLACK = _style("sponge", (34, 32, 32), strap_color=(34, 32, 32), strap_width=0.1, seed=3)
GREEN = _style("surgical", (196, 194, 120), seed=4)
DOTS = replace(
    _style("cloth", (70, 50, 130), seed=6),
    pattern="dots",
    colors=((70, 50, 130), (225, 225, 225), (0, 0, 0)),
)
CHECKS = replace(
    _style("cloth", (190, 190, 60), seed=7),
    pattern="checks",
    colors=((225, 225, 225), (150, 80, 40), (0, 0, 0)),
)

SCENES = (
    Scene(
        corridor, 0.35, (-0.05, 0.05),
        (
            Actor(Person("collins_orange", "collins"), BLUE,
                  ((0, -0.45, 6.4), (6.7, -0.75, 2.9)), ((0, CORRECT),)),
            Actor(Person("hopper_navy", "hopper", height=0.95), GREEN,
                  ((0, 0.55, 3.9), (6.7, 0.75, 3.7)),
                  ((0, EAR), (2.0, ON_CHIN), (3.4, NOSE), (5.0, CORRECT))),
            Actor(Person("collins_teal", "collins", True, (110, 110, 40), (58, 60, 70),
                         (0.35, 0.32, 0.32), height=1.04), BLACK,
                  ((0, 0.1, 9.0), (6.7, 0.15, 5.6)), ((0, None),)),
        ),
    ),
    Scene(
        lobby, 0.25, (0.10, -0.06),
        (
            Actor(Person("collins_blue", "collins", True, (130, 84, 44), (40, 40, 40),
                         (0.45, 0.42, 0.42), height=1.02), WHITE,
                  ((0, -2.6, 3.0), (6.7, 2.6, 3.6)), ((0, CORRECT),)),
            Actor(Person("hopper_green", "hopper", True, (60, 80, 50), (90, 100, 110)), DOTS,
                  ((0, 2.9, 4.3), (6.7, -2.6, 4.6)), ((0, NOSE),)),
            Actor(Person("collins_gray", "collins", False, (104, 108, 104), (66, 66, 74),
                         (0.72, 0.8, 0.98)), BLUE,
                  ((0, -0.5, 6.9), (6.7, -0.55, 3.0)), ((0, None),)),
            Actor(Person("hopper_red", "hopper", False, (50, 40, 120), (50, 40, 40),
                         height=0.97), BLUE,
                  ((0, 1.0, 3.4), (6.7, 0.85, 3.3)),
                  ((0, CORRECT), (2.2, NOSE), (4.2, ON_CHIN))),
        ),
    ),
    Scene(
        street, 0.30, (-0.04, 0.12),
        (
            Actor(Person("collins_red", "collins", False, (60, 50, 150), (44, 44, 50),
                         (0.6, 0.62, 0.66)), CHECKS,
                  ((0, -0.9, 6.4), (6.7, -0.75, 3.2)), ((0, ON_CHIN),)),
            Actor(Person("hopper_gray", "hopper", True, (84, 80, 78), (60, 56, 52)), BLACK,
                  ((0, -2.5, 3.4), (6.7, 3.4, 4.2)), ((0, CORRECT),)),
            Actor(Person("collins_violet", "collins", True, (120, 60, 90), (70, 66, 60),
                         (0.5, 0.55, 0.7), height=1.03), GREEN,
                  ((0, 0.9, 5.6), (6.7, 0.75, 3.1)), ((0, CORRECT), (3.2, NOSE))),
            Actor(Person("hopper_brown", "hopper", False, (50, 70, 96), (44, 52, 60)), WHITE,
                  ((0, -0.2, 8.4), (6.7, 0.0, 5.0)), ((0, None),)),
        ),
    ),
)  # fmt: skip
