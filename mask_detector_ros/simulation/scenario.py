# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Definition of a scenario: world, people, injected faults and the expected outcome."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from mask_detector_ros.patrol.interface import Pose, State
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.simulation.pedestrians import PedestrianSpec
from mask_detector_ros.simulation.world import World


class FaultType(Enum):
    """Faults that can be injected. The values are texts for the timeline."""

    NAVIGATION_ABORTS = "navigation aborts goals"
    NAVIGATION_REJECTS = "navigation rejects goals"
    CAMERA_SILENT = "no camera images"
    DETECTOR_RESTARTS = "detector restarts"
    LIGHTS_OUT = "lights out"
    POSE_UNKNOWN = "robot pose unknown"


@dataclass(frozen=True)
class Fault:
    """A fault for a limited time.

    Attributes:
        type: what fails.
        start: seconds from the start of the trial or, with ``after_state``, from when the
            patrol first entered that state.
        duration: seconds.
        after_state: the state to wait for, if any.
    """

    type: FaultType
    start: float
    duration: float
    after_state: State | None = None


NEVER, ONCE = (0, 0), (1, 1)
"""Least and most reminders."""

MAX_SHIFT_M, MAX_ROTATION_RAD = 0.2, 0.3
"""How far people are moved and rotated in a variation of a scenario."""


@dataclass(frozen=True)
class Scenario:
    """One trial of the patrol.

    Attributes:
        name: as on the command line.
        story: one sentence that describes it.
        world: walls and glass.
        people: everyone in it.
        plan: waypoints, zones and quiet hours of the patrol.
        start: initial pose of the robot.
        duration: seconds.
        faults: faults to inject.
        reminders: name -> least and most reminders that person should get. NEVER for people
            not listed. People with at least one are the violators.
        thanks: names of the people to be thanked.
        resumes: whether the patrol must reach another waypoint after the last person.
        time_of_day: at the start.
    """

    name: str
    story: str
    world: World
    people: tuple[PedestrianSpec, ...]
    plan: Plan
    start: Pose
    duration: float = 60.0
    faults: tuple[Fault, ...] = ()
    reminders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    thanks: tuple[str, ...] = ()
    resumes: bool = True
    time_of_day: datetime.time = datetime.time(10, 0)


def vary(scenario: Scenario, seed: int) -> Scenario:
    """Change people's appearance, pose and reaction delay at random.

    Args:
        scenario: as designed.
        seed: 0 changes nothing. The same seed always gives the same variation.
    """
    if seed == 0:
        return scenario
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    return replace(scenario, people=tuple(_vary_person(spec, rng) for spec in scenario.people))


def _vary_person(spec: PedestrianSpec, rng: np.random.Generator) -> PedestrianSpec:
    sprite = int(rng.integers(0, 1000))
    dx, dy, rotation = rng.uniform(-1.0, 1.0, 3).tolist()
    delay_factor = float(rng.uniform(0.7, 1.4))
    if spec.is_poster:
        return replace(spec, sprite=sprite)
    start = Pose(
        spec.start.x + MAX_SHIFT_M * dx,
        spec.start.y + MAX_SHIFT_M * dy,
        spec.start.yaw + MAX_ROTATION_RAD * rotation,
    )
    return replace(
        spec, sprite=sprite, start=start, reaction_delay=spec.reaction_delay * delay_factor
    )
