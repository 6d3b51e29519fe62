# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Paths of annotated images and videos, and writing of images."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import cv2

from mask_detector_ros import atomic_files
from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import OutputError, fitting_name


class OutputPaths:
    """Gives every output a unique path below one folder, and never that of an input."""

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        """Create the folder.

        Args:
            folder: folder of the outputs.
            inputs: files that must not be overwritten.

        Raises:
            OutputError: the folder cannot be created.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"--out {folder} cannot be created: {error.strerror}") from error
        self._inputs = {identity for path in inputs if (identity := _identity(path))}
        self._taken: set[Path] = set()

    def unique(self, relative: Path) -> Path:
        """A path for this name, with -2, -3 … appended if an input or output has it."""
        number, end = 1, relative.suffix
        while True:
            path = self.folder / relative.with_name(fitting_name(relative.stem, end))
            if path not in self._taken and _identity(path) not in self._inputs:
                break
            number += 1
            end = f"-{number}{relative.suffix}"
        self._taken.add(path)
        return path


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode, the same for all links to a file; None if it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def image_name(relative: Path) -> Path:
    """The name for an annotated image: ``relative``, or .png if OpenCV cannot write its format."""
    suffix = relative.suffix
    # Only the suffix: OpenCV crashes on names that are not UTF-8.
    writable = suffix.isascii() and bool(suffix) and cv2.haveImageWriter(f"x{suffix}")
    return relative if writable else relative.with_suffix(".png")


def video_name(source: str) -> Path:
    """The name for the annotated video of a source.

    walk.avi -> walk.mp4, webcam:0 -> webcam0.mp4, bag:x.mcap#/a/b -> x_a_b.mp4,
    rtsp://10.0.0.9/live -> rtsp_10.0.0.9_live.mp4.
    """
    if source.startswith("webcam:"):
        return Path("webcam" + source.removeprefix("webcam:").replace("/", "_") + ".mp4")
    if "://" in source:
        return Path(re.sub(r"[^\w.-]+", "_", source).strip("_.") + ".mp4")
    topic = ""
    if source.startswith("bag:"):
        source, _, topic = source.removeprefix("bag:").partition("#")
    # OpenCV crashes on names that are not UTF-8.
    stem = Path(source).stem.encode("utf-8", "replace").decode()
    return Path(stem + topic.replace("/", "_") + ".mp4")


def write_image(path: Path, image: Image) -> None:
    """Write an (H, W, 3) uint8 BGR image atomically, in the format of the suffix.

    Raises:
        OutputError: it cannot be encoded or written.
    """
    try:
        done, data = cv2.imencode(path.suffix, image)
        if not done:
            raise OutputError(f"{path} cannot be encoded")
        atomic_files.write_atomically(path, data.tobytes())
    except cv2.error as error:
        raise OutputError(f"{path} cannot be encoded: {error.err}") from error
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
