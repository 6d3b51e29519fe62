# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or not there: written beside their place, renamed at the end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

STDOUT = "-"


class OutputError(OSError):
    """A result cannot be written; the message says which and why."""


def is_utf8(name: str) -> bool:
    """Whether OpenCV may be given this file name; other ones crash it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def partial(path: Path) -> Path:
    """Where ``path`` is written until it is whole; keeps the suffix, which encoders read."""
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all, making its folder.

    Raises:
        OSError: it cannot be written; what was at ``path`` is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = partial(path)
    try:
        with temporary.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class LineFile:
    """JSON lines into a file, or to standard output for ``-``.

    Every line is flushed. The file appears under its name when it is finished; broken off
    by an error it stays as ``.NAME.<pid>.partial``, for the lines in it are good.
    """

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            OSError: it cannot be written.
        """
        self._path: Path | None = None
        self._temporary: Path | None = None
        self._file: TextIO = sys.stdout
        if path == STDOUT:
            return
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A pipe or /dev/null is written to; renaming would put a file in its place.
        if not self._path.exists() or self._path.is_file():
            self._temporary = partial(self._path)
        self._file = (self._temporary or self._path).open("w", encoding="utf-8")

    def write(self, record: Mapping[str, Any]) -> None:
        """Add one line."""
        # ASCII, so that file names of any encoding and terminals of any locale do.
        self._file.write(json.dumps(record, allow_nan=False) + "\n")
        self._file.flush()

    def abandon(self) -> Path | None:
        """Close the file without giving it its name; where its lines are, if it has any."""
        if self._temporary is None or self._file.closed:
            return None
        self._file.close()
        if self._temporary.stat().st_size:
            return self._temporary
        self._temporary.unlink()
        return None

    def finish(self) -> None:
        """Close the file and give it its name."""
        if self._path is None:
            return
        self._file.close()
        if self._temporary is not None:
            self._temporary.replace(self._path)
