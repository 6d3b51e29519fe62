# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training data: reading its splits, and checks against leakage between them."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mask_detector_training.data.formats import SPLITS, read_labels, split_path
from mask_detector_training.data.formats.jsonl_labels import load_records
from mask_detector_training.data.formats.record import POSSIBLE_CLASSES, STATUSES, Record

__all__ = [
    "DATA_VARIABLE", "POSSIBLE_CLASSES", "STATUSES", "Record", "check_groups", "check_names",
    "data_root", "digest", "load_records", "load_split", "load_splits",
]  # fmt: skip

DATA_VARIABLE = "MASK_DETECTOR_DATA"
FOLDERS = ("faces", "crops")


def data_root(option: str | None) -> Path:
    """The data folder, from ``--data`` or the environment variable.

    Raises:
        ValueError: neither is set, or the folder does not exist.
    """
    name = option or os.environ.get(DATA_VARIABLE)
    if not name:
        raise ValueError(f"no training data: give --data DIR or set {DATA_VARIABLE}")
    root = Path(name)
    if not root.is_dir():
        raise ValueError(f"training data folder {root} does not exist; check --data")
    return root


def load_split(root: Path, split: str, *, heads: bool = False) -> list[Record]:
    """Read ``train``, ``val`` or ``test`` of ``faces`` and ``crops``.

    A split is a file such as ``train.jsonl``, or a folder ``train`` in any of ``FORMATS``.

    Args:
        root: the data folder.
        split: name of the split.
        heads: with ``train``, also read the images whose boxes contain the whole head.

    Raises:
        ValueError: the split is missing, or its labels are malformed.
    """
    records = []
    for folder in FOLDERS:
        if (root / folder).is_dir():
            labels = split_path(root / folder, split)
            if labels is None:
                raise ValueError(
                    f"label file {root / folder / split}.jsonl does not exist, nor does a folder "
                    f"{split}/; check the data folder"
                )
            records += read_labels(labels, subset=folder)
    if heads and split == "train" and (root / "faces" / "heads.jsonl").is_file():
        records += read_labels(root / "faces" / "heads.jsonl")
    if not records:
        raise ValueError(f"{root} has no {split} split; expected faces/ or crops/ in it")
    return records


def load_splits(root: Path) -> dict[str, list[Record]]:
    """Read all splits that exist; heads belong to train.

    Raises:
        ValueError: there are none, or labels are malformed.
    """
    folders = [root / folder for folder in FOLDERS if (root / folder).is_dir()]
    found = [split for split in SPLITS if any(split_path(folder, split) for folder in folders)]
    if not found:
        raise ValueError(f"{root} has no splits; expected faces/ or crops/ with train, val, test")
    return {split: load_split(root, split, heads=True) for split in found}


def check_groups(train: Iterable[Record], other: Iterable[Record]) -> None:
    """Check that no duplicate group is in both splits.

    Raises:
        ValueError: some are; the message names the first ones.
    """
    shared = {r.group for r in train} & {r.group for r in other}
    if shared:
        names = ", ".join(sorted(shared)[:5])
        raise ValueError(
            f"{len(shared)} groups are both in train and in another split ({names}); "
            "move all images of a group into one split"
        )


def check_names(train: Iterable[Record]) -> None:
    """Check that ``Record.key`` is unique, as pseudo-labels are stored by it.

    Raises:
        ValueError: it is not; the message names the first ones.
    """
    counts = Counter(record.key for record in train)
    repeated = sorted(key for key, count in counts.items() if count > 1)
    if repeated:
        raise ValueError(
            f"{len(repeated)} image names are used more than once ({', '.join(repeated[:5])}); "
            "give each image of faces/ and of crops/ its own file name, and label it in one line"
        )


def digest(records: Iterable[Record]) -> str:
    """SHA-256 of the labels as hex digits; does not depend on the folder of the images."""
    whole = hashlib.sha256()
    for r in records:
        row = [r.key, r.heads, r.size, r.statuses, r.boxes.tolist()]
        whole.update(json.dumps(row).encode() + b"\n")
    return whole.hexdigest()
