# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the robot sees: faces given perfectly, or found by the real pipeline in pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import numpy as np

from mask_detector_ros.frames import Mount, Transform, to_floor
from mask_detector_ros.patrol.interface import Point, Pose, Sighting
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import NO_ID, Detections, Image, WearStatus
from mask_detector_ros.simulation.camera import CAMERA, MOUNT_HEIGHT
from mask_detector_ros.simulation.camera_view import View
from mask_detector_ros.simulation.faces import faces

MOUNT = Mount(z=MOUNT_HEIGHT)
LOST_AFTER = 1.0
"""Seconds unseen after which a person comes back under another id, as with the real tracker."""
CONFIRMED, DECIDED = 0.2, 0.5
"""Seconds in sight until there is an id, and until the way the mask is worn is told."""


visible_faces = lru_cache(maxsize=1)(faces)
"""The score asks for the same view as the eyes."""


class Eyes(Protocol):
    """A camera and a detector."""

    def look(self, view: View, now: float) -> Detections:
        """The faces with ids, steady statuses and positions in the optical frame."""

    def restart(self) -> None:
        """Begin anew: everyone forgotten, ids from 1."""


class PerfectEyes:
    """Misses no face, takes nobody for another, and is never wrong about a mask.

    Ids still change as the real tracker's would: nobody is known again after having been
    out of sight for more than ``LOST_AFTER``. A new way of wearing is told with the delay
    that steadying takes.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """See ``Eyes``."""
        self._ids: dict[int, int] = {}
        self._since: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._told: dict[int, WearStatus] = {}
        self._wears: dict[int, tuple[WearStatus, float]] = {}
        self._next = 1

    def look(self, view: View, now: float) -> Detections:
        """See ``Eyes``."""
        found, figures = visible_faces(view)
        rows = [
            self._row(int(who), WearStatus(int(wear)), now)
            for who, wear in zip(figures, found.frame_status, strict=True)
        ]
        return found.with_(
            ids=np.array([number for number, _ in rows], np.int64),
            status=np.array([status for _, status in rows], np.int8),
            confidence=np.array([float(status > 0) for _, status in rows], np.float32),
        )

    def _row(self, who: int, wear: WearStatus, now: float) -> tuple[int, WearStatus]:
        """Id and status of the face of one figure."""
        if now - self._last.get(who, -np.inf) > LOST_AFTER:
            self._since[who] = now
            self._ids.pop(who, None)
            self._told.pop(who, None)
            self._wears.pop(who, None)
        self._last[who] = now
        watched = now - self._since[who]
        if who not in self._ids and watched >= CONFIRMED:
            self._ids[who] = self._next
            self._next += 1
        if self._wears.get(who, (None, 0.0))[0] != wear:
            self._wears[who] = (wear, now)
        if now - self._wears[who][1] >= DECIDED:
            self._told[who] = wear
        return self._ids.get(who, NO_ID), self._told.get(who, WearStatus.UNKNOWN)


class RealEyes:
    """Pictures of the world, and the pipeline as the node runs it."""

    def __init__(self, render: Callable[[View], Image], pipeline: Callable[[], Pipeline]) -> None:
        """Take what makes pictures, and what makes a pipeline (again at every restart)."""
        self._render = render
        self._make = pipeline
        self._pipeline = pipeline()

    def restart(self) -> None:
        """See ``Eyes``."""
        self._pipeline = self._make()

    def look(self, view: View, now: float) -> Detections:
        """See ``Eyes``."""
        return self._pipeline.process(self._render(view), now, CAMERA).faces


def floor_points(found: Detections, robot: Pose) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) meters in the map and (N,) deviations, of faces seen from the robot."""
    base = Transform.of_pose(robot.x, robot.y, yaw=robot.yaw)
    return to_floor(found.positions, found.covariances, MOUNT.transform().then(base))


def sightings(found: Detections, robot: Pose | None) -> list[Sighting]:
    """What the patrol is told of a frame, as the patrol node would tell it.

    Args:
        found: the faces; those without an id are nobody yet.
        robot: where the robot was when the picture was taken; None: unknown.
    """
    known = found[found.ids != NO_ID]
    positions: list[tuple[Point | None, float]] = [(None, 0.0)] * len(known)
    if robot is not None and len(known):
        places, deviations = floor_points(known, robot)
        positions = [
            (Point(float(x), float(y)), float(deviation)) if np.isfinite([x, y]).all()
            else (None, 0.0)
            for (x, y), deviation in zip(places, deviations, strict=True)
        ]  # fmt: skip
    return [
        Sighting(
            str(known.ids[row]),
            WearStatus(int(known.status[row])),
            float(known.confidence[row]),
            *positions[row],
        )
        for row in range(len(known))
    ]
