# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples of the mask classifier: crops of labeled faces, balanced and augmented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.types import CLASSES, WearStatus
from mask_detector_training.classifier.classifier_data import Face, FaceWindow, face_classes
from mask_detector_training.classifier.crop_augmentation import augment_crop
from mask_detector_training.classifier.drawn_covers import (
    add_harmless_cover,
    bare_faces,
    can_be_covered,
    hide_mouth,
)
from mask_detector_training.data.augmentation import Random
from mask_detector_training.data.blurred_lights import draw_blurred_lights
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.group_weights import group_weights
from mask_detector_training.synthesis import draw_cover, draw_mask

MIN_TRAINED_WIDTH_PX = 12.0
"""Narrower faces are no training samples."""
LABEL_SMOOTHING = 0.03
COVERED_AS_BARE = 0.12
"""Target of ``no_mask`` for a bare face whose mouth is hidden: of the four classes it is the most
probable one, as no mask is seen."""

MASK_VARIANTS, COVER_VARIANTS = 4, 6
"""Drawings of each wear status, and of covers over the mouth, on each bare face. Drawing takes
longer than everything else that is done to a sample, so drawings are used several times."""

BEARDS = 0.12
"""Fraction of the synthetic masks that are drawn over a drawn beard."""

BLURRED_LIGHTS = 0.4
"""Fraction of the samples without a face that show lights out of focus."""

MaskDrawer = Callable[[FaceWindow, WearStatus, Random], Image]
"""Draws a mask on a face."""


def draw_synthetic_mask(window: FaceWindow, status: WearStatus, random: Random) -> Image:
    """The mask synthesis of this project as a ``MaskDrawer``."""
    image, box, landmarks, mesh = window.image, window.box, window.landmarks, window.mesh
    if random.random() < BEARDS:
        image = draw_cover(image, "beard", box=box, landmarks=landmarks, mesh=mesh, rng=random)
    return draw_mask(image, status, box=box, landmarks=landmarks, mesh=mesh, rng=random)


class CropSampler:
    """Makes training samples by number; number and seed determine the sample.

    Keeps the part of the image around each face in memory once it was used, also with what was
    drawn on it: 2 to 3 GB for 12,000 faces.
    """

    def __init__(
        self,
        faces: Sequence[Face],
        size: int,
        seed: int,
        mask_drawer: MaskDrawer | None = None,
        synthetic_masks: float = 0.0,
        mapping: ClassMapping = CLASS_MAPPINGS[4],
        covers: float = 0.0,
        covered_output: bool = False,
        background: Sequence[Face] = (),
        background_fraction: float = 0.0,
    ) -> None:
        """Group the faces by class.

        Args:
            faces: the labeled faces.
            size: side of the crops, pixels.
            seed: seed of the random generator.
            mask_drawer: draws synthetic masks; none are drawn without it.
            synthetic_masks: fraction of the masked samples that are synthetic masks on bare faces.
            mapping: the classes.
            covers: fraction of the samples with a drawn cover that hides the mouth; another cover
                is drawn on as large a fraction of the other samples.
            covered_output: hidden mouths have a target of their own after the classes; else they
                count as bare faces.
            background: boxes in which there is no face.
            background_fraction: fraction of the samples that show one of them, all classes
                equally probable.

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
        self._bare = bare_faces(faces)
        self._limits = [_cumulative(found) for found in self._by_class]
        self._bare_limits = _cumulative(self._bare)
        self._covers = covers if self._bare else 0.0
        self._covered_output = covered_output
        self._outputs = len(self._fractions) + covered_output
        self._background = background
        self._background_fraction = background_fraction if background else 0.0
        can_cover = zip(faces, can_be_covered(faces), strict=True)
        self._coverable = {id(face) for face, possible in can_cover if possible}
        self._windows: dict[tuple[int, ...], FaceWindow] = {}
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
        """Crop (size, size, 3) uint8 BGR and smoothed target (classes,) float32.

        With ``covered_output`` the target has one more value.
        """
        random = np.random.default_rng((self._seed, number))
        if random.random() < self._background_fraction:
            face = self._background[int(random.integers(len(self._background)))]
            window = self._window(face)
            image = window.image
            if random.random() < BLURRED_LIGHTS:
                image = draw_blurred_lights(image, window.box, random)
            crop = augment_crop(image, window.box, self._size, random)
            return crop, np.full(self._outputs, 1 / self._outputs, np.float32)
        if random.random() < self._covers:
            window = self._drawn(hide_mouth, len(CLASSES), COVER_VARIANTS, random)
            return augment_crop(window.image, window.box, self._size, random), self._target(None)
        label = int(random.choice(len(self._fractions), p=self._fractions))
        drawer = self._mask_drawer if label and self._bare else None
        if drawer is not None and random.random() < self._synthetic_masks:
            statuses = self._drawable[label]
            status = statuses[random.integers(len(statuses))]

            def draw(window: FaceWindow, random: Random) -> Image:
                return drawer(window, status, random)

            window, coverable = self._drawn(draw, status - 1, MASK_VARIANTS, random), True
        else:
            face = self._by_class[label][_choose(self._limits[label], random)]
            window, coverable = self._window(face), id(face) in self._coverable
        if random.random() < self._covers and coverable:
            image = add_harmless_cover(window, label > 0, random)
            window = replace(window, image=image)
        return augment_crop(window.image, window.box, self._size, random), self._target(label)

    def _window(self, face: Face) -> FaceWindow:
        window = self._windows.get((id(face),))
        if window is None:
            window = self._windows[id(face),] = face.window()
        return window

    def _drawn(
        self,
        draw: Callable[[FaceWindow, Random], Image],
        what: int,
        variants: int,
        random: Random,
    ) -> FaceWindow:
        """A bare face with something drawn on it; ``what`` tells the kinds of drawings apart."""
        row = _choose(self._bare_limits, random)
        key = (row, what, int(random.integers(variants)))
        drawn = self._windows.get(key)
        if drawn is None:
            window = self._window(self._bare[row])
            if key[2] % 2:
                # Half of the drawings follow the five landmarks even where there is a mesh.
                window = replace(window, mesh=None)
            image = draw(window, np.random.default_rng((self._seed, *key)))
            drawn = self._windows[key] = replace(window, image=image)
        return drawn

    def _target(self, label: int | None) -> FloatArray:
        """Smoothed target of a class; None for a bare face with a hidden mouth."""
        target = np.full(self._outputs, LABEL_SMOOTHING / self._outputs, np.float32)
        if label is not None or not self._covered_output:
            target[label or 0] += 1 - LABEL_SMOOTHING
        else:
            target[0] += COVERED_AS_BARE
            target[-1] += 1 - LABEL_SMOOTHING - COVERED_AS_BARE
        return target


def _cumulative(faces: Sequence[Face]) -> FloatArray:
    """Cumulative sampling probabilities (N,) of faces, by their duplicate groups."""
    return np.asarray(np.cumsum(group_weights([face.record.group for face in faces])))


def _choose(limits: FloatArray, random: Random) -> int:
    """A random row, by the cumulative probabilities (N,) of all."""
    return min(int(np.searchsorted(limits, random.random())), len(limits) - 1)
