# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sampling weights that keep groups of many images from dominating."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mask_detector_ros.arrays import FloatArray


def group_weights(groups: Sequence[str]) -> FloatArray:
    """Sampling probabilities (N,) of items by their groups; their sum is 1.

    An item in a group of n has the weight 1 / sqrt(n), so that the group as a whole has the weight
    sqrt(n): a person with 33 images counts as much as 5.7 people with one image. Further images of
    a person add something, but less than those of other people. Give the items of one class only,
    where classes are sampled separately.
    """
    _, indices, counts = np.unique(list(groups), return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(counts[indices])
    return np.asarray(weights / weights.sum()) if len(weights) else np.zeros(0)
