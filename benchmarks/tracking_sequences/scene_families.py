# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Families of random patrol scenes: how people walk and how the robot moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mask_detector_ros.perception.types import CLASSES, WearStatus
from tracking_sequences.sequences import Drive, Scene, Walker

DURATION_S = 20.0
MAX_ANGULAR_ACCELERATION = 3.0
"""Of the robot, rad/s²."""


def _statuses(rng: np.random.Generator) -> tuple[tuple[float, WearStatus], ...]:
    """Half of the people wear the mask correctly throughout; a quarter change their status."""
    if rng.random() < 0.5:
        return ((0.0, WearStatus.CORRECT),)
    first, second = (CLASSES[int(i)] for i in rng.choice(len(CLASSES), 2, replace=False))
    if rng.random() < 0.5:
        return ((0.0, first),)
    return ((0.0, first), (float(rng.uniform(0.3, 0.7)) * DURATION_S, second))


def _walker(
    rng: np.random.Generator, waypoints: tuple[tuple[float, float, float], ...], gaze: float = 0.6
) -> Walker:
    return Walker(waypoints, _statuses(rng), float(rng.normal(1.57, 0.08)), gaze)


def _toward(rng: np.random.Generator, start: float = 0.0) -> Walker:
    """Walks toward the robot and passes it."""
    x, far = rng.uniform(-1.2, 1.2), rng.uniform(5.5, 8.0)
    speed = rng.uniform(0.3, 0.9)
    return _walker(rng, ((start, x, far), (start + far / speed, x + rng.uniform(-0.4, 0.4), 0.0)))


def _across(rng: np.random.Generator, start: float = 0.0) -> Walker:
    """Crosses the image from one side to the other."""
    side, z = rng.choice((-1, 1)), rng.uniform(2.5, 5.0)
    edge, speed = 0.9 * z, rng.uniform(0.6, 1.2)
    end = start + 2 * edge / speed
    return _walker(
        rng, ((start, side * edge, z), (end, -side * edge, z + rng.uniform(-0.5, 0.5))), 0.75
    )


def _standing(rng: np.random.Generator) -> Walker:
    x, z = rng.uniform(-1.5, 1.5), rng.uniform(3.0, 6.0)
    return _walker(rng, ((0.0, x, z), (DURATION_S, x + 0.15, z)))


def _corridor(rng: np.random.Generator) -> tuple[Walker, ...]:
    return tuple(_toward(rng, rng.uniform(0, 8)) for _ in range(4))


def _crossing(rng: np.random.Generator) -> tuple[Walker, ...]:
    across = (_across(rng, rng.uniform(0, 12)) for _ in range(4))
    return (*across, _standing(rng), _standing(rng))


def _group(rng: np.random.Generator) -> tuple[Walker, ...]:
    """Five people who walk close together and occlude each other at times."""
    far, speed = 7.5, rng.uniform(0.35, 0.5)
    people = []
    for i in range(5):
        x, back = 0.35 * (i - 2) + rng.normal(0, 0.1), rng.uniform(0, 0.9)
        sway = rng.uniform(-0.5, 0.5)
        half = (DURATION_S / 2, x + sway, far + back - speed * DURATION_S / 2)
        end = (DURATION_S, x, far + back - speed * DURATION_S)
        people.append(_walker(rng, ((0.0, x, far + back), half, end)))
    return tuple(people)


def _bystanders(rng: np.random.Generator) -> tuple[Walker, ...]:
    return (*(_standing(rng) for _ in range(4)), _toward(rng, rng.uniform(0, 6)))


def _straight(rng: np.random.Generator) -> Drive:
    return Drive(speed=float(rng.uniform(0.0, 0.2)))


def _rotating(rng: np.random.Generator) -> Drive:
    """Rotates left and right at up to 1.2 rad/s.

    With the smooth acceleration of ``Drive``, the peak rate is 1.5 times the average rate, and
    the peak acceleration 6 times the angle divided by the duration squared.
    """
    time, headings = 0.0, [(0.0, 0.0)]
    while time < DURATION_S:
        time += float(rng.uniform(0.8, 2.5))
        headings.append((time, headings[-1][1]))
        aim = float(rng.uniform(-0.45, 0.45))
        angle = abs(aim - headings[-1][1])
        by_rate = 1.5 * angle / float(rng.uniform(0.6, 1.2))
        time += max(by_rate, (6 * angle / MAX_ANGULAR_ACCELERATION) ** 0.5)
        headings.append((time, aim))
    return Drive(0.1, tuple(headings))


FAMILIES: dict[
    str, tuple[Callable[..., tuple[Walker, ...]], Callable[..., Drive], float, float]
] = {
    "corridor": (_corridor, _straight, 30.0, 0.0),
    "crossing": (_crossing, _straight, 30.0, 0.0),
    "group": (_group, _straight, 30.0, 0.0),
    "turning": (_bystanders, _rotating, 30.0, 0.0),
    "dropping": (_crossing, _straight, 30.0, 0.3),
    "slow": (_bystanders, _rotating, 8.0, 0.1),
}
"""Name -> people, motion of the robot, frames per second, fraction of frames dropped."""


def scenes(count: int, seed: int = 0) -> Iterator[Scene]:
    """``count`` random scenes of each family; the same seed gives the same scenes."""
    for family, (people, drive, rate, dropped) in FAMILIES.items():
        for number in range(count):
            rng = np.random.default_rng((seed, number, sum(map(ord, family))))
            yield Scene(f"{family}-{number}", people(rng), drive(rng), DURATION_S, rate, dropped)
