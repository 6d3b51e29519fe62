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
_SPLIT_OF |= {
    f"{name}{word}": split for name, split in _SPLIT_OF.items() for word in ("set", "data")
}
_FILLERS = {"", "images", "image", "img", "imgs", "labels", "set", "data", "dataset", "split"}


def split_named(name: str) -> str | None:
    """The split of a folder's name: ``Train``, ``val2017``, ``test_images``; None if none."""
    words = set(re.split(r"[^a-z]+", name.lower())) - _FILLERS
    return _SPLIT_OF.get(words.pop()) if len(words) == 1 else None


def split_in_stem(stem: str) -> str | None:
    """The split that a file's name states: ``instances_train2017``, ``val_labels``; else None."""
    found = {split_named(word) for word in re.split(r"[^A-Za-z0-9]+", stem)} - {None}
    return found.pop() if len(found) == 1 else None
