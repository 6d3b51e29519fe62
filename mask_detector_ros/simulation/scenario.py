# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The words of a trial: who is where, what goes wrong, and what ought to come of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from mask_detector_ros.patrol.interface import Pose, State
from mask_detector_ros.patrol.plan import Plan
from mask_detector_ros.simulation.pedestrians import Person
from mask_detector_ros.simulation.world import World


class Trouble(Enum):
    """What can go wrong."""

    NAVIGATION_ABORTS = "navigation gives up"
    NAVIGATION_REJECTS = "navigation takes no goals"
    CAMERA_SILENT = "no images come"
    DETECTOR_RESTARTS = "the detector starts anew"
    LIGHTS_OUT = "it is dark"
    POSE_UNKNOWN = "the robot does not know where it is"


@dataclass(frozen=True)
class Fault:
    """Trouble for some time.

    Attributes:
        trouble: which.
        at: seconds from the beginning, or from when the patrol first got into ``when``.
        lasts: seconds.
        when: the state that it waits for; None: it comes at ``at``.
    """

    trouble: Trouble
    at: float
    lasts: float
    when: State | None = None


NEVER, ONCE = (0, 0), (1, 1)

SHIFT, TURN = 0.2, 0.3
"""How far people are moved and turned at most in a varied scenario, meters and radians."""


@dataclass(frozen=True)
class Scenario:
    """One trial.

    Attributes:
        name: as given on the command line.
        story: one sentence for people.
        world: the place.
        cast: who is in it.
        plan: waypoints, zones and quiet hours of the patrol.
        start: where the robot begins.
        duration: seconds.
        faults: what goes wrong.
        reminders: name -> least and most reminders that are right for that person; NEVER
            for everyone who is not in it. Whoever is down for at least one is a violator
            within reach.
        thanks: names of those who are to be thanked.
        resumes: whether the patrol has to reach another waypoint after the last person.
        time_of_day: when it begins.
    """

    name: str
    story: str
    world: World
    cast: tuple[Person, ...]
    plan: Plan
    start: Pose
    duration: float = 60.0
    faults: tuple[Fault, ...] = ()
    reminders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    thanks: tuple[str, ...] = ()
    resumes: bool = True
    time_of_day: datetime.time = datetime.time(10, 0)


def varied(scenario: Scenario, seed: int) -> Scenario:
    """The scenario with people who stand, look and react a little differently.

    Args:
        scenario: as designed.
        seed: 0 leaves everything as it is; the same seed always gives the same.
    """
    if seed == 0:
        return scenario
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    return replace(scenario, cast=tuple(_varied(person, rng) for person in scenario.cast))


def _varied(person: Person, rng: np.random.Generator) -> Person:
    sprite = int(rng.integers(0, 1000))
    dx, dy, turn = rng.uniform(-1.0, 1.0, 3).tolist()
    slower = float(rng.uniform(0.7, 1.4))
    if person.is_poster:
        return replace(person, sprite=sprite)
    start = Pose(
        person.start.x + SHIFT * dx, person.start.y + SHIFT * dy, person.start.yaw + TURN * turn
    )
    return replace(person, sprite=sprite, start=start, delay=person.delay * slower)
