# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: one, or all of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mask_detector_ros.images import SUFFIXES, ImageError, read_image
from mask_detector_ros.sources.base import Frame, Source, SourceError, Warn
from mask_detector_ros.sources.video import SUFFIXES as VIDEO_SUFFIXES


def natural_key(path: Path) -> list[tuple[tuple[int, int, str], ...]]:
    """Sort key for natural order: img2 before img10, the files of a folder together."""
    return [
        tuple(
            (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold())
            for piece in re.split(r"([0-9]+)", part)
        )
        for part in path.parts
    ]


def list_images(folder: Path, recursive: bool) -> list[Path]:
    """Image files of a folder in natural order, relative to it, without hidden files."""
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
    """What a folder without images has instead, for the error message."""
    names = [path.name for path in root.iterdir()]
    videos = sum(Path(name).suffix.lower() in VIDEO_SUFFIXES for name in names)
    if videos:
        return f"; it has {videos} video(s): pass them one by one"
    if not recursive and any(path.is_dir() for path in root.iterdir()):
        return "; use --recursive to read its subfolders"
    return f"; supported are {' '.join(sorted(SUFFIXES))}"


class ImageSource(Source):
    """Independent images, or a sequence if a rate is given."""

    def __init__(
        self,
        name: str,
        files: list[Path],
        names: list[str],
        rate: float | None = None,
        warn: Warn | None = None,
    ) -> None:
        """Use these files.

        Args:
            name: the source as given by the user.
            files: the image files.
            names: ``source`` of each frame, one per file.
            rate: frames per second of a sequence; None for independent images.
            warn: called for every file that cannot be read.
        """
        super().__init__(name, files, warn)
        self._names = names
        self.length = len(files)
        self.rate = rate
        self.timed = rate is not None

    @classmethod
    def single(cls, name: str, rate: float | None = None, warn: Warn | None = None) -> Source:
        """One image file."""
        return cls(name, [Path(name)], [name], rate, warn)

    @classmethod
    def folder(
        cls, name: str, recursive: bool, rate: float | None = None, warn: Warn | None = None
    ) -> Source:
        """All images of a folder.

        Raises:
            SourceError: there are none, or the folder cannot be listed.
        """
        root = Path(name)
        try:
            images = list_images(root, recursive)
            if not images:
                raise SourceError(f"folder {name} has no images{_hint(root, recursive)}")
        except OSError as error:
            raise SourceError(f"folder {name} cannot be listed: {error.strerror}") from error
        files = [root / image for image in images]
        names = [os.path.join(name, image) for image in images]  # noqa: PTH118 - keeps ./
        return cls(name, files, names, rate, warn)

    def __iter__(self) -> Iterator[Frame]:
        read = 0
        for index, (path, name) in enumerate(zip(self.files, self._names, strict=True)):
            try:
                image = read_image(path, self.note)
            except ImageError as error:
                if len(self.files) == 1:
                    raise SourceError(str(error)) from error
                self.skip(f"{error}; skipped")
                continue
            read += 1
            yield Frame(image, index / self.rate if self.rate else 0.0, index, name)
        if not read:
            raise SourceError(f"none of the {self.length} images of {self.name} can be read")
