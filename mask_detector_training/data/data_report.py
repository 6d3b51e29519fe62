# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Statistics of the training data, its errors and its near-duplicates, as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.duplicates import BITS, Pair
from mask_detector_training.data.formats.record import STATUSES, Record
from mask_detector_training.data.image_check import identical_images
from mask_detector_training.data.training_data import advise_classes
from mask_detector_training.markdown_text import table

Splits = Mapping[str, Sequence[Record]]
MAX_LISTED_PAIRS = 60


def counts_table(splits: Splits) -> str:
    """Number of images and of faces by status, per split, folder and source."""
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for split, records in splits.items():
        for record in records:
            folder = "heads" if record.heads else record.folder
            for row in ((split, folder, record.source), (split, "all", "")):
                counts[row].update(["images", *record.statuses])
    # Splits in the given order, their sources by name, their sum last.
    order = sorted(counts, key=lambda row: (list(splits).index(row[0]), not row[2], row))
    columns = ("images", *STATUSES)
    return table(
        ("split", "folder", "source", *columns),
        ((*row, *(counts[row][column] for column in columns)) for row in order),
    )


def find_errors(splits: Splits) -> list[str]:
    """Errors of the data as a whole: what training refuses, and images that are in two splits.

    Groups in two splits, names used twice, files of equal content in two splits, and classes that
    only one of train and val has.
    """
    groups: dict[str, set[str]] = defaultdict(set)
    keys: Counter[str] = Counter()
    for split, records in splits.items():
        for record in records:
            groups[record.group].add(split)
            keys[record.key] += 1
    shared = sorted(group for group, where in groups.items() if len(where) > 1)
    repeated = sorted(key for key, count in keys.items() if count > 1)
    errors = []
    if shared:
        errors.append(
            f"{len(shared)} groups are in several splits ({_some(shared)}); move all images "
            "of a group into one split"
        )
    if repeated:
        errors.append(
            f"{len(repeated)} image names are used more than once ({_some(repeated)}); give each "
            "image of a folder its own file name"
        )
    identical = [" and ".join(paths) for paths in identical_images(splits)]
    if identical:
        errors.append(
            f"{len(identical)} images are identical in several splits ({_some(identical)}); "
            "remove all but one of each"
        )
    statuses = _statuses(splits)
    if {"train", "val"} <= set(statuses):
        for one, other in (("val", "train"), ("train", "val")):
            lacking = [c for c in CLASS_LABELS if c in statuses[other] - statuses[one]]
            if lacking:
                errors.append(
                    f"{one} has no faces of {', '.join(lacking)}, but {other} has; move some of "
                    f"them to {one}, with their groups"
                )
    return errors


def class_advice(splits: Splits) -> str:
    """Which classes the data lacks, and the number of classes that would do; "" if it has all."""
    statuses = _statuses(splits)
    present = statuses.get("train", set())
    if set(CLASS_LABELS) <= present.union(*statuses.values()):
        return ""
    missing = [name for name in CLASS_LABELS if name not in present]
    advice = advise_classes(present, len(CLASS_LABELS)) if missing else ""
    return f"train has no faces of {', '.join(missing)}{advice}" if missing else ""


def _statuses(splits: Splits) -> dict[str, set[str]]:
    return {
        split: {status for record in records for status in record.statuses}
        for split, records in splits.items()
    }


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def order_pairs(
    pairs: Iterable[Pair], records: Sequence[Record], where: Sequence[str]
) -> list[Pair]:
    """Near-duplicates of different groups: pairs across splits first, then the nearest first.

    Args:
        pairs: near-duplicates.
        records: the labeled images to which the indices in ``pairs`` refer.
        where: the split of each record.
    """
    different = [p for p in pairs if records[p.first].group != records[p.second].group]
    return sorted(different, key=lambda p: (where[p.first] == where[p.second], p.distance, p))


def duplicates_report(
    pairs: Sequence[Pair], records: Sequence[Record], where: Sequence[str]
) -> str:
    """Number of near-duplicates between splits, and a list of those of different groups."""
    if not pairs:
        return "No near-duplicates."
    numbers: dict[tuple[str, str], Counter[bool]] = defaultdict(Counter)
    names = list(dict.fromkeys(where))
    for pair in pairs:
        ends = sorted((where[pair.first], where[pair.second]), key=names.index)
        same = records[pair.first].group == records[pair.second].group
        numbers[ends[0], ends[1]][same] += 1
    parts = [
        table(
            ("near-duplicates between", "same group", "different groups"),
            (
                (f"{one} and {other}" if one != other else f"{one} and itself",
                 numbers[one, other][True], numbers[one, other][False])
                for one, other in sorted(numbers, key=lambda e: (e[0] == e[1], e))
            ),
        )
    ]  # fmt: skip
    shown = order_pairs(pairs, records, where)
    if shown:
        rows = (
            (where[p.first], records[p.first].key, where[p.second], records[p.second].key,
             p.distance)
            for p in shown[:MAX_LISTED_PAIRS]
        )  # fmt: skip
        parts.append(table(("split", "image", "split", "image", f"different bits of {BITS}"), rows))
    if len(shown) > MAX_LISTED_PAIRS:
        parts.append(f"… and {len(shown) - MAX_LISTED_PAIRS} more pairs of different groups.")
    return "\n\n".join(parts)
