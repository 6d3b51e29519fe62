# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic patrol sequences in the image plane with exact ground truth for every face.

People walk past a moving robot, cross and occlude each other, leave, and change how they wear
their masks. The robot turns, and frames are dropped. No image is rendered: ``observation_model``
generates the detections from the ground truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, IntArray
from mask_detector_ros.perception.types import WearStatus

WIDTH, HEIGHT = 640, 480
"""Image size in pixels."""
FOCAL_PX = WIDTH / 2 / math.tan(math.radians(69) / 2)
CAMERA_HEIGHT_M = 1.2
"""Above the floor."""
FACE_WIDTH_M, FACE_HEIGHT_M = 0.15, 0.18
BODY_WIDTH_M = 0.42
"""Shoulder width. A body occludes faces behind it."""
EXPOSURE_S = 0.015
"""Exposure time; a rotating camera blurs the image during it."""
MIN_VISIBLE_FRACTION = 0.5
"""Faces visible to a smaller fraction are ignored by the tracking scores."""
MIN_WIDTH_PX = 12.0
"""Narrower faces are ignored by the tracking scores."""
MAX_YAW_RAD = 1.1
"""Faces turned further away are ignored by the tracking scores."""


@dataclass(frozen=True)
class Walker:
    """One person. Positions in meters on the floor: x to the right, z ahead of the robot's start.

    Attributes:
        waypoints: (seconds, x, z) in order of time. Positions are interpolated linearly; before
            the first and after the last waypoint the person stands still.
        statuses: (seconds, status): wear status from this time on.
        height: of the face center above the floor, meters.
        gaze: how far the face is turned from the walking direction toward the robot, as a
            fraction of the angle between the two.
    """

    waypoints: tuple[tuple[float, float, float], ...]
    statuses: tuple[tuple[float, WearStatus], ...]
    height: float = 1.6
    gaze: float = 0.5

    def position(self, time: float) -> tuple[float, float]:
        """x, z at ``time``."""
        times, xs, zs = zip(*self.waypoints, strict=True)
        return float(np.interp(time, times, xs)), float(np.interp(time, times, zs))

    def status(self, time: float) -> WearStatus:
        """Wear status at ``time``."""
        return [status for since, status in self.statuses if since <= time][-1]


@dataclass(frozen=True)
class Drive:
    """Motion of the robot: straight ahead at a constant speed, with a changing heading.

    Attributes:
        speed: m/s.
        headings: (seconds, radians) in order of time, positive to the right.
    """

    speed: float = 0.3
    headings: tuple[tuple[float, float], ...] = ((0.0, 0.0),)

    def heading(self, time: float) -> float:
        """Heading at ``time`` in radians, with smooth acceleration and deceleration."""
        if time <= self.headings[0][0]:
            return self.headings[0][1]
        past = [item for item in self.headings if item[0] <= time]
        later = [item for item in self.headings if item[0] > time]
        if not later:
            return past[-1][1]
        (t0, a0), (t1, a1) = past[-1], later[0]
        fraction = (time - t0) / (t1 - t0)
        return a0 + (a1 - a0) * (fraction * fraction * (3 - 2 * fraction))


@dataclass(frozen=True)
class GroundTruth:
    """All faces in one frame, one row each.

    Attributes:
        stamp: seconds.
        people: (N,) index of the walker.
        boxes: (N, 4) xywh in pixels.
        status: (N,) WearStatus.
        visible: (N,) visible fraction of the face, 0 to 1.
        yaw: (N,) angle between the face and the direction to the camera, radians.
        blur: length of the motion blur, pixels.
        heading: of the robot, radians, positive to the right.
    """

    stamp: float
    people: IntArray
    boxes: FloatArray
    status: IntArray
    visible: FloatArray
    yaw: FloatArray
    blur: float = 0.0
    heading: float = 0.0

    @property
    def required(self) -> BoolArray:
        """(N,) bool: the face must be tracked. The others are ignored by the scores."""
        wide = self.boxes[:, 2] >= MIN_WIDTH_PX
        return (self.visible >= MIN_VISIBLE_FRACTION) & wide & (self.yaw <= MAX_YAW_RAD)


@dataclass(frozen=True)
class Scene:
    """Definition of one sequence.

    Attributes:
        duration: seconds.
        rate: frames per second.
        dropped: fraction of the frames that are dropped, in gaps of up to half a second.
    """

    name: str
    walkers: tuple[Walker, ...]
    drive: Drive = Drive()
    duration: float = 20.0
    rate: float = 20.0
    dropped: float = 0.0


