# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happens in the demo: one round through a hall, and five people in it."""

from __future__ import annotations

import math

from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.simulation.pedestrians import Manner, Person, Stay, Walk
from mask_detector_ros.simulation.places import HALL
from mask_detector_ros.simulation.scenario import Scenario

LEFT, RIGHT, UP, DOWN = math.pi, 0.0, math.pi / 2, -math.pi / 2
WORN, NOSE = WearStatus.CORRECT, WearStatus.NOSE_EXPOSED
CHIN, BARE = WearStatus.BELOW_MOUTH, WearStatus.NO_MASK


def story(plan: Plan) -> Scenario:
    """The demo's trial on a plan for the hall."""
    cast = (
        Person("Ada", Pose(6.4, 1.2, LEFT), wear=((0.0, BARE),), sprite=0, delay=3.0),
        Person(
            "Ben",
            Pose(11.0, 3.4, LEFT),
            (Stay(4.0), Walk(8.4, 2.6), Walk(1.0, 2.8), Stay(300.0, DOWN)),
            wear=((0.0, WORN),),
            sprite=1,
        ),
        Person("Cleo", Pose(10.9, 7.2, DOWN), wear=((0.0, NOSE),), sprite=2, delay=3.0),
        Person(
            "Dan",
            Pose(6.6, 7.0, RIGHT),
            wear=((0.0, CHIN),),
            manner=Manner.SHY,
            sprite=3,
            delay=1.0,
        ),
        Person(
            "Eve",
            Pose(2.2, 3.3, UP),
            wear=((0.0, BARE),),
            manner=Manner.REFUSES,
            sprite=4,
        ),
    )
    return Scenario(
        name="demo",
        story="One round through a hall: Ada and Cleo are asked, Dan sees to it himself, "
        "Ben does it right, and Eve does not want to.",
        world=HALL,
        cast=cast,
        plan=plan,
        start=Pose(1.6, 1.8, 0.0),
        duration=110.0,
        reminders={"Ada": (1, 1), "Cleo": (1, 1), "Eve": (1, 2)},
        thanks=("Ada", "Cleo"),
    )
