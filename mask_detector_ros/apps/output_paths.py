# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated pictures and videos: under the names of their inputs, and never in their place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2

from mask_detector_ros import atomic_files
from mask_detector_ros.atomic_files import OutputError
from mask_detector_ros.perception.types import Image


class OutputPaths:
    """Gives every result a path of its own below one folder."""

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        """Keep clear of the inputs.

        Raises:
            OutputError: the folder cannot be made.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"--out {folder} cannot be made: {error.strerror}") from error
        self._inputs = {identity for path in inputs if (identity := _identity(path))}
        self._taken: set[Path] = set()

    def reserve(self, relative: Path) -> Path:
        """The path for this name; with -2, -3 … added if an input or a result has it."""
        path = self.folder / relative
        number = 1
        while path in self._taken or _identity(path) in self._inputs:
            number += 1
            path = self.folder / relative.with_stem(f"{relative.stem}-{number}")
        self._taken.add(path)
        return path


def _identity(path: Path) -> tuple[int, int] | None:
    """Tells files apart whatever links lead to them; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def picture_name(relative: Path) -> Path:
    """The name to write a picture under: its own, if OpenCV writes that kind."""
    suffix = relative.suffix
    # The suffix alone: OpenCV crashes on names that are not UTF-8.
    writable = suffix.isascii() and bool(suffix) and cv2.haveImageWriter(f"x{suffix}")
    return relative if writable else relative.with_suffix(".png")


def write_picture(path: Path, image: Image) -> None:
    """Write (H, W, 3) uint8 BGR in the format that the suffix names.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        done, data = cv2.imencode(path.suffix, image)
        if not done:
            raise OutputError(f"{path} cannot be encoded")
        atomic_files.write_whole(path, data.tobytes())
    except cv2.error as error:
        raise OutputError(f"{path} cannot be encoded: {error.err}") from error
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
