# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The faces a perfect detector would find in a view, known from the world and not from pixels."""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.patrol.interface import Point, Pose
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    FloatArray,
    IntArray,
    RangeSource,
    UnknownReason,
    WearStatus,
)
from mask_detector_ros.simulation import camera
from mask_detector_ros.simulation.camera_view import Figure, View

MAX_TURN = math.radians(70.0)
"""Faces turned further from the camera are not seen."""
MIN_WIDTH = 12.0
"""Narrowest face in pixels."""
MIN_VISIBLE = 0.7
"""The share of a face that must be in the picture and not hidden."""
DARK_BELOW = 0.2
"""View.light below which nobody can be told."""
NEAREST = 0.3
"""Meters; nearer than this there is no face, only a blur."""

_POSITION_DEVIATION = 0.02
_SHOULDERS = 0.46
"""Meters across, of what hides others below the chin."""
_HEAD = 0.2
_SAMPLES = np.linspace(0.07, 0.93, 7)


def faces(view: View) -> tuple[Detections, IntArray]:
    """All faces in sight, nearest first, and which figure each one is.

    Posters count: a perfect detector sees a face in a poster, too.

    Returns:
        The detections, told and placed (optical frame, the true position of the middle of the
        face), and (N,) indices into ``view.figures``.
    """
    found: list[tuple[float, int, FloatArray, FloatArray]] = []
    for index, figure in enumerate(view.figures):
        middle = np.array([[figure.x, figure.y, figure.chin + figure.face_height / 2]])
        position = camera.to_optical(middle, view.robot)[0]
        if position[2] < NEAREST or _turned(figure, view.robot) > MAX_TURN:
            continue
        box = face_box(figure, view.robot)
        if box[2] >= MIN_WIDTH and _visible(view, index, box, float(position[2])) >= MIN_VISIBLE:
            found.append((float(position[2]), index, box, position))
    found.sort(key=lambda row: row[0])
    rows = np.array([index for _, index, _, _ in found], np.int64)
    boxes = np.array([box for _, _, box, _ in found]).reshape(-1, 4)
    detections = Detections.of_boxes(boxes, np.full(len(found), 0.95))
    if not found:
        return detections, rows
    wears = [view.figures[index].wear for index in rows]
    dark = view.light < DARK_BELOW
    status = np.full(len(rows), WearStatus.UNKNOWN) if dark else np.array(wears)
    reason = np.full(len(rows), UnknownReason.DARK if dark else UnknownReason.NONE, np.int8)
    status = status.astype(np.int8)
    return (
        detections.with_(
            probabilities=np.array([_probabilities(wear, dark) for wear in wears], np.float32),
            frame_status=status,
            frame_reason=reason,
            status=status,
            reason=reason,
            confidence=np.where(status == WearStatus.UNKNOWN, 0.0, 0.97).astype(np.float32),
            positions=np.array([position for _, _, _, position in found], np.float32),
            covariances=np.tile(
                np.eye(3, dtype=np.float32) * _POSITION_DEVIATION**2, (len(rows), 1, 1)
            ),
            range_source=np.full(len(rows), RangeSource.DEPTH, np.int8),
        ),
        rows,
    )


def face_box(figure: Figure, robot: Pose) -> FloatArray:
    """Where a face is in the picture, hidden or not: ``x, y, w, h`` pixels."""
    top = figure.chin + figure.face_height
    (x, y), _ = camera.project(
        np.array([[figure.x, figure.y, top], [figure.x, figure.y, figure.chin]]), robot
    )
    ahead = camera.place(Point(figure.x, figure.y), robot)[1]
    scale = camera.FOCAL / ahead
    width, height = figure.face_width * scale, figure.face_height * scale
    return np.array([x - width / 2, y, width, height])


def _turned(figure: Figure, robot: Pose) -> float:
    return camera.turned_away(figure.x, figure.y, figure.facing, robot)


def _probabilities(wear: WearStatus, dark: bool) -> list[float]:
    """Sure of the truth; of nothing in the dark."""
    if dark or wear not in CLASSES:
        return [1 / len(CLASSES)] * len(CLASSES)
    return [0.97 if status == wear else 0.01 for status in CLASSES]


def _visible(view: View, index: int, box: FloatArray, ahead: float) -> float:
    """The share of a face that is in the picture and not behind walls or people, 0..1."""
    columns = box[0] + box[2] * _SAMPLES
    rows = box[1] + box[3] * _SAMPLES
    seen = np.outer(
        (rows >= 0) & (rows <= camera.HEIGHT - 1), (columns >= 0) & (columns <= camera.WIDTH - 1)
    )
    seen &= camera.nearest_wall(view.walls, view.robot, columns)[0] > ahead - _on_wall(
        view.figures[index]
    )
    for other, figure in enumerate(view.figures):
        if other == index or figure.is_poster:
            continue
        right, depth = camera.place(Point(figure.x, figure.y), view.robot)
        if not NEAREST < depth < ahead - 0.05:
            continue
        scale = camera.FOCAL / depth
        off = np.abs(columns - camera.CENTER_X - right * scale)
        height = camera.MOUNT_HEIGHT - (rows - camera.CENTER_Y) / scale
        body = (height < figure.chin)[:, None] & (off < _SHOULDERS / 2 * scale)[None, :]
        head = (height < figure.height)[:, None]
        head = head & (off < _HEAD / 2 * figure.head_scale * scale)[None, :]
        seen &= ~(body | head)
    return float(seen.mean())


def _on_wall(figure: Figure) -> float:
    """Meters that a figure may lie behind a wall's surface and still be before it."""
    return 0.15 if figure.is_poster else 0.0
