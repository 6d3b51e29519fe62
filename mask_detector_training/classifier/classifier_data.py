# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training crops for the mask classifier: labeled faces, varied and balanced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import (
    CLASSES,
    FloatArray,
    Image,
    IntArray,
    WearStatus,
)
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT
from mask_detector_training.data.augmentation import Random, photometric
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.data.datasets import STATUSES, Record
from mask_detector_training.data.pseudo_labels import Taught
from mask_detector_training.synthesis import draw_mask, is_dressable

SMALLEST = 12.0
SMOOTHING = 0.03
ROOM = 1.4
"""Crops are cut this much larger, to be turned without empty corners."""

Dresser = Callable[[Image, FloatArray, FloatArray, WearStatus, Random], Image]
"""Draws a mask on a face: picture, box (4,), landmarks (5, 2), how it is worn, random."""


@dataclass(frozen=True, eq=False)
class Face:
    """One labeled face.

    Attributes:
        record: the picture it is in.
        box: (4,) xywh pixels.
        landmarks: (5, 2) pixels, or NaN.
        label: place of its status in ``STATUSES``; of the four classes the class itself.
    """

    record: Record
    box: FloatArray
    landmarks: FloatArray
    label: int


def labeled_faces(
    records: Sequence[Record],
    lessons: Mapping[str, Taught] | None,
    smallest: float,
    view: View = VIEWS[4],
) -> list[Face]:
    """Faces that a view has classes for, at least ``smallest`` pixels wide.

    Without lessons the labeled boxes are taken as they are and landmarks are NaN.
    """
    faces = []
    for record in records:
        taught = lessons[record.key] if lessons is not None else None
        for row, (box, status) in enumerate(zip(record.boxes, record.statuses, strict=True)):
            if status not in view.of or box[2] < smallest:
                continue
            points = np.full((5, 2), np.nan, np.float32)
            if taught is not None:
                box, points = taught.boxes[row], taught.landmarks[row]
            faces.append(Face(record, box, points, STATUSES.index(status)))
    return faces


def truth_of(faces: Sequence[Face], view: View) -> IntArray:
    """Classes (N,) of faces in a view."""
    return np.array([view.index(STATUSES[face.label]) for face in faces], np.int64)


def dress(
    image: Image, box: FloatArray, landmarks: FloatArray, status: WearStatus, random: Random
) -> Image:
    """The project's own mask synthesis as a ``Dresser``."""
    return draw_mask(image, status, box=box, landmarks=landmarks, rng=random)


class Cropper:
    """Makes the n-th training sample; the same n and seed always give the same one."""

    def __init__(
        self,
        faces: Sequence[Face],
        size: int,
        seed: int,
        dresser: Dresser | None = None,
        dressed: float = 0.0,
        view: View = VIEWS[4],
    ) -> None:
        """``dressed`` is the part of the masked samples drawn on bare faces."""
        labels = truth_of(faces, view)
        self._by_class = [
            [f for f, label in zip(faces, labels, strict=True) if label == c]
            for c in range(len(view.names))
        ]
        empty = [view.names[c] for c, found in enumerate(self._by_class) if not found]
        if empty:
            raise ValueError(f"no training faces of {', '.join(empty)}; each class needs some")
        self._size, self._seed, self._shares = size, seed, view.shares
        self._dresser, self._dressed = dresser, dressed
        self._bare = [
            f
            for f in faces
            if f.label == 0 and is_dressable(f.box, f.landmarks, f.record.size[::-1])
        ]
        # Ways of wearing that can be drawn for a class; never one for the bare faces' own.
        self._worn = [
            [c for c in CLASSES[1:] if name != view.names[0] and view.of[c.label] == name]
            for name in view.names
        ]

    def sample(self, number: int) -> tuple[Image, FloatArray]:
        """Crop (size, size, 3) uint8 BGR and soft target (classes,) float32."""
        random = np.random.default_rng((self._seed, number))
        label = int(random.choice(len(self._shares), p=self._shares))
        face = self._by_class[label][random.integers(len(self._by_class[label]))]
        draw = bool(label and self._bare and self._dresser) and random.random() < self._dressed
        if draw:
            face = self._bare[random.integers(len(self._bare))]
        image = face.record.load()
        if draw and self._dresser is not None:
            worn = self._worn[label][random.integers(len(self._worn[label]))]
            image = self._dresser(image, face.box, face.landmarks, worn, random)
        target = np.full(len(self._shares), SMOOTHING / len(self._shares), np.float32)
        target[label] += 1 - SMOOTHING
        return vary(image, face.box, self._size, random), target


def vary(image: Image, box: FloatArray, size: int, random: Random) -> Image:
    """Cut a face as a camera further off, turned or in other light would have shown it."""
    x, y, w, h = (float(v) for v in box)
    longer = max(w, h)
    # Boxes come from several traditions, and at run time from a detector.
    scale = np.exp(random.normal(0, 0.12))
    dx, dy = np.clip(random.normal(0, 0.07, 2), -0.2, 0.2) * longer
    stretch = np.exp(random.normal(0, 0.05))
    moved = np.array(
        [x + w / 2 - w * scale / 2 + dx, y + h / 2 - h * scale / 2 + dy, w * scale, h * scale]
    )
    large = round(size * ROOM)
    crop = face_crop(image, moved, large, CONTEXT * ROOM, BELOW)
    angle = np.deg2rad(random.normal(0, 9)) if random.random() < 0.6 else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[0] *= stretch
    center = turn @ np.full(2, large / 2 - 0.5)
    matrix = np.concatenate([turn, (size / 2 - 0.5 - center)[:, None]], 1)
    crop = cv2.warpAffine(
        crop, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if random.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    if random.random() < 0.25:
        crop = _cover(crop, random)
    crop = photometric(crop, random)
    if random.random() < 0.5:
        # As many pixels as a face of 14 to 55 pixels width has.
        low = round(CONTEXT * float(np.exp(random.uniform(np.log(14), np.log(55)))))
        if low < size:
            crop = cv2.resize(crop, (low, low), interpolation=cv2.INTER_AREA)
            crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_LINEAR)
    return crop


def _cover(crop: Image, random: Random) -> Image:
    """Hide a small part, as hair, another head or a hand would.

    Half of the time with a part of the same picture: a hand has the color of the face, and
    must not be taken for a mask.
    """
    size = crop.shape[0]
    w, h = (random.uniform(0.1, 0.3, 2) * size).astype(int)
    x, y = (int(v) for v in random.integers(0, size - max(w, h), 2))
    if random.random() < 0.5:
        from_x, from_y = (int(v) for v in random.integers(0, size - max(w, h), 2))
        cover = crop[from_y : from_y + h, from_x : from_x + w].astype(np.float32)
    else:
        cover = np.full((h, w, 3), random.integers(0, 256, 3), np.float32)
    rows, columns = np.ogrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    # From a hard-edged box to a soft-edged round.
    power = 2 ** random.uniform(1, 4)
    distance = np.abs(rows) ** power + np.abs(columns) ** power
    share = np.clip(3 * (1.15 - distance), 0, 1)[..., np.newaxis]
    crop = crop.copy()
    below = crop[y : y + h, x : x + w]
    crop[y : y + h, x : x + w] = below * (1 - share) + cover * share
    return crop
