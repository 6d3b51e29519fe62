# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes in which there is no face: hair, hands, clothes and walls beside people.

A detector takes such things for faces now and then. A classifier that has never seen them answers
with whatever class they resemble; trained with them, it has no opinion, so that their status is
UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.face_detector import iom_matrix
from mask_detector_training.classifier.classifier_data import Face
from mask_detector_training.classifier.classifier_model import CONTEXT
from mask_detector_training.data.pseudo_labels import PseudoLabels

TRIES = 4
"""Boxes tried beside each face."""
MAX_IOM = 0.2
"""Largest overlap of the crop with a face, labeled or found by a teacher."""
MIN_SIDE_PX = 12.0
BACKGROUND = -1
"""``Face.label`` of a box without a face."""


def background_boxes(
    faces: Sequence[Face], labels: Mapping[str, PseudoLabels], seed: int
) -> list[Face]:
    """Boxes beside faces, in images whose faces are all labeled.

    Args:
        faces: the labeled faces; boxes are about as large, and up to four face sides away.
        labels: every face of each image by ``Record.key``, ignored ones included.
        seed: seed of the random generator.
    """
    random = np.random.default_rng(seed)
    found = []
    for face in faces:
        if not face.record.complete:
            continue
        others = labels[face.record.key].boxes
        for _ in range(TRIES):
            box = _beside(face.box, random)
            inside = (box[:2] >= 0).all() and (box[:2] + box[2:] <= face.record.size).all()
            large = box[2:].min() >= MIN_SIDE_PX
            if inside and large and iom_matrix(_crop_of(box)[None], others).max() <= MAX_IOM:
                nowhere = np.full((5, 2), np.nan, np.float32)
                found.append(Face(face.record, box, nowhere, BACKGROUND))
                break
    return found


def _crop_of(box: FloatArray) -> FloatArray:
    """What a crop around a box shows."""
    grown = box[2:] * (CONTEXT - 1)
    return np.concatenate([box[:2] - grown / 2, box[2:] + grown])


def _beside(box: FloatArray, random: np.random.Generator) -> FloatArray:
    """A box at a random distance and direction from another one, of a similar size."""
    sides = box[2:] * np.exp(random.uniform(-0.6, 0.6))
    angle = random.uniform(0, 2 * np.pi)
    away = random.uniform(1.3, 4.0) * box[2:].max() * np.array([np.cos(angle), np.sin(angle)])
    center = box[:2] + box[2:] / 2 + away
    return np.concatenate([center - sides / 2, sides]).astype(np.float32)
