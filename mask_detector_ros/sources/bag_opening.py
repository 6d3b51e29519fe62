# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opens one file of a bag, by its index or, if it is damaged, by reading through it."""

from __future__ import annotations

from mask_detector_ros.sources.bag_files import INSTALL, ReadyFile
from mask_detector_ros.sources.bag_readers import IndexedReader, Reader
from mask_detector_ros.sources.bag_scanners import McapScanner, Ros1Scanner, SqliteScanner
from mask_detector_ros.sources.base import SourceError, reason

SCANNERS = {
    ".mcap": McapScanner,
    ".db3": SqliteScanner,
    ".bag": Ros1Scanner,
    ".bag.active": Ros1Scanner,
}
REPAIR = {
    ".mcap": "`mcap recover {0} -o repaired.mcap` repairs it",
    ".db3": "`sqlite3 {0} .recover | sqlite3 repaired.db3` repairs it",
    ".bag": "`rosbag reindex {0}` repairs it",
    ".bag.active": "`rosbag reindex {0}` repairs it",
}
"""Storage -> what completes a damaged file as far as possible."""


def open_reader(file: ReadyFile) -> Reader:
    """Open a file, by its index or, if that is missing, by reading through it.

    Raises:
        SourceError: nothing in it can be read; says what repairs it.
    """
    try:
        return IndexedReader(file)
    except ImportError as error:
        raise SourceError(f"reading bags needs further packages ({error}): {INSTALL}") from error
    except Exception as error:  # each storage has its own
        try:
            return scan(file)
        except SourceError as worse:
            raise SourceError(f"{worse} ({error})") from error


def scan(file: ReadyFile) -> Reader:
    """Read through a damaged file.

    Raises:
        SourceError: nothing in it can be read; says what repairs it.
    """
    repair = REPAIR[file.storage].format(file.original)
    if file.path.stat().st_size == 0 and file.problem:
        raise SourceError(f"{file.original}: {file.problem}; nothing in it can be read")
    if file.path.stat().st_size == 0:
        raise SourceError(f"{file.original} is an empty file: nothing was recorded")
    try:
        reader = SCANNERS[file.storage](file.path)
    except ImportError as error:
        raise SourceError(
            f"{file.original} is damaged; reading the rest needs further packages ({error}): "
            f"{INSTALL}; {repair}"
        ) from error
    except Exception as error:  # not of this kind at all
        raise SourceError(
            f"{file.original} is damaged or no bag: {reason(error)}; {repair}"
        ) from error
    if not reader.topics:
        raise SourceError(f"{file.original} has no messages that can be read; {repair}")
    return reader
