# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the image files before they are used: readable, complete, of the labeled size."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tqdm import tqdm

from mask_detector_training.data.formats.faults import Faults
from mask_detector_training.data.formats.image_reading import load_image
from mask_detector_training.data.formats.image_size import label_frame
from mask_detector_training.data.formats.record import Record

INCOMPLETE = "images that were cut short but are nearly complete are used as they are"


def sound_records(records: Sequence[Record], faults: Faults, what: str) -> list[Record]:
    """The records whose images can be used, read completely with a progress bar.

    Args:
        records: labeled images.
        faults: gets images that cannot be read, lack much or have another size than their labels,
            and a note on images that are nearly complete.
        what: name of the part of the data, for the progress bar.
    """
    sound = []
    for record in tqdm(records, desc=f"checking {what}".strip(), unit="image", delay=1):
        if faults.attempt(_check, record, faults):
            sound.append(record)
        else:
            faults.left_out += 1
    return sound


def _check(record: Record, faults: Faults) -> bool:
    # Names the EXIF orientation where it explains another size.
    label_frame(record.path, record.key, record.size, False, None)
    load_image(record.path, record.size, lambda text: faults.note(INCOMPLETE, text))
    return True


def identical_images(splits: Mapping[str, Sequence[Record]]) -> list[tuple[str, ...]]:
    """Files of equal content in different splits, as tuples of ``split: path``."""
    of_size: dict[int, list[tuple[str, Record]]] = defaultdict(list)
    for split, records in splits.items():
        for record in records:
            of_size[record.path.stat().st_size].append((split, record))
    of_content: dict[str, dict[str, str]] = defaultdict(dict)
    for entries in of_size.values():
        if len({split for split, _ in entries}) > 1:
            for split, record in entries:
                content = hashlib.sha256(record.path.read_bytes()).hexdigest()
                of_content[content].setdefault(split, f"{split}: {record.path}")
    return sorted(tuple(found.values()) for found in of_content.values() if len(found) > 1)
