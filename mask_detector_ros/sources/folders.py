# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The images of a folder, and what else is in it."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.images import SUFFIXES
from mask_detector_ros.sources.bag_files import METADATA, storage_of
from mask_detector_ros.sources.video import SUFFIXES as VIDEO_SUFFIXES
from mask_detector_ros.sources.video import is_still

# fmt: off
IGNORED = frozenset({
    "__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini",
})
# fmt: on
"""Files and folders of archivers and operating systems, in lower case; ignored as hidden ones."""

# fmt: off
NO_IMAGES = frozenset({
    ".txt", ".xml", ".json", ".jsonl", ".csv", ".yaml", ".yml", ".md", ".html", ".py", ".ipynb",
    ".npy", ".npz", ".pt", ".h5", ".zip", ".gz", ".tar", ".pdf", ".log",
})
# fmt: on
"""Suffixes of files whose content is not looked at to find out whether they are images."""

MAX_NAMED = 5
"""Suffixes and folders that are named one by one."""


@dataclass
class FolderContent:
    """What a folder has.

    Attributes:
        images: image files in natural order, relative to the folder.
        others: suffix in lower case -> number of other files; "" for files without one.
        folders: number of subfolders that were not read.
        unreadable: subfolders that cannot be listed.
    """

    images: list[Path] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    folders: int = 0
    unreadable: list[str] = field(default_factory=list)

    def passed_over(self) -> str:
        """What is not read, such as ``12 files passed over: 9 .txt, 3 .mp4``; empty if nothing."""
        parts = []
        if self.others:
            count = sum(self.others.values())
            ranked = self.others.most_common(MAX_NAMED)
            named = [f"{number} {suffix or 'without suffix'}" for suffix, number in ranked]
            rest = count - sum(number for _, number in ranked)
            named += [f"{rest} others"] if rest else []
            parts.append(f"{_plural(count, 'file')} passed over: {', '.join(named)}")
        if self.folders:
            parts.append(f"{_plural(self.folders, 'subfolder')} not read without --recursive")
        if self.unreadable:
            named = self.unreadable[:MAX_NAMED]
            parts.append(f"not allowed to read {', '.join(named)}")
        return "; ".join(parts)

    def hint(self) -> str:
        """What to do with a folder that has no images."""
        videos = sum(self.others[suffix] for suffix in VIDEO_SUFFIXES)
        bags = sum(self.others[s] for s in self.others if storage_of(Path(f"x{s}")))
        if videos:
            return f"it has {videos} video(s): pass them one by one"
        if bags or METADATA in self.others:
            return f"it has {bags} file(s) of bags: pass them one by one"
        if self.folders:
            return "use --recursive to read its subfolders"
        return f"supported are {' '.join(sorted(SUFFIXES))}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def natural_key(path: Path) -> list[tuple[tuple[int, int, str], ...]]:
    """Sort key for natural order: img2 before img10, the files of a folder together."""
    return [
        tuple(
            (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold())
            for piece in re.split(r"([0-9]+)", part)
        )
        for part in path.parts
    ]


def read_folder(folder: Path, recursive: bool) -> FolderContent:
    """List a folder; hidden files and folders are ignored.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    content = FolderContent()

    def on_error(error: OSError) -> None:
        if error.filename is None or Path(error.filename) == folder:
            raise error
        content.unreadable.append(str(error.filename))

    for root, folders, files in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not is_ignored(name)]
        for name in files:
            path = Path(root, name)
            if is_ignored(name):
                continue
            # A link to nowhere counts as what it is called, so that it is reported.
            readable = path.is_file() or not path.exists()
            if readable and path.suffix.lower() not in NO_IMAGES and is_image(path):
                content.images.append(path.relative_to(folder))
            else:
                content.others[path.suffix.lower()] += 1
        if not recursive:
            content.folders = len(folders)
            break
    content.images.sort(key=natural_key)
    return content


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is ignored: hidden, or of the operating system."""
    return name.startswith(".") or name.lower() in IGNORED


def is_image(path: Path) -> bool:
    """Whether a file is an image by its suffix or, if that is unknown, by its first bytes."""
    suffix = path.suffix.lower()
    if suffix == ".gif":
        return is_still(path)
    if suffix in SUFFIXES:
        return True
    if suffix in VIDEO_SUFFIXES or storage_of(path) or not is_utf8(str(path)):
        return False
    try:
        return bool(cv2.haveImageReader(str(path)))
    except cv2.error:
        return False
