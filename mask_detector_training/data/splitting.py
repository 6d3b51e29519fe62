# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Splitting of labeled images into train, val and test by duplicate group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.duplicates import Pair, merge_groups, near_duplicates
from mask_detector_training.data.formats.record import STATUSES, Record

Families = Sequence[Sequence[str]]
"""Sources that stay together in one split; patterns such as ``*rmfd`` may be used."""


def split_records(
    records: Sequence[Record],
    fractions: Mapping[str, float],
    seed: int,
    families: Families = (),
) -> dict[str, list[Record]]:
    """Split records by duplicate group, with about the same class frequencies in every split.

    Near-duplicates are found first and their groups merged; the returned records have the merged
    groups.

    Args:
        records: all labeled images.
        fractions: fraction of the images per split; their sum is 1.
        seed: seed of the order in which groups of equal weight are assigned.
        families: all images of a family are in one split.

    Raises:
        ValueError: a fraction is not above 0, a split would be empty, or a family has no images.
    """
    if min(fractions.values()) <= 0:
        given = ", ".join(f"{name} {fraction:g}" for name, fraction in fractions.items())
        raise ValueError(f"every split needs a fraction above 0, with the sum 1; got {given}")
    names = merge_groups(records, near_duplicates(records))
    records = [replace(r, group=name) for r, name in zip(records, names, strict=True)]
    groups: dict[str, list[Record]] = defaultdict(list)
    for record, name in zip(records, _together(records, families), strict=True):
        groups[name].append(record)
    assigned = _assign(list(groups.values()), np.array(list(fractions.values())), seed)
    splits: dict[str, list[Record]] = {name: [] for name in fractions}
    for group, index in zip(groups.values(), assigned, strict=True):
        splits[list(fractions)[index]] += group
    empty = [name for name, part in splits.items() if not part]
    if empty:
        raise ValueError(
            f"{len(groups)} groups of images are too few: {' and '.join(empty)} would be empty; "
            "give more images or larger fractions"
        )
    return splits


def split_parts(
    parts: Mapping[str, Sequence[Record]],
    fractions: Mapping[str, float],
    seed: int,
    families: Families = (),
) -> dict[str, list[Record]]:
    """Split the labeled images of a data set, and keep the splits that it states.

    All images are split if none but ``train`` is stated. Where only ``val`` is missing, it is taken
    out of ``train``.

    Args:
        parts: labeled images by stated split, other names for those that state none.
        fractions: fraction of the images for train, val and test; their sum is 1.
        seed, families: as for ``split_records``.

    Raises:
        ValueError: a fraction is not above 0, a split would be empty, a family has no images, or
            is in several stated splits.
    """
    stated = {name: list(part) for name, part in parts.items() if name in fractions and part}
    if set(stated) <= {"train"}:
        everything = [record for part in parts.values() for record in part]
        return split_records(everything, fractions, seed, families)
    if "train" in stated and "val" not in stated:
        val = fractions["val"] / (fractions["train"] + fractions["val"])
        own = split_records(stated["train"], {"train": 1 - val, "val": val}, seed, families)
        stated = {**own, "test": stated["test"]}
    for family in families:
        where = [name for name, part in stated.items() if any(_of_family(part, family))]
        if len(where) > 1:
            raise ValueError(
                f"--keep-together {','.join(family)}: these sources are in {' and '.join(where)}, "
                "as the data states; give --ignore-splits to split anew"
            )
    return stated


def _of_family(records: Sequence[Record], family: Sequence[str]) -> list[bool]:
    return [any(fnmatchcase(r.source, pattern) for pattern in family) for r in records]


def _together(records: Sequence[Record], families: Families) -> list[str]:
    """The group of each record after the groups in each family are merged."""
    links = []
    for family in families:
        members = [row for row, inside in enumerate(_of_family(records, family)) if inside]
        if not members:
            known = ", ".join(sorted({record.source for record in records}))
            raise ValueError(
                f"--keep-together {','.join(family)}: there are no such sources, only {known}"
            )
        links += [Pair(members[0], other, 0) for other in members[1:]]
    return merge_groups(records, links)


def _assign(groups: Sequence[Sequence[Record]], fractions: FloatArray, seed: int) -> list[int]:
    """The split of each group: greedily, the one that needs its classes most.

    Like iterative stratification (Sechidis et al., 2011, "On the Stratification of Multi-Label
    Data"), but each group minimizes the squared error of the class fractions, relative to the
    size of the split.
    """
    counts = np.array([_counts(group) for group in groups], float)
    weights = counts / np.maximum(counts.sum(0), 1)
    order = np.random.default_rng(seed).permutation(len(groups))
    # Groups with a large part of a rare class first, while every split still has room for them.
    order = order[np.argsort(-weights[order].max(1), kind="stable")]
    missing = np.repeat(fractions[:, None], weights.shape[1], axis=1)
    assigned = np.zeros(len(groups), int)
    for number in order:
        weight = weights[number]
        gain = (weight * (2 * missing - weight) / fractions[:, None]).sum(1)
        assigned[number] = np.argmax(gain)
        missing[assigned[number]] -= weight
    return [int(split) for split in assigned]


def _counts(group: Sequence[Record]) -> list[int]:
    """Number of images, and of faces of each status."""
    statuses = [status for record in group for status in record.statuses]
    return [len(group), *(statuses.count(status) for status in STATUSES)]
