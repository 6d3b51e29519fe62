# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The data of a training, checked completely before it starts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.data.corrections import Corrections
from mask_detector_training.data.datasets import Record, check_groups, check_names, load_splits
from mask_detector_training.data.formats.faults import Faults
from mask_detector_training.data.image_check import identical_images, sound_records

SKIP_OPTION = "--skip-faulty"
REMEDY = f"go on without these images with {SKIP_OPTION}"
LOG = logging.getLogger(__name__)


def load_training_data(
    root: Path, *, skip_faulty: bool = False, corrections: bool = True
) -> tuple[list[Record], list[Record]]:
    """Read train, with the training-only images, and val; check all labels and images.

    Args:
        root: the data folder.
        skip_faulty: leave out images with faults, and log which, instead of raising.
        corrections: correct the wear statuses for which there is a correction.

    Raises:
        ValueError: a split is missing; labels or images have faults (lists them all); a duplicate
            group is in both splits; or image names are used twice.
    """
    faults = Faults()
    splits = load_splits(root, only=["train", "val"], faults=faults)
    check_groups(splits["train"], splits["val"])
    for records in splits.values():
        check_names(records)
    train, val = (sound_records(splits[name], faults, name) for name in ("train", "val"))
    for note in faults.notes:
        LOG.warning("%s", note)
    if not skip_faulty:
        faults.raise_all(root, REMEDY)
    elif faults.errors:
        LOG.warning("%s", faults.summary(root))
    shared = identical_images({"train": train, "val": val})
    if shared:
        LOG.warning(
            "%d images are both in train and in val, so the score on val is too good; the first: "
            "%s; see mask_detector data check", len(shared), ", ".join(shared[0]),
        )  # fmt: skip
    if corrections:
        known = Corrections.load(root)
        counts = [len(known.found(records)) for records in (train, val)]
        if any(counts):
            LOG.info("%d labels of train and %d of val are corrected", *counts)
        train, val = known.apply(train), known.apply(val)
    return train, val


def check_classes(
    split: str, found: Iterable[str], mapping: ClassMapping, records: Iterable[Record]
) -> None:
    """Check that a split has faces of every class.

    Args:
        split: name of the split.
        found: names of the classes of its faces.
        mapping: the classes.
        records: all labeled images, for advice.

    Raises:
        ValueError: some classes have none; the message says which number of classes would do.
    """
    present = set(found)
    missing = [name for name in mapping.names if name not in present]
    if missing:
        statuses = {status for record in records for status in record.statuses}
        advice = advise_classes(statuses, len(mapping.names))
        raise ValueError(f"no {split} faces of {', '.join(missing)}; each class needs some{advice}")


def advise_classes(statuses: Iterable[str], classes: int) -> str:
    """Advice on a smaller number of classes of which the statuses have all; "" if there is none.

    Args:
        statuses: of the labels.
        classes: the number of classes that does not do.
    """
    present = set(statuses)
    for fewer in range(classes - 1, 1, -1):
        mapping = CLASS_MAPPINGS[fewer]
        if {mapping.class_of.get(status) for status in present} >= set(mapping.names):
            what = "with and without mask only" if fewer == 2 else "as " + ", ".join(mapping.names)
            return f"; for data labeled {what} train the classifier with --classes {fewer}"
    return ""
