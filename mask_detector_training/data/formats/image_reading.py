# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading the images of labels, with the one reader of image files and errors that name them."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path

from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.image_files import read_image, stored_size
from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.orientation import turned_size

DAMAGED = "image cannot be read"
WRONG_SIZE = "size of image and labels differ"
LOG = logging.getLogger(__name__)


def image_header(path: Path) -> tuple[tuple[int, int], int]:
    """Width and height as stored, and the EXIF orientation (1 to 8), mostly without decoding.

    Raises:
        LabelError: the file is missing or not an image.
    """
    if not is_utf8(str(path)):
        raise LabelError(DAMAGED, f"{path} cannot be read as an image; its name is not UTF-8")
    try:
        width, height, orientation = stored_size(path)
    except ImageError as error:
        raise _damaged(path, error) from error
    return (width, height), orientation


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels after EXIF rotation.

    Raises:
        LabelError: the file is missing or not an image.
    """
    return turned_size(*image_header(path))


def read_gray(path: Path, reduction: int = 1) -> Image:
    """Read an image as gray values, (H, W) uint8, with EXIF rotation.

    Args:
        path: the image file.
        reduction: 1, 2, 4 or 8; the size is divided by it, which makes reading a JPEG faster.

    Raises:
        LabelError: the file is missing, not an image, or much of it is missing.
    """
    try:
        return read_image(path, _warn_once, gray=True, reduction=reduction)
    except ImageError as error:
        raise _damaged(path, error) from error


def load_image(
    path: Path, size: tuple[int, int] | None, warn: Callable[[str], None] | None = None
) -> Image:
    """Read the image of labels, (H, W, 3) uint8 BGR.

    Args:
        path: the image file.
        size: width and height in the labels; None if not known.
        warn: gets a line about an image that is nearly complete; logs once if None.

    Raises:
        LabelError: the file is missing, not an image, much of it is missing, or its size differs.
    """
    try:
        image = read_image(path, warn or _warn_once)
    except ImageError as error:
        raise _damaged(path, error) from error
    if size is not None and image.shape[1::-1] != size:
        raise LabelError(
            WRONG_SIZE,
            f"{path} is {image.shape[1]} x {image.shape[0]} pixels, but its labels are for "
            f"{size[0]} x {size[1]}; restore the image or correct the labels",
        )
    return image


def _damaged(path: Path, error: ImageError) -> LabelError:
    reason = str(error).removeprefix(f"image {path} ")
    return LabelError(
        DAMAGED, f"{path} cannot be read as an image; restore the file or remove it ({reason})"
    )


@functools.cache
def _warn_once(message: str) -> None:
    """Log a message; not again when a training reads the same image many times."""
    LOG.warning("%s", message)
