# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a data set's folder, without what other programs leave in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mask_detector_ros.sources.folders import is_ignored


def subfolders(folder: Path) -> list[Path]:
    """The direct subfolders by name, without hidden ones."""
    found = (path for path in folder.iterdir() if not is_ignored(path.name) and path.is_dir())
    return sorted(found)


def files_in(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """The files directly in a folder with one of the suffixes (lower case), sorted."""
    wanted = tuple(suffixes)
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in wanted and not is_ignored(path.name) and path.is_file()
    )


def walk_files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """The files in a folder and its subfolders with one of the suffixes (lower case), sorted.

    Links to folders are followed, each folder once.

    Raises:
        OSError: a folder cannot be read.
    """
    wanted = frozenset(suffixes)
    found = (path for path in _walk(folder) if path.suffix.lower() in wanted)
    return sorted(path for path in found if path.is_file())


def _raise(error: OSError) -> None:
    raise error


def _walk(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, onerror=_raise, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_ignored(name))
        for name in files:
            if not is_ignored(name):
                yield Path(parent, name)