def ground_truth(scene: Scene, seed: int = 0) -> list[GroundTruth]:
    """Ground truth of all frames of a scene that are not dropped."""
    rng = np.random.default_rng((seed, 1))
    stamps = np.arange(0.0, scene.duration, 1 / scene.rate)
    kept = np.ones(len(stamps), bool)
    longest = max(1, round(0.5 * scene.rate))
    while scene.dropped and (~kept).mean() < scene.dropped:
        start = int(rng.integers(1, len(stamps)))
        kept[start : start + int(rng.integers(1, longest + 1))] = False
    frames = []
    for stamp in stamps[kept].tolist():
        rotation = scene.drive.heading(stamp) - scene.drive.heading(stamp - EXPOSURE_S)
        frames.append(replace(_project(scene, stamp), blur=abs(rotation) * FOCAL_PX))
    return frames


def _project(scene: Scene, time: float) -> GroundTruth:
    """All faces of a scene in the image at ``time``; without motion blur."""
    heading = scene.drive.heading(time)
    ahead = scene.drive.speed * time
    rows = []
    for number, walker in enumerate(scene.walkers):
        x, z = walker.position(time)
        dx, dz = x, z - ahead
        right = dx * math.cos(heading) - dz * math.sin(heading)
        depth = dx * math.sin(heading) + dz * math.cos(heading)
        if depth < 0.5:
            continue
        scale = FOCAL_PX / depth
        bob = 0.02 * math.sin(2 * math.pi * 1.8 * time + number)
        u = WIDTH / 2 + scale * right
        v = HEIGHT / 2 - scale * (walker.height + bob - CAMERA_HEIGHT_M)
        w, h = scale * FACE_WIDTH_M, scale * FACE_HEIGHT_M
        rows.append((number, depth, (u - w / 2, v - h / 2, w, h), _yaw(walker, time, dx, dz)))
    boxes = np.array([row[2] for row in rows]).reshape(-1, 4)
    depths = np.array([row[1] for row in rows])
    visible = _visible_fraction(boxes, depths)
    inside = visible > 0.02
    return GroundTruth(
        stamp=time,
        people=np.array([row[0] for row in rows], np.int64)[inside],
        boxes=boxes[inside],
        status=np.array([scene.walkers[row[0]].status(time) for row in rows], np.int8)[inside],
        visible=visible[inside],
        yaw=np.array([row[3] for row in rows], float)[inside],
        heading=heading,
    )


def _yaw(walker: Walker, time: float, dx: float, dz: float) -> float:
    """Radians between the face and the direction to the robot, which is at (-dx, -dz) from it."""
    x0, z0 = walker.position(time - 0.1)
    x1, z1 = walker.position(time + 0.1)
    if (x1 - x0, z1 - z0) == (0.0, 0.0):
        return 0.2
    angle = math.atan2(x1 - x0, z1 - z0) - math.atan2(-dx, -dz)
    angle = abs(math.remainder(angle, 2 * math.pi))
    # A person who walks away does not look back.
    return angle * (1 - walker.gaze) if angle < 2.0 else angle


def _visible_fraction(boxes: FloatArray, depths: FloatArray) -> FloatArray:
    """Fraction of each face that is inside the image and not occluded by a nearer person."""
    x0, y0 = boxes[:, 0], boxes[:, 1]
    x1, y1 = x0 + boxes[:, 2], y0 + boxes[:, 3]
    across = np.clip(np.minimum(x1, WIDTH) - np.maximum(x0, 0), 0, None) / boxes[:, 2]
    down = np.clip(np.minimum(y1, HEIGHT) - np.maximum(y0, 0), 0, None) / boxes[:, 3]
    visible = across * down
    for i in range(len(boxes)):
        for j in np.flatnonzero(depths < depths[i] - 0.1):
            shoulders = BODY_WIDTH_M / FACE_WIDTH_M * boxes[j, 2]
            middle = (x0[j] + x1[j]) / 2
            head = (x0[j], y0[j] - 0.3 * boxes[j, 3], x1[j], y1[j])
            body = (middle - shoulders / 2, y1[j], middle + shoulders / 2, HEIGHT)
            for left, top, right, bottom in (head, body):
                wide = max(0.0, min(x1[i], right) - max(x0[i], left)) / boxes[i, 2]
                high = max(0.0, min(y1[i], bottom) - max(y0[i], top)) / boxes[i, 3]
                visible[i] = min(visible[i], 1 - min(wide * high, 1.0))
    return visible
