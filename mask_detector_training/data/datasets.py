# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training data: its splits, and the guard against leaking between them."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mask_detector_training.data.formats import SPLITS, read_labels, split_path
from mask_detector_training.data.formats.jsonl_labels import load_records
from mask_detector_training.data.formats.record import POSSIBLE, STATUSES, Record

__all__ = [
    "DATA_VARIABLE", "POSSIBLE", "STATUSES", "Record", "check_groups", "check_names", "data_root",
    "digest", "load_records", "load_split", "load_splits",
]  # fmt: skip

DATA_VARIABLE = "MASK_DETECTOR_DATA"
FOLDERS = ("faces", "crops")


def data_root(option: str | None) -> Path:
    """The data folder from ``--data``, else from the environment.

    Raises:
        ValueError: neither names a folder.
    """
    named = option or os.environ.get(DATA_VARIABLE)
    if not named:
        raise ValueError(f"no training data: give --data DIR or set {DATA_VARIABLE}")
    root = Path(named)
    if not root.is_dir():
        raise ValueError(f"training data folder {root} does not exist; check --data")
    return root


def load_split(root: Path, split: str, *, heads: bool = False) -> list[Record]:
    """``train``, ``val`` or ``test`` of ``faces`` and ``crops``; optionally the heads too.

    A split is ``train.jsonl``, or a folder ``train`` in any format of ``FORMATS``.

    Raises:
        ValueError: a split is missing, or its labels are not what is expected.
    """
    records = []
    for folder in FOLDERS:
        if (root / folder).is_dir():
            labels = split_path(root / folder, split)
            if labels is None:
                raise ValueError(
                    f"label file {root / folder / split}.jsonl does not exist, nor is there a "
                    f"folder {split}/; check the data folder"
                )
            records += read_labels(labels, part=folder)
    if heads and split == "train" and (root / "faces" / "heads.jsonl").is_file():
        records += read_labels(root / "faces" / "heads.jsonl")
    if not records:
        raise ValueError(f"{root} has no {split} split; expected faces/ or crops/ in it")
    return records


def load_splits(root: Path) -> dict[str, list[Record]]:
    """Every split there is, heads with train.

    Raises:
        ValueError: there is none, or one is not what is expected.
    """
    folders = [root / folder for folder in FOLDERS if (root / folder).is_dir()]
    found = [split for split in SPLITS if any(split_path(folder, split) for folder in folders)]
    if not found:
        raise ValueError(f"{root} has no splits; expected faces/ or crops/ with train, val, test")
    return {split: load_split(root, split, heads=True) for split in found}


def check_groups(train: Iterable[Record], held_out: Iterable[Record]) -> None:
    """Refuse splits that share a near-duplicate family.

    Raises:
        ValueError: names some of the shared groups.
    """
    shared = {r.group for r in train} & {r.group for r in held_out}
    if shared:
        names = ", ".join(sorted(shared)[:5])
        raise ValueError(
            f"{len(shared)} groups lie both in train and in a held-out split ({names}); "
            "move every picture of a group into one split"
        )


def check_names(train: Iterable[Record]) -> None:
    """Refuse pictures of one name: what the teacher saw in one would be taken for the other's.

    Raises:
        ValueError: names some of them.
    """
    counts = Counter(record.key for record in train)
    twice = sorted(key for key, count in counts.items() if count > 1)
    if twice:
        raise ValueError(
            f"{len(twice)} picture names are used more than once ({', '.join(twice[:5])}); give "
            "each picture of faces/ and of crops/ its own file name, and label it in one line"
        )


def digest(records: Iterable[Record]) -> str:
    """What identifies labels, wherever their pictures lie: a hex digest."""
    whole = hashlib.sha256()
    for r in records:
        row = [r.key, r.heads, r.size, r.statuses, r.boxes.tolist()]
        whole.update(json.dumps(row).encode() + b"\n")
    return whole.hexdigest()
