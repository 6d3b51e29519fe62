# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ground truth: the faces an ideal detector would find in a camera view."""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    RangeSource,
    UnknownReason,
    WearStatus,
)
from mask_detector_ros.simulation import camera
from mask_detector_ros.simulation.camera_view import CameraView, Figure

MAX_YAW_RAD = math.radians(70.0)
"""Faces with a larger yaw relative to the camera are not visible."""
MIN_FACE_WIDTH_PX = 12.0
MIN_VISIBLE_FRACTION = 0.7
"""Least fraction of the face that is in the image and not occluded."""
MIN_LIGHT = 0.2
"""Below this brightness of the view, no face is classifiable."""
MIN_DEPTH_M = 0.3

_POSITION_DEVIATION_M = 0.02
_SHOULDER_WIDTH_M, _HEAD_WIDTH_M = 0.46, 0.2
"""Size of occluding people, below and above the chin."""
_SAMPLES = np.linspace(0.07, 0.93, 7)
"""Sample positions across a face, as fractions of its box."""


def ground_truth_faces(view: CameraView) -> tuple[Detections, IntArray]:
    """All visible faces, nearest first. Faces on posters count too.

    Returns:
        Detections with true wear status and true position (center of the face, optical
        frame), without ids, and (N,) indices into ``view.figures``.
    """
    found: list[tuple[float, int, FloatArray, FloatArray]] = []
    for index, figure in enumerate(view.figures):
        middle = np.array([[figure.x, figure.y, figure.chin_height + figure.face_height / 2]])
        position = camera.to_optical(middle, view.robot)[0]
        yaw = camera.yaw_to_camera(figure.x, figure.y, figure.facing, view.robot)
        if position[2] < MIN_DEPTH_M or yaw > MAX_YAW_RAD:
            continue
        box = face_box(figure, view.robot)
        if box[2] < MIN_FACE_WIDTH_PX:
            continue
        depth = float(position[2])
        if _visible_fraction(view, index, box, depth) >= MIN_VISIBLE_FRACTION:
            found.append((depth, index, box, position))
    found.sort(key=lambda row: row[0])
    rows = np.array([index for _, index, _, _ in found], np.int64)
    boxes = np.array([box for _, _, box, _ in found]).reshape(-1, 4)
    detections = Detections.of_boxes(boxes, np.full(len(found), 0.95))
    if not found:
        return detections, rows
    wear_statuses = [view.figures[index].wear_status for index in rows]
    dark = view.light < MIN_LIGHT
    status = np.full(len(rows), WearStatus.UNKNOWN) if dark else np.array(wear_statuses)
    reason = np.full(len(rows), UnknownReason.DARK if dark else UnknownReason.NONE, np.int8)
    status = status.astype(np.int8)
    return (
        detections.with_(
            probabilities=np.array(
                [_probabilities(wear_status, dark) for wear_status in wear_statuses], np.float32
            ),
            frame_status=status,
            frame_reason=reason,
            status=status,
            reason=reason,
            confidence=np.where(status == WearStatus.UNKNOWN, 0.0, 0.97).astype(np.float32),
            positions=np.array([position for _, _, _, position in found], np.float32),
            covariances=np.tile(
                np.eye(3, dtype=np.float32) * _POSITION_DEVIATION_M**2, (len(rows), 1, 1)
            ),
            range_source=np.full(len(rows), RangeSource.DEPTH, np.int8),
        ),
        rows,
    )


def face_box(figure: Figure, robot: Pose) -> FloatArray:
    """Face box ``x, y, w, h`` of a figure in pixels, whether visible or not."""
    top = figure.chin_height + figure.face_height
    (x, y), _ = camera.project(
        np.array([[figure.x, figure.y, top], [figure.x, figure.y, figure.chin_height]]), robot
    )
    ahead = camera.right_and_ahead(Point(figure.x, figure.y), robot)[1]
    scale = camera.FOCAL_LENGTH_PX / ahead
    width, height = figure.face_width * scale, figure.face_height * scale
    return np.array([x - width / 2, y, width, height])


def _probabilities(wear_status: WearStatus, dark: bool) -> list[float]:
    """Nearly one-hot for the true class; uniform in the dark."""
    if dark or wear_status not in CLASSES:
        return [1 / len(CLASSES)] * len(CLASSES)
    return [0.97 if status == wear_status else 0.01 for status in CLASSES]


def _visible_fraction(view: CameraView, index: int, box: FloatArray, ahead: float) -> float:
    """Fraction of a face that is in the image and not behind walls or people, 0..1."""
    columns = box[0] + box[2] * _SAMPLES
    rows = box[1] + box[3] * _SAMPLES
    visible = np.outer(
        (rows >= 0) & (rows <= camera.HEIGHT - 1), (columns >= 0) & (columns <= camera.WIDTH - 1)
    )
    visible &= camera.nearest_wall(view.walls, view.robot, columns)[0] > ahead - _wall_tolerance(
        view.figures[index]
    )
    for other, figure in enumerate(view.figures):
        if other == index or figure.is_poster:
            continue
        right, depth = camera.right_and_ahead(Point(figure.x, figure.y), view.robot)
        if not MIN_DEPTH_M < depth < ahead - 0.05:
            continue
        scale = camera.FOCAL_LENGTH_PX / depth
        off = np.abs(columns - camera.CENTER_X - right * scale)
        height = camera.MOUNT_HEIGHT_M - (rows - camera.CENTER_Y) / scale
        body = (height < figure.chin_height)[:, None]
        body = body & (off < _SHOULDER_WIDTH_M / 2 * scale)[None, :]
        head = (height < figure.height)[:, None]
        head = head & (off < _HEAD_WIDTH_M / 2 * figure.head_scale * scale)[None, :]
        visible &= ~(body | head)
    return float(visible.mean())


def _wall_tolerance(figure: Figure) -> float:
    """Depth in meters that a figure may lie behind its wall's surface and still be visible."""
    return 0.15 if figure.is_poster else 0.0
