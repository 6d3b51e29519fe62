# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Class folders: one folder per class, in which every image shows one face.

The class is the name of the nearest folder that names one, so classes may have subfolders. The
names of MaskedFace-Net's files say what the mask covers, ``00001_Mask_Mouth_Chin.jpg``, which is
more than its folders CMFD and IMFD do (Cabani et al., 2021, "MaskedFace-Net").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mask_detector_ros.images.image_files import SUFFIXES
from mask_detector_training.data.formats.class_names import ClassNames
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_files import IMAGE_FOLDERS, LABEL_FOLDERS
from mask_detector_training.data.formats.labeled_image import LabeledFace, LabeledImage
from mask_detector_training.data.formats.record import POSSIBLE_CLASSES, default_group
from mask_detector_training.data.formats.split_names import split_named
from mask_detector_training.data.formats.tree import walk_files

WHOLE_IMAGE = (0.0, 0.0, 1.0, 1.0)
WEAR_IN_NAME = re.compile(r"(\d+)_(Mask(?:_Nose)?(?:_Mouth)?(?:_Chin)?)", re.IGNORECASE)
"""Number of the photo and class in a file name of MaskedFace-Net."""
CONTRADICTION = "file name and folder state different classes"


def labeled_images(folder: Path, names: ClassNames) -> Iterator[tuple[Path, str | None, str]]:
    """The images in class folders.

    Returns:
        Image, class in its file name (None if there is none), class of its folder. That is the
        nearest folder with a known name, else the direct subfolder of ``folder`` in which the
        image is; "" for images elsewhere, in folders such as ``images``, and of a split.
    """
    usual = {*IMAGE_FOLDERS, *LABEL_FOLDERS}
    for image in walk_files(folder, SUFFIXES):
        parents = image.relative_to(folder).parts[:-1]
        of_folder = next((name for name in reversed(parents) if names.knows(name)), "")
        direct = parents[0] if len(parents) == 1 else ""
        if not of_folder and direct.lower() not in usual and not split_named(direct):
            of_folder = direct
        wear = WEAR_IN_NAME.fullmatch(image.stem)
        if of_folder or wear:
            yield image, wear[2] if wear else None, of_folder


def has_class_folders(folder: Path, names: ClassNames) -> bool:
    """Whether there are images in class folders."""
    return next(labeled_images(folder, names), None) is not None


def read(
    folder: Path,
    faults: Faults,
    names: ClassNames,
    face: tuple[float, float, float, float] = WHOLE_IMAGE,
) -> Iterator[LabeledImage]:
    """Read every image of every class folder.

    Args:
        folder: the folder that contains the class folders.
        faults: collects faults.
        names: statuses of the folders' names.
        face: x, y, w, h of the face in each image, as fractions of the image.
    """
    for image, in_name, of_folder in labeled_images(folder, names):
        label = faults.attempt(_class_of, image, in_name, of_folder, names)
        if label is None:
            faults.left_out += 1
            continue
        number = WEAR_IN_NAME.fullmatch(image.stem)
        yield LabeledImage(
            image=image,
            where=str(image),
            faces=[LabeledFace(str(image), label, image.parent, np.array(face))],
            fractions=True,
            drawn=False,
            # Both folders of MaskedFace-Net have masks drawn on the same photos.
            group=default_group(folder, number[1]) if number else "",
        )


def _class_of(image: Path, in_name: str | None, of_folder: str, names: ClassNames) -> str:
    """The class of an image; the one in its file name must be possible for its folder."""
    if in_name is None or not names.knows(in_name) or not names.knows(of_folder):
        return in_name or of_folder
    own, above = names.status(in_name, image), names.status(of_folder, image.parent)
    vague = above == "incorrect" and own in (*POSSIBLE_CLASSES["incorrect"], "incorrect")
    if own != above and not vague:
        raise LabelError(
            CONTRADICTION,
            f"{image}: its name says {in_name!r} ({own}), its folder {of_folder!r} ({above}); "
            "move or rename the image",
        )
    return in_name
