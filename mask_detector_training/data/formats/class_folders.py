# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Class folders: one folder per class, in which every image shows one face."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.image_files import image_size, is_image
from mask_detector_training.data.formats.record import Record, clip_box, default_group, stack_boxes

WHOLE_IMAGE = (0.0, 0.0, 1.0, 1.0)


def class_folders(folder: Path) -> list[Path]:
    """The direct subfolders that contain images."""
    below = sorted(path for path in folder.iterdir() if path.is_dir())
    return [path for path in below if any(map(is_image, path.iterdir()))]


def read(
    folder: Path,
    subset: str,
    names: ClassNames,
    face: tuple[float, float, float, float] = WHOLE_IMAGE,
) -> Iterator[Record]:
    """Read every image of every class folder.

    Args:
        folder: the folder that contains the class folders.
        subset: ``faces`` or ``crops``.
        names: statuses of the folders' names.
        face: x, y, w, h of the face in each image, as fractions of the image.

    Raises:
        ValueError: a folder's name is no known class, or a file is not an image (names it).
    """
    for subfolder in class_folders(folder):
        status = names.status(subfolder.name, subfolder)
        for image in sorted(filter(is_image, subfolder.iterdir())):
            size = image_size(image)
            box = clip_box(str(image), np.array(face) * np.tile(size, 2), size)
            yield Record(
                path=image,
                folder=subset,
                heads=False,
                source=subset,
                # File names repeat in different classes: with_mask/1.jpg, without_mask/1.jpg.
                group=default_group(folder, subfolder.name, image.stem),
                size=size,
                boxes=stack_boxes([box]),
                statuses=(status,),
                name=image.relative_to(folder.parent).as_posix(),
            )
