# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Patrol sequences in the image plane, with the exact truth about every face.

People walk past a driving robot, cross and cover each other, leave, and change how they wear
their masks; the robot turns, and frames are dropped. No picture is drawn: ``observations``
says what a detector and a classifier would make of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mask_detector_ros.perception.types import FloatArray, IntArray, WearStatus

WIDTH, HEIGHT = 640, 480
FOCAL = WIDTH / 2 / math.tan(math.radians(69) / 2)
CAMERA_HEIGHT = 1.2
"""Meters above the floor."""
FACE_WIDTH, FACE_HEIGHT = 0.15, 0.18
EXPOSURE = 0.015
"""Seconds in which the picture of a turning camera is smeared."""
BODY_WIDTH = 0.42
"""Meters, shoulder to shoulder: what is below the chin hides faces behind it."""
SHOWN = 0.5
"""Least visible part of a face that has to be followed."""
LEAST_WIDTH = 12.0
"""Pixels of the narrowest face that has to be followed."""
MOST_TURN = 1.1
"""Radians a face may be turned aside to have to be followed."""


@dataclass(frozen=True)
class Walker:
    """One person. Lengths in meters, z ahead of the robot's start, x to its right.

    Attributes:
        legs: (seconds, x, z), in order; straight between, standing before and after.
        wears: (seconds, status) from when on the mask is worn how.
        height: of the middle of the face above the floor.
        looks: part of the way the face is turned from where the person walks to the robot.
    """

    legs: tuple[tuple[float, float, float], ...]
    wears: tuple[tuple[float, WearStatus], ...]
    height: float = 1.6
    looks: float = 0.5

    def place(self, time: float) -> tuple[float, float]:
        """x, z at a time."""
        times, xs, zs = zip(*self.legs, strict=True)
        return float(np.interp(time, times, xs)), float(np.interp(time, times, zs))

    def wear(self, time: float) -> WearStatus:
        """How the mask is worn at a time."""
        return [status for since, status in self.wears if since <= time][-1]


@dataclass(frozen=True)
class Drive:
    """What the robot does: straight on at ``speed`` (m/s), and its heading over time.

    Attributes:
        headings: (seconds, radians), turned smoothly in between; positive to the right.
    """

    speed: float = 0.3
    headings: tuple[tuple[float, float], ...] = ((0.0, 0.0),)

    def heading(self, time: float) -> float:
        """Radians at a time; eased in and out as a real robot's."""
        if time <= self.headings[0][0]:
            return self.headings[0][1]
        past = [item for item in self.headings if item[0] <= time]
        later = [item for item in self.headings if item[0] > time]
        if not later:
            return past[-1][1]
        (t0, a0), (t1, a1) = past[-1], later[0]
        part = (time - t0) / (t1 - t0)
        return a0 + (a1 - a0) * (part * part * (3 - 2 * part))


@dataclass(frozen=True)
class Truth:
    """All faces in the picture at one moment, one row each.

    Attributes:
        stamp: seconds.
        people: (N,) number of the walker.
        boxes: (N, 4) xywh pixels.
        status: (N,) WearStatus.
        visible: (N,) part of the face that nothing hides, 0 to 1.
        turn: (N,) radians between the face and the camera.
        blur: pixels the picture moved while it was taken.
        heading: of the robot in radians, positive to the right.
    """

    stamp: float
    people: IntArray
    boxes: FloatArray
    status: IntArray
    visible: FloatArray
    turn: FloatArray
    blur: float = 0.0
    heading: float = 0.0

    @property
    def shown(self) -> IntArray:
        """(N,) bool: seen well enough that the person has to be followed."""
        wide = self.boxes[:, 2] >= LEAST_WIDTH
        return (self.visible >= SHOWN) & wide & (self.turn <= MOST_TURN)


@dataclass(frozen=True)
class Scene:
    """Everything about one sequence before it is seen."""

    name: str
    walkers: tuple[Walker, ...]
    drive: Drive = Drive()
    seconds: float = 20.0
    rate: float = 20.0
    dropped: float = 0.0
    """Part of the frames that are lost, in gaps of up to half a second."""


