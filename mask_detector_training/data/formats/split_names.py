# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of the splits in folders and files."""

from __future__ import annotations

import re

SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""Names that the folder of each split may have; case is ignored."""
HEADS = "heads"
"""Name of the labels whose boxes contain the whole head; not a split."""
_SPLIT_OF = {name: split for split, names in SPLITS.items() for name in names}


def split_named(name: str) -> str | None:
    """The split of a folder's name, such as ``Train``, ``valid`` or ``val2017``; None if none."""
    return _SPLIT_OF.get(re.sub(r"[_-]?\d{0,4}$", "", name.lower()))


def split_in_stem(stem: str) -> str | None:
    """The split that a file's name states: ``instances_train2017``, ``val_labels``; else None."""
    found = {split_named(word) for word in re.split(r"[._\- ]+", stem)} - {None}
    return found.pop() if len(found) == 1 else None
