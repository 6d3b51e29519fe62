# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures from files: one, or all of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.perception.types import Image
from mask_detector_ros.sources.base import Frame, Source, SourceError, Warn
from mask_detector_ros.sources.video import SUFFIXES as VIDEO_SUFFIXES

# fmt: off
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif",
})
# fmt: on
"""What counts as a picture in a folder, in lower case."""


def read_picture(path: Path) -> Image:
    """Read a picture of any depth and number of channels, upright.

    Returns:
        (H, W, 3) uint8 BGR: turned as its EXIF orientation says; 16 bits reduced to 8;
        gray spread over three channels; transparency dropped.

    Raises:
        SourceError: the file cannot be read or is not a picture.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"picture {path} cannot be read: {error.strerror}") from error
    if data.size == 0:
        raise SourceError(f"picture {path} is an empty file")
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise SourceError(f"picture {path} cannot be decoded: {error.err}") from error
    if image is None:
        raise SourceError(
            f"picture {path} cannot be decoded: the file is damaged, or of a kind that OpenCV "
            f"{cv2.__version__} does not read"
        )
    return np.asarray(image)


def natural_key(path: Path) -> list[tuple[tuple[int, int, str], ...]]:
    """Sorts as people count: img2 before img10, a folder's files together."""
    return [
        tuple(
            (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold())
            for piece in re.split(r"([0-9]+)", part)
        )
        for part in path.parts
    ]


def list_pictures(folder: Path, recursive: bool) -> list[Path]:
    """Pictures of a folder in natural order, relative to it; hidden files are left out."""
    found = folder.rglob("*") if recursive else folder.iterdir()
    relative = [path.relative_to(folder) for path in found if path.suffix.lower() in SUFFIXES]
    return sorted(
        (
            path
            for path in relative
            if not any(part.startswith(".") for part in path.parts) and (folder / path).is_file()
        ),
        key=natural_key,
    )


def _hint(root: Path, recursive: bool) -> str:
    """What else a folder without pictures has, for the one who named it."""
    names = [path.name for path in root.iterdir()]
    videos = sum(Path(name).suffix.lower() in VIDEO_SUFFIXES for name in names)
    if videos:
        return f"; it has {videos} video(s): name them one by one"
    if not recursive and any(path.is_dir() for path in root.iterdir()):
        return "; those of its subfolders are read with --recursive"
    return f"; a picture ends in {' '.join(sorted(SUFFIXES))}"


class PictureSource(Source):
    """Independent pictures; a sequence if a rate is given."""

    def __init__(
        self,
        name: str,
        files: list[Path],
        names: list[str],
        rate: float | None = None,
        warn: Warn | None = None,
    ) -> None:
        """Take these files.

        Args:
            name: the source as it was given.
            files: what to read.
            names: what to call each frame's source, one per file.
            rate: makes the pictures follow each other at this many per second.
            warn: told of files that cannot be read.
        """
        super().__init__(name, files, warn)
        self._names = names
        self.length = len(files)
        self.rate = rate
        self.timed = rate is not None

    @classmethod
    def single(cls, name: str, rate: float | None = None, warn: Warn | None = None) -> Source:
        """One picture."""
        return cls(name, [Path(name)], [name], rate, warn)

    @classmethod
    def folder(
        cls, name: str, recursive: bool, rate: float | None = None, warn: Warn | None = None
    ) -> Source:
        """All pictures of a folder.

        Raises:
            SourceError: there are none, or the folder cannot be listed.
        """
        root = Path(name)
        try:
            pictures = list_pictures(root, recursive)
            if not pictures:
                raise SourceError(f"folder {name} has no pictures{_hint(root, recursive)}")
        except OSError as error:
            raise SourceError(f"folder {name} cannot be listed: {error.strerror}") from error
        files = [root / picture for picture in pictures]
        names = [os.path.join(name, picture) for picture in pictures]  # noqa: PTH118 - keeps ./
        return cls(name, files, names, rate, warn)

    def __iter__(self) -> Iterator[Frame]:
        read = 0
        for index, (path, name) in enumerate(zip(self.files, self._names, strict=True)):
            try:
                image = read_picture(path)
            except SourceError as error:
                if len(self.files) == 1:
                    raise
                self.skip(f"{error}; passed over")
                continue
            read += 1
            yield Frame(image, index / self.rate if self.rate else 0.0, index, name)
        if not read:
            raise SourceError(f"none of the {self.length} pictures of {self.name} can be read")
