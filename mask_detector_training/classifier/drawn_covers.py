# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn covers as training samples: what they hide decides what the classifier is to answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mask_detector_ros.arrays import BoolArray, Image
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_training.classifier.classifier_data import Face, FaceWindow
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT
from mask_detector_training.data.augmentation import Random
from mask_detector_training.synthesis import (
    COVERS,
    cover_hides_mouth,
    cover_suits_masks,
    draw_cover,
    is_suitable_face,
)

MIN_COVERED_WIDTH_PX = 24.0
"""Width of the narrowest faces on which covers are drawn."""
HIDING = tuple(kind for kind in COVERS if cover_hides_mouth(kind))
"""Covers that hide the mouth: the wear status is unknown."""
HARMLESS = tuple(kind for kind in COVERS if not cover_hides_mouth(kind))
"""Covers that leave a bare face a bare face."""
HARMLESS_ON_MASKS = tuple(kind for kind in HARMLESS if cover_suits_masks(kind))
"""Covers that do not change the wear status of a masked face either."""


def bare_faces(faces: Sequence[Face]) -> list[Face]:
    """The faces without a mask on which masks and covers can be drawn."""
    return [
        face
        for face in faces
        if face.label == 0 and is_suitable_face(face.box, face.landmarks, face.record.size[::-1])
    ]


def can_be_covered(faces: Sequence[Face]) -> BoolArray:
    """Whether a cover can be drawn on each face (N,)."""
    return np.array(
        [f.box[2] >= MIN_COVERED_WIDTH_PX and not np.isnan(f.landmarks).any() for f in faces], bool
    )


def hide_mouth(window: FaceWindow, random: Random) -> Image:
    """Draw a random cover that hides the mouth."""
    return _draw(window, HIDING, random)


def add_harmless_cover(window: FaceWindow, masked: bool, random: Random) -> Image:
    """Draw a random cover that leaves the wear status as it is."""
    return _draw(window, HARMLESS_ON_MASKS if masked else HARMLESS, random)


def _draw(window: FaceWindow, kinds: Sequence[str], random: Random) -> Image:
    kind = kinds[int(random.integers(len(kinds)))]
    return draw_cover(
        window.image, kind, box=window.box, landmarks=window.landmarks, mesh=window.mesh, rng=random
    )


def covered_crops(faces: Sequence[Face], size: int) -> Image:
    """Crops (N, size, size, 3) of the bare faces with a cover over the mouth, as on the robot.

    One per face; the kinds take turns.
    """
    bare = bare_faces(faces)
    crops = np.zeros((len(bare), size, size, 3), np.uint8)
    for row, face in enumerate(bare):
        window = face.window()
        image = _draw(window, [HIDING[row % len(HIDING)]], np.random.default_rng(row))
        crops[row] = face_crop(image, window.box, size, CONTEXT, BELOW)
    return crops
