# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a ROS bag: which ones, in which order, uncompressed and without open journals."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from mask_detector_ros.sources.base import SourceError

FILE = re.compile(r"(\.mcap|\.db3|\.bag\.active|\.bag)(\.zstd|\.zst|\.lz4|\.gz|\.bz2|\.xz)?", re.I)
"""Suffixes of a bag's file: its storage, and the compression of the file as a whole."""

METADATA = "metadata.yaml"
JOURNALS = ("-wal", "-journal")
"""Files beside a database whose recording was not closed, with changes not yet in it."""

INSTALL = "pip install 'mask-detector-ros[bags]'"


def storage_of(path: Path) -> tuple[str, str] | None:
    """Storage and compression suffix of a bag's file, in lower case; None for other files."""
    suffixes = "".join(path.suffixes[-3:])
    for match in FILE.finditer(suffixes):
        if match.end() == len(suffixes):
            return match[1].lower(), (match[2] or "").lower()
    return None


def is_bag(path: Path) -> bool:
    """Whether a path is a bag: one of its files, or its folder, also without metadata.yaml."""
    if path.is_dir():
        return (path / METADATA).is_file() or len(_stems(_stored(path))) == 1
    return storage_of(path) is not None


def _stored(folder: Path) -> list[Path]:
    """The bag's files of a folder in the order of their numbers."""
    found = [path for path in folder.iterdir() if path.is_file() and storage_of(path)]
    return sorted(
        (path for path in found if not path.name.startswith(".")),
        key=lambda path: [int(p) if p.isdecimal() else p for p in re.split(r"(\d+)", path.name)],
    )


def _stems(files: list[Path]) -> set[str]:
    """Names without suffixes and without the number of a split: one per recording."""
    return {re.sub(r"(_\d+)?" + FILE.pattern + "$", "", path.name, flags=re.I) for path in files}


@dataclass
class BagFiles:
    """The files of one bag that are there, and what is wrong with the bag as a whole."""

    files: list[Path]
    problems: list[str] = field(default_factory=list)


def find_files(path: Path) -> BagFiles:
    """The files of the bag in this folder, or this file.

    Raises:
        SourceError: there are none, or those of several bags.
    """
    if path.is_file():
        return BagFiles([path])
    stored = _stored(path)
    metadata = path / METADATA
    reindex = f"`ros2 bag reindex {path}` writes it anew"
    problems: list[str] = []
    if not metadata.is_file():
        problems = [f"it has no {METADATA}, so its recording was not finished; {reindex}"]
    else:
        try:
            listed = _listed(metadata)
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = str(error).replace("\n", " ")
            problems = [f"its {METADATA} cannot be read ({reason}); {reindex}"]
        else:
            present = [file for name in listed if (file := _variant(path, name))]
            if len(present) == len(listed):
                return BagFiles(present)
            missing = [name for name in listed if not _variant(path, name)]
            problems = [
                f"{len(missing)} of the {len(listed)} files that its {METADATA} lists are missing: "
                f"{', '.join(missing)}"
            ]
    if not stored:
        raise SourceError(f"bag {path} has no .mcap, .db3 or .bag file; {'; '.join(problems)}")
    if not metadata.is_file() and len(_stems(stored)) > 1:
        names = ", ".join(file.name for file in stored[:5])
        raise SourceError(f"{path} has several bags ({names}); pass them one by one")
    return BagFiles(stored, problems)


def _listed(metadata: Path) -> list[str]:
    """Names of the files that metadata.yaml lists.

    Raises:
        OSError, ValueError, yaml.YAMLError: it is damaged.
    """
    content = yaml.safe_load(metadata.read_text(encoding="utf-8"))
    try:
        paths = content["rosbag2_bagfile_information"]["relative_file_paths"]
        names = [Path(name).name for name in paths]  # early versions add the folder
    except (KeyError, TypeError):
        names = []
    if not names:
        raise ValueError("it lists no files")
    return names


def _variant(folder: Path, name: str) -> Path | None:
    """The file, or the same compressed or decompressed by hand."""
    for candidate in (name, re.sub(r"\.zstd?$", "", name), f"{name}.zstd", f"{name}.zst"):
        if (folder / candidate).is_file():
            return folder / candidate
    return None


@dataclass
class ReadyFile:
    """A file that a storage can read."""

    path: Path
    original: Path
    storage: str
    problem: str = ""
    """What is missing from it; empty if it is complete."""


def make_ready(path: Path, cleanup: ExitStack) -> ReadyFile:
    """Decompress a file, and apply the journal beside a database, each to a temporary copy.

    Args:
        path: one file of the bag; it is not changed.
        cleanup: deletes the copy when it is closed.

    Raises:
        SourceError: it is not a bag's file, or a copy cannot be written.
    """
    storage, compression = storage_of(path) or ("", "")
    if not storage:
        raise SourceError(f"{path} is not an .mcap, .db3 or .bag file")
    journals = [Path(f"{path}{end}") for end in JOURNALS if storage == ".db3" and not compression]
    journals = [journal for journal in journals if journal.is_file() and journal.stat().st_size]
    if not compression and not journals:
        return ReadyFile(path, path, storage)
    folder = Path(cleanup.enter_context(TemporaryDirectory(prefix="mask_detector_bag_")))
    copy = folder / f"bag{storage}"
    try:
        if compression:
            return ReadyFile(copy, path, storage, _decompress(path, copy, compression))
        shutil.copyfile(path, copy)
        for journal in journals:
            shutil.copyfile(journal, f"{copy}{journal.name[len(path.name) :]}")
    except OSError as error:
        raise SourceError(f"{path} cannot be copied to {folder}: {error.strerror}") from error
    return ReadyFile(copy, path, storage, _apply_journal(copy))


def _apply_journal(database: Path) -> str:
    """Let SQLite complete a copy with its journal; what is missing from it, or empty."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.DatabaseError as error:
        return f"its journal cannot be applied ({error})"
    return ""


def _decompress(path: Path, target: Path, compression: str) -> str:
    """Decompress a file as far as possible; what is missing from it, or empty.

    Raises:
        OSError: the copy cannot be written.
        SourceError: a package is missing.
    """
    problem = ""
    with target.open("wb") as output, path.open("rb") as raw, _opener(compression)(raw) as data:
        while True:
            try:
                block = data.read1(1 << 20)  # not read(), which loses what is before an error
            except Exception as error:  # each library has its own
                problem = f"it is cut short or damaged ({error or type(error).__name__})"
                break
            if not block:
                break
            output.write(block)
    return problem


def _opener(compression: str) -> Callable[[Any], Any]:
    standard: dict[str, Any] = {".gz": gzip, ".bz2": bz2, ".xz": lzma}
    try:
        lz4 = compression == ".lz4"
        module = standard.get(compression) or (
            importlib.import_module("lz4.frame") if lz4 else zstd()
        )
    except ImportError as error:
        raise SourceError(f"{compression} needs further packages ({error}): {INSTALL}") from error
    opener: Callable[[Any], Any] = module.open
    return opener


def zstd() -> Any:
    """Python's module for Zstandard: part of it from 3.14 on, before a package of rosbags.

    Raises:
        ImportError: it is not installed.
    """
    new = sys.version_info >= (3, 14)
    return importlib.import_module("compression.zstd" if new else "backports.zstd")
