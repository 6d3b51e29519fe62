# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Answers of the 4-class product counted as four, three or two classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray, IntArray
from mask_detector_training.data.class_mapping import VIEWS, View
from mask_detector_training.data.datasets import POSSIBLE

LEFT_OUT = -1
MASKED = ("nose_exposed",)
"""Wrongly worn, but a mask in the 2-class view unless told otherwise."""


def two_classes(masked: Iterable[str] = MASKED) -> View:
    """Mask or no mask.

    Args:
        masked: which of ``below_mouth`` and ``nose_exposed`` count as a mask.
    """
    with_mask = {"correct", *masked}
    into = {name: "mask" if name in with_mask else "no_mask" for name in CLASS_LABELS}
    return dataclasses.replace(VIEWS[2], of=into)


def truth_in(view: View, statuses: Iterable[str]) -> IntArray:
    """(N,) index of the class of every status, ``LEFT_OUT`` where the view has none."""
    places = {status: view.names.index(name) for status, name in view.of.items()}
    return np.array([places.get(status, LEFT_OUT) for status in statuses], np.int64)


def said_in(view: View, probabilities: FloatArray) -> IntArray:
    """(N,) index of the class that the likeliest of the four statuses belongs to."""
    return truth_in(view, CLASS_LABELS)[probabilities.argmax(1)]


def joined(view: View, probabilities: FloatArray) -> FloatArray:
    """Probabilities (N, 4) of the statuses -> (N, C) of the view's classes."""
    into = np.eye(len(view.names), dtype=np.float32)[truth_in(view, CLASS_LABELS)]
    return probabilities @ into


def may_be(view: View, status: str, name: str) -> bool:
    """Whether a face that the view leaves out may be of a class all the same."""
    if status == "ignore":
        return True
    return status not in view.of and name in {view.of[known] for known in POSSIBLE[status]}
