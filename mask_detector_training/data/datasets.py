# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training data: reading its splits, and checks against leakage between them."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from mask_detector_training.data.formats import (
    SPLITS,
    ReadOptions,
    check_source,
    read_parts,
)
from mask_detector_training.data.formats.faults import Faults
from mask_detector_training.data.formats.jsonl_labels import load_records
from mask_detector_training.data.formats.record import FACE, POSSIBLE_CLASSES, STATUSES, Record
from mask_detector_training.data.training_only import FOLDERS, load_training_only

__all__ = [
    "DATA_VARIABLE", "FACE", "POSSIBLE_CLASSES", "STATUSES", "Record", "check_groups",
    "check_names", "data_root", "digest", "load_records", "load_split", "load_splits",
]  # fmt: skip

DATA_VARIABLE = "MASK_DETECTOR_DATA"
UNSPLIT_HINT = "; its labels are not split, do it with mask_detector data split"


def data_root(option: str | None) -> Path:
    """The data folder, from ``--data`` or the environment variable.

    Raises:
        ValueError: neither is set, or the folder does not exist.
    """
    name = option or os.environ.get(DATA_VARIABLE)
    if not name:
        raise ValueError(f"no training data: give --data DIR or set {DATA_VARIABLE}")
    root = Path(name)
    if root.is_file():
        check_source(root)
        raise ValueError(f"training data {root} is a file; name the folder with faces/ or crops/")
    if not root.is_dir():
        raise ValueError(f"training data folder {root} does not exist; check --data")
    return root


def load_split(root: Path, split: str, *, training_only: bool = False) -> list[Record]:
    """Read ``train``, ``val`` or ``test`` of ``faces`` and ``crops``.

    A split is a file such as ``train.jsonl``, a folder ``train`` in any of ``FORMATS``, or what
    the data set in the folder states as its split.

    Args:
        root: the data folder.
        split: name of the split.
        training_only: with ``train``, also read the images that are for training only.

    Raises:
        ValueError: the split is missing, or labels are malformed.
    """
    return load_splits(root, only=[split], training_only=training_only)[split]


def load_splits(
    root: Path,
    *,
    only: Collection[str] | None = None,
    training_only: bool = True,
    faults: Faults | None = None,
) -> dict[str, list[Record]]:
    """Read the splits of ``faces`` and ``crops``.

    Args:
        root: the data folder.
        only: read these splits; all that exist if None.
        training_only: add the images that are for training only to ``train``.
        faults: collects faults in labels, which are left out; without it they are raised.

    Raises:
        ValueError: a split is missing; or labels are malformed, without ``faults``.
    """
    found = faults or Faults()
    folders = [root / folder for folder in FOLDERS if (root / folder).is_dir()]
    parts = {
        folder: read_parts(folder, ReadOptions(subset=folder.name), found, only or [*SPLITS])
        for folder in folders
    }
    names = [split for split in SPLITS if any(split in part for part in parts.values())]
    if only is None and not names:
        hint = UNSPLIT_HINT if any(part.get("") for part in parts.values()) else ""
        raise ValueError(
            f"{root} has no splits; expected faces/ or crops/ with train, val, test{hint}"
        )
    splits = {
        split: [record for folder in folders for record in _part(folder, parts[folder], split)]
        for split in only or names
    }
    if training_only and "train" in splits:
        splits["train"] += load_training_only(root, found)
    if faults is None:
        found.raise_all(root)
    for split, records in splits.items():
        if not records and not found.errors:
            raise ValueError(f"{root} has no {split} split; expected faces/ or crops/ in it")
    return splits


def _part(folder: Path, parts: dict[str, list[Record]], split: str) -> list[Record]:
    if split not in parts:
        raise ValueError(
            f"label file {folder / split}.jsonl does not exist, nor does a folder {split}/ with "
            f"labels; check the data folder{UNSPLIT_HINT if parts.get('') else ''}"
        )
    return parts[split]


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
            "give each image of a folder its own file name, and label it in one line"
        )


def digest(records: Iterable[Record]) -> str:
    """SHA-256 of the labels as hex digits; does not depend on the folder of the images."""
    whole = hashlib.sha256()
    for record in records:
        whole.update(label_row(record) + b"\n")
    return whole.hexdigest()


def label_row(record: Record) -> bytes:
    """The labels of an image as bytes; does not depend on the folder of the images."""
    row = [record.key, record.heads, record.size, record.statuses, record.boxes.tolist()]
    if record.scores is not None:
        row.append(record.scores.tolist())
    if not record.complete:
        row.append("incomplete")
    return json.dumps(row).encode()
