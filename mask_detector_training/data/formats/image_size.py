# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the size in the labels is that of the image, as it is stored or as EXIF turns it."""

from __future__ import annotations

from pathlib import Path

from mask_detector_ros.images.orientation import UPRIGHT
from mask_detector_training.data.formats.faults import Faults, LabelError
from mask_detector_training.data.formats.image_reading import WRONG_SIZE, image_header
from mask_detector_training.data.formats.orientation import turned_size

TURN_OPTION = "--turn-boxes"
NOT_TURNED = "labels drawn without the EXIF orientation of the image"
MAYBE_NOT_TURNED = (
    "images with an EXIF orientation whose labels do not show whether the labeling tool followed "
    f"it; boxes are taken as drawn on the turned image, with {TURN_OPTION} as drawn on the stored "
    "one"
)


def stated_size(width: object, height: object) -> tuple[int, int] | None:
    """Width and height in labels, numbers or text; None if missing or no sizes of an image."""
    try:
        size = int(float(str(width))), int(float(str(height)))
    except (OverflowError, ValueError):
        return None
    return size if 0 < min(size) <= max(size) < 1 << 20 else None


def label_frame(
    image: Path, where: str, stated: tuple[int, int] | None, turn: bool, faults: Faults | None
) -> tuple[tuple[int, int], int]:
    """The image in which the boxes of labels are: its size, and how to turn them from there.

    Args:
        image: the image file.
        where: the labels, for messages.
        stated: width and height in the labels; None if they have none.
        turn: take boxes as drawn on the stored image, unless ``stated`` shows another size.
        faults: gets a note where the labels do not show on which image they were drawn.

    Returns:
        Width and height, and the EXIF orientation; 1 if the boxes need not be turned.

    Raises:
        LabelError: the image cannot be read, or has another size than the labels state.
    """
    stored, orientation = image_header(image)
    shown = turned_size(stored, orientation)
    if stated not in (None, shown):
        if stated == stored and turn:
            return stored, orientation
        raise _wrong_size(image, where, stated, stored, orientation)
    if orientation == UPRIGHT or stated not in (None, stored):
        return shown, UPRIGHT
    if turn:
        return stored, orientation
    if faults is not None:
        faults.note(MAYBE_NOT_TURNED, f"{image} (orientation {orientation})")
    return shown, UPRIGHT


def _wrong_size(
    image: Path,
    where: str,
    stated: tuple[int, int] | None,
    stored: tuple[int, int],
    orientation: int,
) -> LabelError:
    labels_for = "{} x {}".format(*(stated or ()))
    width, height = turned_size(stored, orientation)
    if stated == stored:
        return LabelError(
            NOT_TURNED,
            f"{where}: labels are for {labels_for} pixels, as {image} is stored, but its EXIF "
            f"orientation {orientation} turns it to {width} x {height}; turn the boxes with "
            f"mask_detector data convert {TURN_OPTION}",
        )
    return LabelError(
        WRONG_SIZE,
        f"{where}: labels are for {labels_for} pixels, but {image} is {width} x {height} pixels"
        + (f" (after EXIF orientation {orientation})" if orientation != UPRIGHT else "")
        + "; restore the image or correct the labels",
    )
