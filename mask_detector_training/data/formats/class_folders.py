# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Class folders: one folder per class, every picture in it one face."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.image_files import is_picture, measure
from mask_detector_training.data.formats.record import Record, box_inside, own_group, stack_boxes

WHOLE = (0.0, 0.0, 1.0, 1.0)


def class_folders(folder: Path) -> list[Path]:
    """The folders directly below that hold pictures."""
    below = sorted(path for path in folder.iterdir() if path.is_dir())
    return [path for path in below if any(map(is_picture, path.iterdir()))]


def read(
    folder: Path,
    part: str,
    names: ClassNames,
    face: tuple[float, float, float, float] = WHOLE,
) -> Iterator[Record]:
    """Every picture of every class folder.

    Args:
        folder: the folder of the class folders.
        part: ``faces`` or ``crops``.
        names: what the folders' names mean.
        face: where in each picture the face is: x, y, w, h as shares of the picture.

    Raises:
        ValueError: a folder's name is no known class, or a file is no picture (says which).
    """
    for place in class_folders(folder):
        status = names.status(place.name, place)
        for picture in sorted(filter(is_picture, place.iterdir())):
            size = measure(picture)
            box = box_inside(str(picture), np.array(face) * np.tile(size, 2), size)
            yield Record(
                path=picture,
                folder=part,
                heads=False,
                source=part,
                # Files are numbered anew in every class: with_mask/1.jpg, without_mask/1.jpg.
                group=own_group(folder, place.name, picture.stem),
                size=size,
                boxes=stack_boxes([box]),
                statuses=(status,),
                name=picture.relative_to(folder.parent).as_posix(),
            )
