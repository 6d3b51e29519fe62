# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Atomic writes: files are written under a temporary name in their folder, then renamed."""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

STDOUT = "-"

MAX_NAME_BYTES = 255
"""Longest file name, in bytes, of the file systems of Linux, macOS and Windows."""


class OutputError(OSError):
    """An output cannot be written; the message names it and the cause."""


def is_utf8(name: str) -> bool:
    """Whether a file name can be passed to OpenCV, which crashes on other names."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def ffmpeg_name(path: Path) -> str:
    """The path with a folder in front: FFmpeg takes ``a:`` at the start for a protocol."""
    return os.path.join(os.curdir, path)  # noqa: PTH118 - Path drops ./


def fitting_name(stem: str, end: str) -> str:
    """``stem + end``, with the stem shortened if the name is too long for a file system.

    A shortened stem ends in a checksum, so that two long names that begin alike stay apart.
    """
    room = MAX_NAME_BYTES - len(os.fsencode(end))
    encoded = os.fsencode(stem)
    if len(encoded) <= room:
        return stem + end
    checksum = f"~{zlib.crc32(encoded):08x}"
    while len(os.fsencode(stem)) > room - len(checksum):
        stem = stem[:-1]
    return stem + checksum + end


def temporary_path(path: Path) -> Path:
    """Temporary name of ``path``, in the same folder and with its suffix, which encoders need."""
    return path.with_name(fitting_name(f".{path.stem}", f".{os.getpid()}.partial{path.suffix}"))


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file atomically; create its folder.

    Raises:
        OSError: it cannot be written; ``path`` is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    try:
        with temporary.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class JsonLinesFile:
    """Writer of JSON lines, to a file or, for ``-``, to standard output.

    Every line is flushed. ``finish`` gives the file its name; after an error the lines
    written so far remain in ``.NAME.<pid>.partial``.
    """

    def __init__(self, path: str) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be opened for writing.
        """
        self._path: Path | None = None
        self._temporary: Path | None = None
        self._file: TextIO = sys.stdout
        if path == STDOUT:
            return
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Pipes and /dev/null are written directly; renaming would replace them by a file.
        if not self._path.exists() or self._path.is_file():
            self._temporary = temporary_path(self._path)
        self._file = (self._temporary or self._path).open("w", encoding="utf-8")

    def write(self, record: Mapping[str, Any]) -> None:
        """Write one line.

        Raises:
            OutputError: it cannot be written, for instance on a full disk.
        """
        # ASCII, which is valid in any locale; file names can have any encoding.
        line = json.dumps(record, allow_nan=False) + "\n"
        with self._named_errors():
            self._file.write(line)
            self._file.flush()

    def abandon(self) -> Path | None:
        """Close the file without renaming it; the path of its lines, None if there are none."""
        if self._temporary is None or self._file.closed:
            return None
        with suppress(OSError):  # of the error that is being handled
            self._file.close()
        if self._temporary.stat().st_size:
            return self._temporary
        self._temporary.unlink()
        return None

    def finish(self) -> None:
        """Close the file and rename it.

        Raises:
            OutputError: it cannot be written.
        """
        if self._path is None:
            return
        with self._named_errors():
            self._file.close()
            if self._temporary is not None:
                self._temporary.replace(self._path)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Name the file in errors of writing."""
        try:
            yield
        except BrokenPipeError:  # the reader of a pipe has seen enough
            raise
        except OSError as error:
            name = self._path or "standard output"
            raise OutputError(f"{name} cannot be written: {error.strerror}") from error
