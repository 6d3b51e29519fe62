# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finding and reading the image files of labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.sources.images import SUFFIXES

_FLAGS = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


def is_image(path: Path) -> bool:
    """Whether a file has the suffix of an image; False for hidden files."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


class ImageFinder:
    """Finds image files by name or stem; lists every folder only once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, Path]] = {}

    def find(self, name: str, folders: Iterable[Path]) -> Path | None:
        """The image file ``name``, else one with its stem, in the first folder that has one."""
        stem = Path(name).stem if Path(name).suffix.lower() in SUFFIXES else name
        for folder in folders:
            files = self._list(folder)
            for key in (name, stem):
                if key in files:
                    return files[key]
        return None

    def _list(self, folder: Path) -> dict[str, Path]:
        if folder not in self._listed:
            files: dict[str, Path] = {}
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if is_image(path):
                    files[path.name] = path
                    files.setdefault(path.stem, path)
            self._listed[folder] = files
        return self._listed[folder]


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels after EXIF rotation; decodes the whole file.

    Raises:
        ValueError: the file is not an image.
    """
    rows, columns = read_gray(path).shape
    return columns, rows


def read_gray(path: Path, reduction: int = 1) -> Image:
    """Read an image as gray values, (H, W) uint8, with EXIF rotation.

    Args:
        path: the image file.
        reduction: 1, 2, 4 or 8; the size is divided by it, which makes reading a JPEG faster.

    Raises:
        ValueError: the file is not an image.
    """
    # OpenCV crashes on names that are not UTF-8.
    image = cv2.imread(str(path), _FLAGS[reduction]) if is_utf8(str(path)) else None
    if image is None:
        raise ValueError(f"{path} cannot be read as an image; restore or remove the file")
    return np.asarray(image)


def read_label_text(path: Path) -> str:
    """Read a label file as text.

    Raises:
        ValueError: the file is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); is it a label file?"
        ) from error
