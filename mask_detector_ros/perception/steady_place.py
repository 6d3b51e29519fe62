# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Positions over time: how far each followed person is, steadied by what came before.

The direction to a face is seen sharply in every frame and changes with every turn of the
camera, so it is taken as it is. The distance is what jitters, and it does not care how the
camera turns: a small Kalman filter per person follows its logarithm, its rate of change, and
the logarithm of this person's face width over the prior's mean. By size alone the last two
stay as uncertain as the prior leaves them. As soon as depth has measured the distance, the
width is known as well, and size alone is right for that person from then on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_detector_ros.perception.ranging import Ranges, covariances
from mask_detector_ros.perception.settings import RangingSettings
from mask_detector_ros.perception.types import Detections, FloatArray

REMEMBERED = 10.0
"""Seconds after which a person who is not seen any more is forgotten."""
FIRST_SPEED = 1.5
"""Metres per second; deviation of how fast a new person comes nearer."""
PERSISTENCE = 0.5
"""Seconds for which an acceleration lasts."""
WIDTH_MEMORY = 60.0
"""Seconds over which a face width that was learned from depth fades into the prior again."""
SURPRISE = 3.0
"""Deviations beyond which a measurement counts less and less: it is probably wrong."""

JUMP, ABRUPT = 0.3, 0.5
"""A size that says this much nearer or farther (a logarithm) so few seconds after a measurement
that fitted is that of another box, as of a head with its hood. What lasts longer is believed."""

DISTANCE, RATE, WIDTH = range(3)
BY_SIZE = np.array([1.0, 0.0, -1.0])
"""A wider face looks nearer."""
BY_DEPTH = np.array([1.0, 0.0, 0.0])


@dataclass
class _Person:
    """The filter of one person: state and covariance over DISTANCE, RATE, WIDTH."""

    stamp: float
    state: FloatArray
    covariance: FloatArray
    fitted: float = -math.inf
    """Stamp of the last measurement that fitted."""

    @classmethod
    def new(cls, stamp: float, distance: float, width_deviation: float) -> _Person:
        """Somebody at about this many metres; the first measurement decides."""
        state = np.array([math.log(distance), 0.0, 0.0])
        speed = FIRST_SPEED / distance
        return cls(stamp, state, np.diag([1.0, speed**2, width_deviation**2]))

    def predict(self, stamp: float, acceleration: float, width_deviation: float) -> None:
        """Go on to ``stamp``; the uncertainty grows with the seconds."""
        dt = max(stamp - self.stamp, 0.0)
        self.stamp = stamp
        fading = math.exp(-dt / WIDTH_MEMORY)
        step = np.array([[1.0, dt, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, fading]])
        relative = acceleration / math.exp(self.state[DISTANCE])
        noise = np.zeros((3, 3))
        noise[:2, :2] = np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        noise[:2, :2] *= relative**2 * PERSISTENCE
        noise[WIDTH, WIDTH] = (1 - fading**2) * width_deviation**2
        self.state = step @ self.state
        self.covariance = step @ self.covariance @ step.T + noise

    def correct(self, distance: float, relative: float, seen: FloatArray) -> None:
        """Take in one measurement of the distance, metres, and its relative deviation."""
        off = math.log(distance) - float(seen @ self.state)
        if seen is BY_SIZE and abs(off) > JUMP and self.stamp - self.fitted < ABRUPT:
            return
        self.fitted = self.stamp
        expected = float(seen @ self.covariance @ seen)
        noise = relative**2
        # What is far out is not dropped, or a filter gone wrong would never come back.
        noise *= max(1.0, off**2 / (SURPRISE**2 * (expected + noise)))
        gain = self.covariance @ seen / (expected + noise)
        self.state = self.state + gain * off
        left = np.eye(3) - np.outer(gain, seen)
        self.covariance = left @ self.covariance @ left.T + noise * np.outer(gain, gain)


class SteadyPlaces:
    """The filters of everyone a camera follows."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}

    def __len__(self) -> int:
        return len(self._people)

    def reset(self) -> None:
        """Forget everyone."""
        self._people.clear()

    def update(
        self,
        faces: Detections,
        numbers: Sequence[int],
        ranges: Ranges,
        stamp: float,
        settings: RangingSettings,
    ) -> Detections:
        """Steady the positions of one frame.

        Args:
            faces: placed by this frame alone.
            numbers: whose face each is; never given to anybody else.
            ranges: of the same faces, row by row.
            stamp: the frame's time in seconds, not before the last one's.
            settings: the present ones.

        Returns:
            The faces with the positions and covariances of the filters.
        """
        distance = np.full(len(faces), np.nan)
        relative = np.full(len(faces), np.nan)
        for row in map(int, np.flatnonzero(np.isfinite(faces.positions).all(axis=1))):
            person = self._follow(numbers[row], row, ranges, stamp, settings)
            distance[row] = math.exp(person.state[DISTANCE])
            relative[row] = math.sqrt(person.covariance[DISTANCE, DISTANCE])
        for number, person in list(self._people.items()):
            if stamp - person.stamp > REMEMBERED:
                del self._people[number]
        return faces.with_(
            positions=(ranges.directions * distance[:, None]).astype(np.float32),
            covariances=covariances(ranges.directions, distance, relative, ranges.angles),
        )

    def _follow(
        self, number: int, row: int, ranges: Ranges, stamp: float, settings: RangingSettings
    ) -> _Person:
        measurements = [
            (float(ranges.by_size[row]), float(ranges.size_deviation[row]), BY_SIZE),
            (float(ranges.by_depth[row]), float(ranges.depth_deviation[row]), BY_DEPTH),
        ]
        usable = [m for m in measurements if math.isfinite(m[0])]
        width_deviation = ranges.person_deviation
        person = self._people.get(number)
        if person is None:
            person = _Person.new(stamp, usable[-1][0], width_deviation)
            self._people[number] = person
        else:
            person.predict(stamp, settings.acceleration, width_deviation)
        for distance, relative, seen in usable:
            person.correct(distance, relative, seen)
        return person
