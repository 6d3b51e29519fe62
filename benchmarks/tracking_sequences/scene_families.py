# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Families of random patrol sequences: who walks where, what the robot does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mask_detector_ros.perception.types import CLASSES, WearStatus
from tracking_sequences.sequences import Drive, Scene, Walker

SECONDS = 20.0
MOST_EFFORT = 3.0
"""Radians per second squared by which a robot begins to turn."""


def _wears(rng: np.random.Generator) -> tuple[tuple[float, WearStatus], ...]:
    """Half wear it correctly all along; of the others some change it on the way."""
    if rng.random() < 0.5:
        return ((0.0, WearStatus.CORRECT),)
    first, second = (CLASSES[int(i)] for i in rng.choice(len(CLASSES), 2, replace=False))
    if rng.random() < 0.5:
        return ((0.0, first),)
    return ((0.0, first), (float(rng.uniform(0.3, 0.7)) * SECONDS, second))


def _walker(
    rng: np.random.Generator, legs: tuple[tuple[float, float, float], ...], looks: float = 0.6
) -> Walker:
    return Walker(legs, _wears(rng), float(rng.normal(1.57, 0.08)), looks)


def _toward(rng: np.random.Generator, start: float = 0.0) -> Walker:
    """Comes along and passes by."""
    x, far = rng.uniform(-1.2, 1.2), rng.uniform(5.5, 8.0)
    speed = rng.uniform(0.3, 0.9)
    return _walker(rng, ((start, x, far), (start + far / speed, x + rng.uniform(-0.4, 0.4), 0.0)))


def _across(rng: np.random.Generator, start: float = 0.0) -> Walker:
    """Goes from one side to the other, half looking at the robot."""
    side, z = rng.choice((-1, 1)), rng.uniform(2.5, 5.0)
    edge, speed = 0.9 * z, rng.uniform(0.6, 1.2)
    end = start + 2 * edge / speed
    return _walker(
        rng, ((start, side * edge, z), (end, -side * edge, z + rng.uniform(-0.5, 0.5))), 0.75
    )


def _standing(rng: np.random.Generator) -> Walker:
    x, z = rng.uniform(-1.5, 1.5), rng.uniform(3.0, 6.0)
    return _walker(rng, ((0.0, x, z), (SECONDS, x + 0.15, z)))


def _corridor(rng: np.random.Generator) -> tuple[Walker, ...]:
    return tuple(_toward(rng, rng.uniform(0, 8)) for _ in range(4))


def _crossing(rng: np.random.Generator) -> tuple[Walker, ...]:
    across = (_across(rng, rng.uniform(0, 12)) for _ in range(4))
    return (*across, _standing(rng), _standing(rng))


def _group(rng: np.random.Generator) -> tuple[Walker, ...]:
    """Walk close together, one before the other at times."""
    far, speed = 7.5, rng.uniform(0.35, 0.5)
    people = []
    for i in range(5):
        x, back = 0.35 * (i - 2) + rng.normal(0, 0.1), rng.uniform(0, 0.9)
        sway = rng.uniform(-0.5, 0.5)
        half = (SECONDS / 2, x + sway, far + back - speed * SECONDS / 2)
        legs = ((0.0, x, far + back), half, (SECONDS, x, far + back - speed * SECONDS))
        people.append(_walker(rng, legs))
    return tuple(people)


def _bystanders(rng: np.random.Generator) -> tuple[Walker, ...]:
    return (*(_standing(rng) for _ in range(4)), _toward(rng, rng.uniform(0, 6)))


def _straight(rng: np.random.Generator) -> Drive:
    return Drive(speed=float(rng.uniform(0.0, 0.2)))


def _turning(rng: np.random.Generator) -> Drive:
    """Looks left and right, at up to 1.2 radians per second.

    Eased as ``Drive`` eases, the rate peaks at 1.5 and its change at 6 times the average.
    """
    time, headings = 0.0, [(0.0, 0.0)]
    while time < SECONDS:
        time += float(rng.uniform(0.8, 2.5))
        headings.append((time, headings[-1][1]))
        aim = float(rng.uniform(-0.45, 0.45))
        angle = abs(aim - headings[-1][1])
        time += max(1.5 * angle / float(rng.uniform(0.6, 1.2)), (6 * angle / MOST_EFFORT) ** 0.5)
        headings.append((time, aim))
    return Drive(0.1, tuple(headings))


FAMILIES: dict[
    str, tuple[Callable[..., tuple[Walker, ...]], Callable[..., Drive], float, float]
] = {
    "corridor": (_corridor, _straight, 30.0, 0.0),
    "crossing": (_crossing, _straight, 30.0, 0.0),
    "group": (_group, _straight, 30.0, 0.0),
    "turning": (_bystanders, _turning, 30.0, 0.0),
    "dropping": (_crossing, _straight, 30.0, 0.3),
    "slow": (_bystanders, _turning, 8.0, 0.1),
}
"""Name -> who walks, how the robot drives, frames per second, part of frames dropped."""


def scenes(count: int, seed: int = 0) -> Iterator[Scene]:
    """``count`` random scenes of every family; the same for the same seed."""
    for family, (people, drive, rate, dropped) in FAMILIES.items():
        for number in range(count):
            rng = np.random.default_rng((seed, number, sum(map(ord, family))))
            yield Scene(f"{family}-{number}", people(rng), drive(rng), SECONDS, rate, dropped)
