# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The labels with which a run was started: a resumed run may have fewer, but no other ones."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.array_files import read_json
from mask_detector_training.data.datasets import digest, label_row
from mask_detector_training.data.formats.record import Record
from mask_detector_training.training_loop import CONFIG

LABELS = "labels.json"
"""File of the labels in a run folder: their digest, and the name of the image by row digest."""
LOG = logging.getLogger(__name__)


def labels_of_run(run: Path, records: Sequence[Record]) -> str:
    """The digest of the labels of a run: that of its start, if only images were removed since.

    Args:
        run: the run folder; a new run gets the file ``LABELS``.
        records: train and val as they are now.

    Raises:
        ValueError: an image is new or has other labels than at the start.
    """
    file, now = run / LABELS, {_digest(record): record.key for record in records}
    if not (run / CONFIG).is_file():
        content = {"digest": digest(records), "rows": now}
        write_atomically(file, json.dumps(content, indent=1) + "\n")
    if not file.is_file():  # a run of an older version
        return digest(records)
    stored = read_json(file)
    rows = stored["rows"]
    other = [key for row, key in now.items() if row not in rows]
    if other:
        raise ValueError(
            f"{run} was started with other settings (labels): {len(other)} images are new or have "
            f"other labels now ({_some(other)}); restore the labels, or give another --out"
        )
    gone = [key for row, key in rows.items() if row not in now]
    if gone:
        LOG.warning(
            "%d images with which %s was started are gone (%s); it goes on without them",
            len(gone), run, _some(gone),
        )  # fmt: skip
    return str(stored["digest"])


def _digest(record: Record) -> str:
    return hashlib.sha256(label_row(record)).hexdigest()[:16]


def _some(names: Sequence[str]) -> str:
    return ", ".join(sorted(names)[:5]) + (", …" if len(names) > 5 else "")
