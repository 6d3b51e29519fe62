# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labeled pictures dealt into train, val and test by family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mask_detector_training.data.duplicates import join_families, near_duplicates
from mask_detector_training.data.formats.record import STATUSES, Record


def split_records(
    records: Sequence[Record], shares: Mapping[str, float], seed: int
) -> dict[str, list[Record]]:
    """Deal records by family, so that every split has about its share of every class.

    Near-duplicates are found first and joined into one family; the records returned carry it.

    Args:
        records: all labeled pictures.
        shares: part of the pictures for every split; they sum up to 1.
        seed: of the order in which families of one size are dealt.

    Raises:
        ValueError: a share is not above 0, or a split would stay empty.
    """
    if min(shares.values()) <= 0:
        told = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise ValueError(f"every split needs a share above 0, together 1; got {told}")
    groups = join_families(records, near_duplicates(records))
    families: dict[str, list[Record]] = defaultdict(list)
    for record, group in zip(records, groups, strict=True):
        families[group].append(replace(record, group=group))
    dealt = _deal(list(families.values()), np.array(list(shares.values())), seed)
    splits: dict[str, list[Record]] = {name: [] for name in shares}
    for family, place in zip(families.values(), dealt, strict=True):
        splits[list(shares)[place]] += family
    empty = [name for name, part in splits.items() if not part]
    if empty:
        raise ValueError(
            f"{len(families)} families of pictures are too few: {' and '.join(empty)} would stay "
            "empty; give more pictures or larger shares"
        )
    return splits


def _deal(families: Sequence[Sequence[Record]], shares: np.ndarray, seed: int) -> list[int]:
    """The split of every family: where it brings the class shares nearest to what they should be.

    Nearest is the least squared error, which counts relative to the size of the split.
    """
    counts = np.array([_counts(family) for family in families], float)
    weights = counts / np.maximum(counts.sum(0), 1)
    order = np.random.default_rng(seed).permutation(len(families))
    # The largest parts of rare classes first: later there is no room to balance them.
    order = order[np.argsort(-weights[order].max(1), kind="stable")]
    missing = np.repeat(shares[:, None], weights.shape[1], axis=1)
    places = np.zeros(len(families), int)
    for number in order:
        weight = weights[number]
        gain = (weight * (2 * missing - weight) / shares[:, None]).sum(1)
        places[number] = np.argmax(gain)
        missing[places[number]] -= weight
    return [int(place) for place in places]


def _counts(family: Sequence[Record]) -> list[int]:
    """Pictures, and faces of every status."""
    statuses = [status for record in family for status in record.statuses]
    return [len(family), *(statuses.count(status) for status in STATUSES)]
