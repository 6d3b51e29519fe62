# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels in this project's own format: ``.jsonl``, one line per image."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.data.formats.boxes import FRACTION_LIMIT
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.record import (
    BAD_BOX,
    BOX_OUTSIDE,
    STATUSES,
    Record,
    first_of_equal,
    stack_boxes,
)
from mask_detector_training.data.formats.text_files import portable_path

BAD_LINE = "malformed line"
SPARSE_FACES = 8
"""Largest number of boxes in a scene of a training-only folder that counts as completely labeled.

Only where teachers searched it for faces: in dense crowds they miss some, too.
"""
UNSPLIT = "labels"
"""Stem of a label file that is not a split."""


def load_records(
    file: Path, faults: Faults | None = None, *, training_only: bool = False
) -> list[Record]:
    """Read a ``.jsonl`` label file; image paths are relative to it.

    Boxes may extend beyond the image: a face at its edge keeps its full size.

    Args:
        file: the label file.
        faults: collects malformed lines, which are left out; without it they are raised.
        training_only: faces may be without a label in scenes that do not state ``complete``,
            except in those that teachers labeled with at most ``SPARSE_FACES`` boxes.

    Raises:
        ValueError: the file is missing; or lines are malformed (names them), without ``faults``.
    """
    if not file.is_file():
        raise ValueError(f"label file {file} does not exist; check the data folder")
    found = faults or Faults()
    records = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            # Some editors on Windows begin a file with a byte order mark.
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if line.strip():
                record = found.attempt(_checked_record, file, number, line, training_only)
                if record is None:
                    found.left_out += 1
                else:
                    records.append(record)
    if faults is None:
        found.raise_all(file)
    return records


def _checked_record(file: Path, number: int, line: bytes, training_only: bool) -> Record:
    try:
        return _record(file, json.loads(line), training_only)
    except (
        AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError
    ) as error:  # fmt: skip
        kind, reason = BAD_LINE, repr(error)
        if isinstance(error, LabelError):
            kind, reason = error.kind, str(error)
        elif isinstance(error, KeyError):
            reason = f"{error} is missing"
        raise LabelError(
            kind,
            f"{file} line {number}: {reason}; expected image, source, group, width, "
            "height and faces with box [x, y, w, h] and status",
        ) from error


def _record(file: Path, row: Any, training_only: bool) -> Record:
    faces = row["faces"]
    statuses = tuple(face["status"] for face in faces)
    unknown = set(statuses) - set(STATUSES)
    if unknown:
        raise LabelError("unknown status", f"status {sorted(unknown)} is not one of {STATUSES}")
    boxes = stack_boxes([np.asarray(face["box"], np.float32).reshape(4) for face in faces])
    if not np.isfinite(boxes).all() or (boxes[:, 2:] <= 0).any():
        raise LabelError(BAD_BOX, "a box has no area or is not finite")
    ends = boxes[:, :2] + boxes[:, 2:]
    if ((boxes[:, :2] >= 0) & (ends <= FRACTION_LIMIT)).all(1).any():
        raise LabelError(BAD_BOX, "a box is in fractions of the image instead of pixels")
    for name in ("source", "group"):
        if row[name] is None:
            raise LabelError(BAD_LINE, f"{name} is null")
    size = (int(row["width"]), int(row["height"]))
    if min(size) <= 0 or (boxes[:, :2] >= size).any() or (ends <= 0).any():
        raise LabelError(BOX_OUTSIDE, f"a box is outside the image, which is {size[0]} x {size[1]}")
    first_of_equal([("another face", *face) for face in zip(statuses, boxes, strict=True)])
    record = Record(
        path=_image_path(file, row["image"]),
        folder=file.parent.name,
        heads=file.stem == "heads",
        source=str(row["source"]),
        group=str(row["group"]),
        size=size,
        boxes=boxes,
        statuses=statuses,
        scores=_scores(faces),
    )
    searched = record.scores is not None and len(faces) <= SPARSE_FACES
    complete = row.get("complete", not training_only or record.close_up or searched)
    if not isinstance(complete, bool):
        raise LabelError(BAD_LINE, f"complete is {complete!r} instead of true or false")
    return replace(record, complete=complete)


def _scores(faces: Sequence[Any]) -> FloatArray | None:
    """The scores of faces that teachers labeled, 1 for others; None if no face has one."""
    stated = [face.get("score") for face in faces]
    if all(score is None for score in stated):
        return None
    scores = np.array([1.0 if score is None else float(score) for score in stated], np.float32)
    wrong = scores[~((scores >= 0) & (scores <= 1))]
    if len(wrong):
        raise LabelError(BAD_LINE, f"a score is {wrong[0]:g}, expected 0 to 1")
    return scores


def _image_path(file: Path, name: str) -> Path:
    path = file.parent / name
    # Written on Windows; on Linux a name may contain a backslash as well.
    return file.parent / portable_path(name) if "\\" in name and not path.exists() else path


def write_records(file: Path, records: Iterable[Record]) -> None:
    """Write a ``.jsonl`` label file atomically; the images must already be in place."""
    lines = []
    for record in records:
        row: dict[str, Any] = {
            "image": Path(os.path.relpath(record.path, file.parent)).as_posix(),
            "source": record.source,
            "width": record.size[0],
            "height": record.size[1],
            "group": record.group,
            "faces": [
                {"box": [round(float(value), 1) for value in box], "status": status}
                for box, status in zip(record.boxes, record.statuses, strict=True)
            ],
        }
        if record.scores is not None:
            for face, score in zip(row["faces"], record.scores, strict=True):
                face["score"] = round(float(score), 3)
        if not record.complete:
            row["complete"] = False
        lines.append(json.dumps(row) + "\n")
    write_atomically(file, "".join(lines))
