# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labeled faces, and the part of the image around each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image, IntArray
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import STATUSES, Record
from mask_detector_training.data.pseudo_labels import PseudoLabels

WINDOW_SIDES = 2.0
"""Half side of a window around a face in (longer) box sides; the largest augmented crop fits."""
WINDOW_FACE_PX = 110.0
"""Largest (longer) box side in a window, pixels; in a crop it is half of it."""


@dataclass(frozen=True, eq=False)
class Face:
    """One labeled face.

    Attributes:
        record: the labeled image it is in.
        box: (4,) xywh in pixels.
        landmarks: (5, 2) in pixels, NaN where unknown.
        label: index of its status in ``STATUSES``; below 4 it is the class index too.
        mesh: points of the face mesh (MESH_POINTS, 3) in pixels; None where unknown.
    """

    record: Record
    box: FloatArray
    landmarks: FloatArray
    label: int
    mesh: FloatArray | None = None

    def window(self) -> FaceWindow:
        """Read the part of the image around the face."""
        image = self.record.load()
        x, y, w, h = (float(v) for v in self.box)
        longer = max(w, h)
        height, width = image.shape[:2]
        middle = np.array([x + w / 2, y + h / 2])
        low = np.clip(np.floor(middle - WINDOW_SIDES * longer), 0, [width - 1, height - 1])
        high = np.clip(np.ceil(middle + WINDOW_SIDES * longer), low + 1, [width, height])
        (x0, y0), (x1, y1) = low.astype(int), high.astype(int)
        part = image[y0:y1, x0:x1]
        factor = min(1.0, WINDOW_FACE_PX / longer)
        if factor < 1.0:
            size = [max(1, round(side * factor)) for side in part.shape[1::-1]]
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        box = np.array([x - x0, y - y0, w, h], np.float32) * np.float32(factor)
        landmarks = (self.landmarks - np.array([x0, y0])) * factor
        mesh = None
        if self.mesh is not None:
            mesh = ((self.mesh - np.array([x0, y0, 0])) * factor).astype(np.float32)
        return FaceWindow(np.ascontiguousarray(part), box, landmarks.astype(np.float32), mesh)


@dataclass(frozen=True, eq=False)
class FaceWindow:
    """The part of an image around a face, reduced to what a crop can show.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        box: (4,) xywh in its pixels.
        landmarks: (5, 2) in its pixels, NaN where unknown.
        mesh: (MESH_POINTS, 3) in its pixels; None where unknown.
    """

    image: Image
    box: FloatArray
    landmarks: FloatArray
    mesh: FloatArray | None = None


def labeled_faces(
    records: Sequence[Record],
    pseudo_labels: Mapping[str, PseudoLabels] | None,
    min_width: float,
    mapping: ClassMapping = CLASS_MAPPINGS[4],
    meshes: Mapping[tuple[str, int], FloatArray] | None = None,
) -> list[Face]:
    """The faces that have a class in ``mapping`` and are at least ``min_width`` pixels wide.

    Boxes and landmarks are those of the pseudo-labels. Without pseudo-labels the boxes are the
    labeled ones and the landmarks NaN. ``meshes`` are by ``Record.key`` and index of the face.
    """
    faces = []
    for record in records:
        refined = pseudo_labels[record.key] if pseudo_labels is not None else None
        for row, (box, status) in enumerate(zip(record.boxes, record.statuses, strict=True)):
            if status not in mapping.class_of or box[2] < min_width:
                continue
            landmarks = np.full((5, 2), np.nan, np.float32)
            if refined is not None:
                box, landmarks = refined.boxes[row], refined.landmarks[row]
            mesh = (meshes or {}).get((record.key, row))
            faces.append(Face(record, box, landmarks, STATUSES.index(status), mesh))
    return faces


def face_classes(faces: Sequence[Face], mapping: ClassMapping) -> IntArray:
    """Ground-truth class indices (N,) of faces."""
    return np.array([mapping.index(STATUSES[face.label]) for face in faces], np.int64)


def crop_faces(faces: Sequence[Face], size: int) -> Image:
    """Crops of faces as the runtime cuts them, (N, size, size, 3) uint8 BGR."""
    crops = np.zeros((len(faces), size, size, 3), np.uint8)
    for row, face in enumerate(faces):
        crops[row] = face_crop(face.record.load(), face.box, size, CONTEXT, BELOW)
    return crops
