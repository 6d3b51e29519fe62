# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scenario of the demo: one round through a hall with five people."""

from __future__ import annotations

from mask_detector_ros.patrol.interface import Pose
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.simulation.environments import HALL
from mask_detector_ros.simulation.pedestrians import Reaction, Stay, Walk
from mask_detector_ros.simulation.scenario import Scenario
from mask_detector_ros.simulation.scenario_builders import (
    BELOW_MOUTH,
    CORRECT,
    DOWN,
    NO_MASK,
    NOSE_EXPOSED,
    RIGHT,
    UP,
    person,
)


def demo_scenario(plan: Plan) -> Scenario:
    """The demo scenario with a plan for the hall."""
    people = (
        person("Ada", 6.4, 1.2, NO_MASK, sprite=0, reaction_delay=3.0),
        person(
            "Ben",
            11.0,
            3.4,
            CORRECT,
            sprite=1,
            script=(Stay(4.0), Walk(8.4, 2.6), Walk(1.0, 2.8), Stay(300.0, DOWN)),
        ),
        person("Cleo", 10.9, 7.2, NOSE_EXPOSED, DOWN, sprite=2, reaction_delay=3.0),
        person(
            "Dan",
            6.6,
            7.0,
            BELOW_MOUTH,
            RIGHT,
            sprite=3,
            reaction=Reaction.COMPLIES_EARLY,
            reaction_delay=1.0,
        ),
        person("Eve", 2.2, 3.3, NO_MASK, UP, sprite=4, reaction=Reaction.REFUSES),
    )
    return Scenario(
        name="demo",
        story="One round through a hall: Ada and Cleo comply when reminded, Dan complies early, "
        "Ben wears his mask correctly, and Eve refuses.",
        world=HALL,
        people=people,
        plan=plan,
        start=Pose(1.6, 1.8, 0.0),
        duration=110.0,
        reminders={"Ada": (1, 1), "Cleo": (1, 1), "Eve": (1, 2)},
        thanks=("Ada", "Cleo"),
    )
