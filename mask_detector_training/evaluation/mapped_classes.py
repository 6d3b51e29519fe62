# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels and predictions of the four wear statuses, mapped to four, three or two classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from mask_detector_ros.arrays import FloatArray, IntArray
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.datasets import FACE, POSSIBLE_CLASSES

UNMAPPED = -1
"""In place of a class index: the mapping has no class for the status."""
MASKED_STATUSES = ("nose_exposed",)
"""Statuses that count as ``mask`` in two classes by default, besides ``correct``."""


def two_class_mapping(masked: Iterable[str] = MASKED_STATUSES) -> ClassMapping:
    """The mapping to mask and no mask.

    Args:
        masked: which of ``below_mouth`` and ``nose_exposed`` count as a mask.
    """
    with_mask = {"correct", *masked}
    class_of = {name: "mask" if name in with_mask else "no_mask" for name in CLASS_LABELS}
    return dataclasses.replace(CLASS_MAPPINGS[2], class_of=class_of)


def map_statuses(mapping: ClassMapping, statuses: Iterable[str]) -> IntArray:
    """Class indices (N,) of labeled statuses, ``UNMAPPED`` where the mapping has no class."""
    return np.array(
        [mapping.index(status) if status in mapping.class_of else UNMAPPED for status in statuses],
        np.int64,
    )


def predicted_classes(mapping: ClassMapping, probabilities: FloatArray) -> IntArray:
    """Class indices (N,) of the statuses with the highest probability, from (N, 4)."""
    return map_statuses(mapping, CLASS_LABELS)[probabilities.argmax(1)]


def map_probabilities(mapping: ClassMapping, probabilities: FloatArray) -> FloatArray:
    """Probabilities (N, 4) of the statuses, summed to those of the classes (N, C)."""
    class_of = np.eye(len(mapping.names), dtype=np.float32)[map_statuses(mapping, CLASS_LABELS)]
    return probabilities @ class_of


def is_ambiguous(mapping: ClassMapping, status: str, name: str) -> bool:
    """Whether a face of an unmapped status may still belong to the class ``name``."""
    if status in ("ignore", FACE):
        return True
    possible = {mapping.class_of[known] for known in POSSIBLE_CLASSES[status]}
    return status not in mapping.class_of and name in possible
