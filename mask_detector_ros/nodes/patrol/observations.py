# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Detections as the patrol wants them: followed people only, placed on the floor of the map."""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.frames import to_floor
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.patrol.transforms import Frames
from mask_detector_ros.patrol.interface import Point, Sighting
from mask_detector_ros.perception.types import WearStatus

KNOWN = frozenset(WearStatus)
"""A detector of a newer version may know more, which cannot be told here."""


def sightings_of(message: MaskDetectionArray, frames: Frames) -> list[Sighting]:
    """Everyone with a person id, at the image's own moment.

    Args:
        message: detections of one image, in the camera's optical frame.
        frames: where the camera was. It keeps the reason where that is not known; the people
            are then there without a position.
    """
    followed = [detection for detection in message.detections if detection.person_id]
    places: list[tuple[Point | None, float]] = [(None, 0.0)] * len(followed)
    if followed:
        transform = frames.optical_to_map(message.header.frame_id, message.header.stamp)
        if transform is not None:
            points = np.array([[d.position.x, d.position.y, d.position.z] for d in followed])
            covariances = np.array([d.position_covariance for d in followed]).reshape(-1, 3, 3)
            places = [
                _place(xy, deviation)
                for xy, deviation in zip(*to_floor(points, covariances, transform), strict=True)
            ]
    return [_sighting(d, *place) for d, place in zip(followed, places, strict=True)]


def _place(xy: np.ndarray, deviation: float) -> tuple[Point | None, float]:
    """A point, and how sure it is; not sure at all where that was not told."""
    if not np.isfinite(xy).all():
        return None, 0.0
    return Point(*map(float, xy)), float(deviation) if np.isfinite(deviation) else math.inf


def _sighting(detection: MaskDetection, position: Point | None, deviation: float) -> Sighting:
    return Sighting(
        person=detection.person_id,
        status=WearStatus(detection.status) if detection.status in KNOWN else WearStatus.UNKNOWN,
        confidence=detection.confidence,
        position=position,
        deviation=deviation,
    )
