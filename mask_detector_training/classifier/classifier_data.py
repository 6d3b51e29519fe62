# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples of the mask classifier: crops of labeled faces, balanced and augmented."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image, IntArray
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import CLASSES, WearStatus
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT
from mask_detector_training.data.augmentation import Random, photometric
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import STATUSES, Record
from mask_detector_training.data.pseudo_labels import PseudoLabels
from mask_detector_training.synthesis import draw_mask, is_suitable_face

MIN_FACE_WIDTH_PX = 12.0
LABEL_SMOOTHING = 0.03
ROTATION_MARGIN = 1.4
"""Crops are cut larger by this factor, so that a rotation leaves no empty corners."""

MaskDrawer = Callable[[Image, FloatArray, FloatArray, WearStatus, Random], Image]
"""Draws a mask on a face: image, box (4,), landmarks (5, 2), wear status, random generator."""


@dataclass(frozen=True, eq=False)
class Face:
    """One labeled face.

    Attributes:
        record: the labeled image it is in.
        box: (4,) xywh in pixels.
        landmarks: (5, 2) in pixels, NaN where unknown.
        label: index of its status in ``STATUSES``; below 4 it is the class index too.
    """

    record: Record
    box: FloatArray
    landmarks: FloatArray
    label: int


def labeled_faces(
    records: Sequence[Record],
    pseudo_labels: Mapping[str, PseudoLabels] | None,
    min_width: float,
    mapping: ClassMapping = CLASS_MAPPINGS[4],
) -> list[Face]:
    """The faces that have a class in ``mapping`` and are at least ``min_width`` pixels wide.

    Boxes and landmarks are those of the pseudo-labels. Without pseudo-labels the boxes are the
    labeled ones and the landmarks NaN.
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
            faces.append(Face(record, box, landmarks, STATUSES.index(status)))
    return faces


def face_classes(faces: Sequence[Face], mapping: ClassMapping) -> IntArray:
    """Ground-truth class indices (N,) of faces."""
    return np.array([mapping.index(STATUSES[face.label]) for face in faces], np.int64)


def draw_synthetic_mask(
    image: Image, box: FloatArray, landmarks: FloatArray, status: WearStatus, random: Random
) -> Image:
    """The mask synthesis of this project as a ``MaskDrawer``."""
    return draw_mask(image, status, box=box, landmarks=landmarks, rng=random)


class CropSampler:
    """Makes training samples by number; number and seed determine the sample."""

    def __init__(
        self,
        faces: Sequence[Face],
        size: int,
        seed: int,
        mask_drawer: MaskDrawer | None = None,
        synthetic_masks: float = 0.0,
        mapping: ClassMapping = CLASS_MAPPINGS[4],
    ) -> None:
        """Group the faces by class.

        Args:
            faces: the labeled faces.
            size: side of the crops, pixels.
            seed: seed of the random generator.
            mask_drawer: draws synthetic masks; none are drawn without it.
            synthetic_masks: fraction of the masked samples that are synthetic masks on bare faces.
            mapping: the classes.

        Raises:
            ValueError: a class has no faces.
        """
        labels = face_classes(faces, mapping)
        self._by_class = [
            [f for f, label in zip(faces, labels, strict=True) if label == c]
            for c in range(len(mapping.names))
        ]
        empty = [mapping.names[c] for c, found in enumerate(self._by_class) if not found]
        if empty:
            raise ValueError(f"no training faces of {', '.join(empty)}; each class needs some")
        self._size, self._seed = size, seed
        self._fractions = mapping.sampling_fractions
        self._mask_drawer, self._synthetic_masks = mask_drawer, synthetic_masks
        self._bare = [
            f
            for f in faces
            if f.label == 0 and is_suitable_face(f.box, f.landmarks, f.record.size[::-1])
        ]
        # Wear statuses that can be drawn for each class; none for the class of bare faces.
        self._drawable = [
            [
                c
                for c in CLASSES[1:]
                if name != mapping.names[0] and mapping.class_of[c.label] == name
            ]
            for name in mapping.names
        ]

    def sample(self, number: int) -> tuple[Image, FloatArray]:
        """Crop (size, size, 3) uint8 BGR and smoothed target (classes,) float32."""
        random = np.random.default_rng((self._seed, number))
        label = int(random.choice(len(self._fractions), p=self._fractions))
        face = self._by_class[label][random.integers(len(self._by_class[label]))]
        can_draw = bool(label and self._bare and self._mask_drawer)
        draw = can_draw and random.random() < self._synthetic_masks
        if draw:
            face = self._bare[random.integers(len(self._bare))]
        image = face.record.load()
        if draw and self._mask_drawer is not None:
            statuses = self._drawable[label]
            status = statuses[random.integers(len(statuses))]
            image = self._mask_drawer(image, face.box, face.landmarks, status, random)
        classes = len(self._fractions)
        target = np.full(classes, LABEL_SMOOTHING / classes, np.float32)
        target[label] += 1 - LABEL_SMOOTHING
        return augment_crop(image, face.box, self._size, random), target


def augment_crop(image: Image, box: FloatArray, size: int, random: Random) -> Image:
    """Cut an augmented crop (size, size, 3) of a face.

    Varies box, rotation, mirroring, occlusion, light and resolution.
    """
    x, y, w, h = (float(v) for v in box)
    longer = max(w, h)
    # The labels' boxes differ in tightness, and at run time boxes come from a detector.
    scale = np.exp(random.normal(0, 0.12))
    dx, dy = np.clip(random.normal(0, 0.07, 2), -0.2, 0.2) * longer
    stretch = np.exp(random.normal(0, 0.05))
    jittered = np.array(
        [x + w / 2 - w * scale / 2 + dx, y + h / 2 - h * scale / 2 + dy, w * scale, h * scale]
    )
    large = round(size * ROTATION_MARGIN)
    large_crop = face_crop(image, jittered, large, CONTEXT * ROTATION_MARGIN, BELOW)
    angle = np.deg2rad(random.normal(0, 9)) if random.random() < 0.6 else 0.0
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear[0] *= stretch
    center = linear @ np.full(2, large / 2 - 0.5)
    matrix = np.concatenate([linear, (size / 2 - 0.5 - center)[:, None]], 1)
    warped = cv2.warpAffine(
        large_crop, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    crop = np.asarray(warped, np.uint8)
    if random.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    if random.random() < 0.25:
        crop = _occlude(crop, random)
    crop = photometric(crop, random)
    if random.random() < 0.5:
        # The resolution of a face 14 to 55 pixels wide.
        low = round(CONTEXT * float(np.exp(random.uniform(np.log(14), np.log(55)))))
        if low < size:
            small = cv2.resize(crop, (low, low), interpolation=cv2.INTER_AREA)
            enlarged = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
            crop = np.asarray(enlarged, np.uint8)
    return crop


def _occlude(crop: Image, random: Random) -> Image:
    """Cover a small area, as hair, another head or a hand would.

    Half of the time with a part of the same crop: a hand has the color of the face and must not
    be classified as a mask.
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
    # From an ellipse with soft edges to a rectangle with hard ones.
    power = 2 ** random.uniform(1, 4)
    distance = np.abs(rows) ** power + np.abs(columns) ** power
    alpha = np.clip(3 * (1.15 - distance), 0, 1)[..., np.newaxis]
    crop = crop.copy()
    area = crop[y : y + h, x : x + w]
    crop[y : y + h, x : x + w] = area * (1 - alpha) + cover * alpha
    return crop
