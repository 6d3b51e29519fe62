# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Perception in the simulation: ground truth, or the real pipeline on rendered images."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.frames import Mount, Transform, to_floor
from mask_detector_ros.patrol.interface import Observation, Point, Pose
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.types import NO_ID, Detections, WearStatus
from mask_detector_ros.simulation.camera import CAMERA, MOUNT_HEIGHT_M
from mask_detector_ros.simulation.camera_view import CameraView
from mask_detector_ros.simulation.ground_truth import ground_truth_faces

MOUNT = Mount(z=MOUNT_HEIGHT_M)
FORGET_AFTER_S = 1.0
"""Time out of sight after which a person gets a new id, as with the real tracker."""
CONFIRM_AFTER_S, DECIDE_AFTER_S = 0.2, 0.5
"""Time in sight until a person has an id, and until the status is decided."""


visible_faces = lru_cache(maxsize=1)(ground_truth_faces)
"""Cached because the timeline needs the same view again."""


class SimulatedPerception(Protocol):
    """Camera and detector of the simulated robot."""

    def detect(self, view: CameraView, now: float) -> Detections:
        """Faces with ids, filtered statuses and positions in the optical frame."""

    def reset(self) -> None:
        """Drop all tracks, as a restart of the detector does. Ids start from 1 again."""


class GroundTruthPerception:
    """Ideal detector and classifier: misses no face and confuses neither people nor statuses.

    It keeps the real pipeline's delays: a status is reported ``DECIDE_AFTER_S`` after it
    began, and a person out of sight for more than ``FORGET_AFTER_S`` gets a new id.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """See ``SimulatedPerception``."""
        self._ids: dict[int, int] = {}
        self._first_seen: dict[int, float] = {}
        self._last_seen: dict[int, float] = {}
        self._decided: dict[int, WearStatus] = {}
        self._current: dict[int, tuple[WearStatus, float]] = {}
        self._next_id = 1

    def detect(self, view: CameraView, now: float) -> Detections:
        """See ``SimulatedPerception``."""
        faces, figures = visible_faces(view)
        rows = [
            self._track(int(figure), WearStatus(int(status)), now)
            for figure, status in zip(figures, faces.frame_status, strict=True)
        ]
        return faces.with_(
            ids=np.array([number for number, _ in rows], np.int64),
            status=np.array([status for _, status in rows], np.int8),
            confidence=np.array([float(status > 0) for _, status in rows], np.float32),
        )

    def _track(self, figure: int, status: WearStatus, now: float) -> tuple[int, WearStatus]:
        """Update the track of one figure; its id and filtered status."""
        if now - self._last_seen.get(figure, -np.inf) > FORGET_AFTER_S:
            self._first_seen[figure] = now
            self._ids.pop(figure, None)
            self._decided.pop(figure, None)
            self._current.pop(figure, None)
        self._last_seen[figure] = now
        track_age = now - self._first_seen[figure]
        if figure not in self._ids and track_age >= CONFIRM_AFTER_S:
            self._ids[figure] = self._next_id
            self._next_id += 1
        if self._current.get(figure, (None, 0.0))[0] != status:
            self._current[figure] = (status, now)
        if now - self._current[figure][1] >= DECIDE_AFTER_S:
            self._decided[figure] = status
        return self._ids.get(figure, NO_ID), self._decided.get(figure, WearStatus.UNKNOWN)


class PipelinePerception:
    """The real pipeline on rendered images."""

    def __init__(
        self,
        render: Callable[[CameraView], Image],
        make_pipeline: Callable[[], MaskPipeline],
    ) -> None:
        """Start the pipeline.

        Args:
            render: renders the camera image, (H, W, 3) BGR.
            make_pipeline: builds the pipeline, again at every reset.
        """
        self._render = render
        self._make_pipeline = make_pipeline
        self._pipeline = make_pipeline()

    def reset(self) -> None:
        """See ``SimulatedPerception``."""
        self._pipeline = self._make_pipeline()

    def detect(self, view: CameraView, now: float) -> Detections:
        """See ``SimulatedPerception``."""
        return self._pipeline.process(self._render(view), now, CAMERA).faces


def floor_positions(faces: Detections, robot: Pose) -> tuple[FloatArray, FloatArray]:
    """(N, 2) positions on the floor, meters in the map frame, and (N,) standard deviations."""
    base = Transform.of_pose(robot.x, robot.y, yaw=robot.yaw)
    return to_floor(faces.positions, faces.covariances, base @ MOUNT.transform())


def to_observations(faces: Detections, robot: Pose | None) -> list[Observation]:
    """Convert detections to the patrol's observations, as the patrol node does.

    Args:
        faces: those without an id are skipped.
        robot: pose of the robot at the image's stamp; None if unknown.
    """
    confirmed = faces[faces.ids != NO_ID]
    positions: list[tuple[Point | None, float]] = [(None, 0.0)] * len(confirmed)
    if robot is not None and len(confirmed):
        points, deviations = floor_positions(confirmed, robot)
        positions = [
            (Point(float(x), float(y)), float(deviation)) if np.isfinite([x, y]).all()
            else (None, 0.0)
            for (x, y), deviation in zip(points, deviations, strict=True)
        ]  # fmt: skip
    return [
        Observation(
            str(confirmed.ids[row]),
            WearStatus(int(confirmed.status[row])),
            float(confirmed.confidence[row]),
            *positions[row],
        )
        for row in range(len(confirmed))
    ]
