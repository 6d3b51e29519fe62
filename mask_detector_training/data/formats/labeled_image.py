# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the readers of all formats give, and the one place that makes records of it.

A reader only parses. Whether sizes fit the image, what its EXIF orientation means for the boxes,
and which status a class name has is decided here, for all formats alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.formats.boxes import FRACTION_LIMIT
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_size import label_frame
from mask_detector_training.data.formats.orientation import turn_boxes, turned_size
from mask_detector_training.data.formats.record import (
    BAD_BOX,
    Record,
    clip_box,
    default_group,
    first_of_equal,
    stack_boxes,
)

CONTAINERS = frozenset(
    {"images", "jpegimages", "labels", "annotations", "obj_train_data", "obj_valid_data"}
)
"""Folders, in lower case, whose names say nothing about an image."""
CROWD = "ignore"
"""Class name for boxes around a group of people."""
REPEATED = "images with the same face labeled more than once; it is taken once"


@dataclass(frozen=True, eq=False)
class LabeledFace:
    """One labeled face as the label file has it.

    Attributes:
        where: file and line or object, for messages.
        name: class name.
        names_file: the file that contains the class name.
        box: (4,) xywh in pixels, or in fractions of the image.
    """

    where: str
    name: str
    names_file: Path
    box: FloatArray


@dataclass(frozen=True, eq=False)
class LabeledImage:
    """The labels of one image as the label file has them.

    Attributes:
        image: the image file.
        where: the label file, and the place in it if it has several images.
        faces: its labeled faces; None for each that could not be read.
        size: width and height that the labels state; None if they state none.
        fractions: boxes are fractions of the image, not pixels.
        drawn: the boxes were drawn on the image, so its EXIF orientation matters.
        source: name of the data set; "" if not stated.
        group: duplicate group; "" if not stated.
        splits: the split that the labels state -> where they do.
    """

    image: Path
    where: str
    faces: Sequence[LabeledFace | None]
    size: tuple[int, int] | None = None
    fractions: bool = False
    drawn: bool = True
    source: str = ""
    group: str = ""
    splits: dict[str, str] = field(default_factory=dict)


def make_record(
    labeled: LabeledImage,
    folder: Path,
    subset: str,
    names: ClassNames,
    turn: bool,
    faults: Faults,
) -> Record | None:
    """The record of an image; None if something is wrong with it, which ``faults`` gets.

    Args:
        labeled: the labels.
        folder: the folder that is read; keys and groups are relative to it.
        subset: ``faces`` or ``crops``; also the ``source`` where none is stated.
        names: statuses of class names.
        turn: boxes were drawn on the image as it is stored; turn them by its EXIF
            orientation, unless their size shows that they are turned already.
        faults: collects faults and notes.
    """
    frame = faults.attempt(
        label_frame, labeled.image, labeled.where, labeled.size, turn and labeled.drawn,
        faults if labeled.drawn else None,
    )  # fmt: skip
    faces: list[tuple[str, str, FloatArray] | None] = []
    for face in labeled.faces:
        if face is None:
            faces.append(None)
            continue
        status = faults.attempt(names.status, face.name, face.names_file)
        box = faults.attempt(_pixel_box, face, labeled.fractions, frame[0]) if frame else None
        faces.append(None if status is None or box is None else (face.where, status, box))
    labels = [face for face in faces if face]
    different = faults.attempt(first_of_equal, labels)
    kept = faults.all_or_none([frame, different, *faces])
    if frame is None or different is None or kept is None:
        return None
    if len(different) < len(labels):
        faults.note(REPEATED, labeled.where)
    labels = [labels[index] for index in different]
    size, orientation = frame
    boxes = stack_boxes([box for _, _, box in labels])
    inside = labeled.image.relative_to(folder).parts[:-1]
    named = [part for part in inside if part.lower() not in CONTAINERS]
    return Record(
        path=labeled.image,
        folder=subset,
        heads=False,
        source=labeled.source or subset,
        group=labeled.group or default_group(folder, *named, labeled.image.stem),
        size=turned_size(size, orientation),
        boxes=turn_boxes(boxes, size, orientation),
        statuses=tuple(status for _, status, _ in labels),
        name=labeled.image.relative_to(folder.parent).as_posix(),
    )


def _pixel_box(face: LabeledFace, fractions: bool, size: tuple[int, int]) -> FloatArray:
    """The box in pixels.

    Raises:
        LabelError: it is not in the image; or all of it is in the first pixel, so that its numbers
            can only be fractions of the image.
    """
    if fractions:
        return clip_box(face.where, face.box * np.tile(size, 2), size)
    box = clip_box(face.where, face.box, size)
    if (box[:2] + box[2:] <= FRACTION_LIMIT).all():
        shown = ", ".join(f"{value:g}" for value in box)
        raise LabelError(
            BAD_BOX,
            f"{face.where}: box [{shown}] (x, y, width, height) is in fractions of the image; "
            "expected pixels",
        )
    return box
