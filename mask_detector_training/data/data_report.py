# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is in the training data, and what is wrong with it, as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mask_detector_training.data.duplicates import BITS, Pair
from mask_detector_training.data.formats.record import STATUSES, Record
from mask_detector_training.markdown_text import table

Splits = Mapping[str, Sequence[Record]]
LISTED = 60


def counts_table(splits: Splits) -> str:
    """Pictures and faces of every status, by split, folder and source."""
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for split, records in splits.items():
        for record in records:
            folder = "heads" if record.heads else record.folder
            for row in ((split, folder, record.source), (split, "all", "")):
                counts[row].update(["pictures", *record.statuses])
    # A split's own order, its sources by name, its sum at the end.
    order = sorted(counts, key=lambda row: (list(splits).index(row[0]), not row[2], row))
    columns = ("pictures", *STATUSES)
    return table(
        ("split", "folder", "source", *columns),
        ((*row, *(counts[row][column] for column in columns)) for row in order),
    )


def faults(splits: Splits) -> list[str]:
    """What training must not start with: groups in two splits, names that are not unique."""
    groups: dict[str, set[str]] = defaultdict(set)
    keys: Counter[str] = Counter()
    for split, records in splits.items():
        for record in records:
            groups[record.group].add(split)
            keys[record.key] += 1
    shared = sorted(group for group, where in groups.items() if len(where) > 1)
    twice = sorted(key for key, count in keys.items() if count > 1)
    found = []
    if shared:
        found.append(
            f"{len(shared)} groups lie in several splits ({_some(shared)}); move every picture "
            "of a group into one split"
        )
    if twice:
        found.append(
            f"{len(twice)} picture names are used more than once ({_some(twice)}); give each "
            "picture of faces/ and of crops/ its own file name"
        )
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def order_pairs(
    pairs: Iterable[Pair], records: Sequence[Record], where: Sequence[str]
) -> list[Pair]:
    """Pairs worth a look: across splits first, then of different groups; nearest first.

    Args:
        pairs: near-duplicates.
        records: what their places mean.
        where: the split of every record.
    """
    strange = [p for p in pairs if records[p.first].group != records[p.second].group]
    return sorted(strange, key=lambda p: (where[p.first] == where[p.second], p.distance, p))


def duplicates_report(
    pairs: Sequence[Pair], records: Sequence[Record], where: Sequence[str]
) -> str:
    """How many near-duplicates there are between which splits, and the pairs worth a look."""
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
            ("near-duplicates between", "of one group", "of different groups"),
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
            for p in shown[:LISTED]
        )  # fmt: skip
        parts.append(
            table(("split", "picture", "split", "picture", f"bits of {BITS} that differ"), rows)
        )
    if len(shown) > LISTED:
        parts.append(f"… and {len(shown) - LISTED} more pairs of different groups.")
    return "\n\n".join(parts)
