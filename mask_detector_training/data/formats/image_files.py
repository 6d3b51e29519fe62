# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures beside their labels: finding, measuring and naming them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.perception.types import Image
from mask_detector_ros.sources.pictures import SUFFIXES

_FLAGS = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


class PictureFinder:
    """Finds pictures by file name or stem; every folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, Path]] = {}

    def find(self, name: str, folders: Iterable[Path]) -> Path | None:
        """The picture called ``name``, else one of its stem, in the first folder that has it."""
        stem = Path(name).stem if Path(name).suffix.lower() in SUFFIXES else name
        for folder in folders:
            names = self._names(folder)
            for wanted in (name, stem):
                if wanted in names:
                    return names[wanted]
        return None

    def _names(self, folder: Path) -> dict[str, Path]:
        if folder not in self._listed:
            names: dict[str, Path] = {}
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if is_picture(path):
                    names[path.name] = path
                    names.setdefault(path.stem, path)
            self._listed[folder] = names
        return self._listed[folder]


def measure(path: Path) -> tuple[int, int]:
    """Width and height in pixels, upright as EXIF says; the whole file is decoded.

    Raises:
        ValueError: it is no picture.
    """
    rows, columns = read_gray(path).shape
    return columns, rows


def read_gray(path: Path, reduction: int = 1) -> Image:
    """A picture in gray, (H, W) uint8, upright; quickly at a ``reduction`` of 2, 4 or 8.

    Raises:
        ValueError: it is no picture.
    """
    # OpenCV crashes on names that are not text.
    image = cv2.imread(str(path), _FLAGS[reduction]) if is_utf8(str(path)) else None
    if image is None:
        raise ValueError(f"{path} cannot be read as a picture; restore or remove the file")
    return np.asarray(image)


def read_label_text(path: Path) -> str:
    """The text of a label file.

    Raises:
        ValueError: it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); is it a label file?"
        ) from error
