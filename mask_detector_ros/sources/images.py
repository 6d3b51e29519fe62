# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: one, or all of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mask_detector_ros.images import BitDepth, ImageError, read_image
from mask_detector_ros.sources.base import (
    Frame,
    Source,
    SourceError,
    Warn,
    logger,
    reason,
)
from mask_detector_ros.sources.folders import read_folder


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
        """All images of a folder; what else it has is reported to ``warn``.

        Raises:
            SourceError: there are none, or the folder cannot be listed.
        """
        root = Path(name)
        try:
            content = read_folder(root, recursive)
        except OSError as error:
            raise SourceError(f"folder {name} cannot be listed: {error.strerror}") from error
        passed_over = content.passed_over()
        if not content.images:
            reasons = "; ".join(text for text in (content.hint(), passed_over) if text)
            raise SourceError(f"folder {name} has no images; {reasons}")
        if passed_over:
            (warn or logger.warning)(f"folder {name}: {passed_over}")
        images = content.images
        files = [root / image for image in images]
        names = [os.path.join(name, image) for image in images]  # noqa: PTH118 - keeps ./
        return cls(name, files, names, rate, warn)

    def __iter__(self) -> Iterator[Frame]:
        read = 0
        sequence = BitDepth() if self.timed else None
        for index, (path, name) in enumerate(zip(self.files, self._names, strict=True)):
            try:
                image = read_image(path, self.note, bit_depth=sequence)
            except ImageError as error:
                if len(self.files) == 1:
                    raise SourceError(str(error)) from error
                self.skip(f"{error}; skipped")
                continue
            except Exception as error:  # from a library: costs this image
                self.skip(f"image {path} cannot be read: {reason(error)}; skipped")
                continue
            read += 1
            yield Frame(image, index / self.rate if self.rate else 0.0, index, name)
        if not read:
            raise SourceError(f"none of the {self.length} images of {self.name} can be read")
