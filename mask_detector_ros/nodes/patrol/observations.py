# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts detections to observations of the patrol: tracked people on the floor of the map."""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.frames import to_floor
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.patrol.transforms import Frames
from mask_detector_ros.patrol.interface import Observation, Point
from mask_detector_ros.perception.types import WearStatus

KNOWN = frozenset(WearStatus)
"""A newer detector may publish further values, which count as UNKNOWN."""


def observations_of(message: MaskDetectionArray, frames: Frames) -> list[Observation]:
    """Observations of everyone with a person id, at the stamp of the image.

    Args:
        message: detections of one image, positions in the camera's optical frame.
        frames: transforms. Where they are unknown, the observations have no position, and
            ``frames.problem`` gives the reason.
    """
    tracked = [detection for detection in message.detections if detection.person_id]
    positions: list[tuple[Point | None, float]] = [(None, 0.0)] * len(tracked)
    if tracked:
        transform = frames.optical_to_map(message.header.frame_id, message.header.stamp)
        if transform is not None:
            points = np.array([[d.position.x, d.position.y, d.position.z] for d in tracked])
            covariances = np.array([d.position_covariance for d in tracked]).reshape(-1, 3, 3)
            positions = [
                _position(xy, std)
                for xy, std in zip(*to_floor(points, covariances, transform), strict=True)
            ]
    return [_observation(d, *position) for d, position in zip(tracked, positions, strict=True)]


def _position(xy: np.ndarray, std: float) -> tuple[Point | None, float]:
    """Position and standard deviation; infinite where the covariance is unknown."""
    if not np.isfinite(xy).all():
        return None, 0.0
    return Point(*map(float, xy)), float(std) if np.isfinite(std) else math.inf


def _observation(
    detection: MaskDetection, position: Point | None, position_std: float
) -> Observation:
    return Observation(
        person_id=detection.person_id,
        status=WearStatus(detection.status) if detection.status in KNOWN else WearStatus.UNKNOWN,
        confidence=detection.confidence,
        position=position,
        position_std=position_std,
    )