def truths(scene: Scene, seed: int = 0) -> list[Truth]:
    """The truth about every frame of a scene that is not dropped."""
    rng = np.random.default_rng((seed, 1))
    stamps = np.arange(0.0, scene.seconds, 1 / scene.rate)
    kept = np.ones(len(stamps), bool)
    longest = max(1, round(0.5 * scene.rate))
    while scene.dropped and (~kept).mean() < scene.dropped:
        start = int(rng.integers(1, len(stamps)))
        kept[start : start + int(rng.integers(1, longest + 1))] = False
    frames = []
    for stamp in stamps[kept].tolist():
        turned = scene.drive.heading(stamp) - scene.drive.heading(stamp - EXPOSURE)
        frames.append(replace(_see(scene, stamp), blur=abs(turned) * FOCAL))
    return frames


def _see(scene: Scene, time: float) -> Truth:
    heading = scene.drive.heading(time)
    ahead = scene.drive.speed * time
    rows = []
    for number, walker in enumerate(scene.walkers):
        x, z = walker.place(time)
        dx, dz = x, z - ahead
        right = dx * math.cos(heading) - dz * math.sin(heading)
        depth = dx * math.sin(heading) + dz * math.cos(heading)
        if depth < 0.5:
            continue
        scale = FOCAL / depth
        bob = 0.02 * math.sin(2 * math.pi * 1.8 * time + number)
        u = WIDTH / 2 + scale * right
        v = HEIGHT / 2 - scale * (walker.height + bob - CAMERA_HEIGHT)
        w, h = scale * FACE_WIDTH, scale * FACE_HEIGHT
        rows.append((number, depth, (u - w / 2, v - h / 2, w, h), _turn(walker, time, dx, dz)))
    boxes = np.array([row[2] for row in rows]).reshape(-1, 4)
    depths = np.array([row[1] for row in rows])
    visible = _visible(boxes, depths)
    inside = visible > 0.02
    return Truth(
        stamp=time,
        people=np.array([row[0] for row in rows], np.int64)[inside],
        boxes=boxes[inside],
        status=np.array([scene.walkers[row[0]].wear(time) for row in rows], np.int8)[inside],
        visible=visible[inside],
        turn=np.array([row[3] for row in rows], float)[inside],
        heading=heading,
    )


def _turn(walker: Walker, time: float, dx: float, dz: float) -> float:
    """Radians between where the face looks and the robot, at (-dx, -dz) from it."""
    x0, z0 = walker.place(time - 0.1)
    x1, z1 = walker.place(time + 0.1)
    if (x1 - x0, z1 - z0) == (0.0, 0.0):
        return 0.2
    angle = math.atan2(x1 - x0, z1 - z0) - math.atan2(-dx, -dz)
    angle = abs(math.remainder(angle, 2 * math.pi))
    # Nobody looks over the shoulder: who walks away shows the back of the head.
    return angle * (1 - walker.looks) if angle < 2.0 else angle


def _visible(boxes: FloatArray, depths: FloatArray) -> FloatArray:
    """Part of every face that is inside the picture and not behind somebody nearer."""
    x0, y0 = boxes[:, 0], boxes[:, 1]
    x1, y1 = x0 + boxes[:, 2], y0 + boxes[:, 3]
    across = np.clip(np.minimum(x1, WIDTH) - np.maximum(x0, 0), 0, None) / boxes[:, 2]
    down = np.clip(np.minimum(y1, HEIGHT) - np.maximum(y0, 0), 0, None) / boxes[:, 3]
    visible = across * down
    for i in range(len(boxes)):
        for j in np.flatnonzero(depths < depths[i] - 0.1):
            shoulders = BODY_WIDTH / FACE_WIDTH * boxes[j, 2]
            middle = (x0[j] + x1[j]) / 2
            head = (x0[j], y0[j] - 0.3 * boxes[j, 3], x1[j], y1[j])
            body = (middle - shoulders / 2, y1[j], middle + shoulders / 2, HEIGHT)
            for left, top, right, bottom in (head, body):
                wide = max(0.0, min(x1[i], right) - max(x0[i], left)) / boxes[i, 2]
                high = max(0.0, min(y1[i], bottom) - max(y0[i], top)) / boxes[i, 3]
                visible[i] = min(visible[i], 1 - min(wide * high, 1.0))
    return visible
