# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading and writing of ``.npz`` and ``.json`` files, with errors that name the file."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.atomic_files import temporary_path, write_atomically


def save_npz(path: Path, **arrays: Any) -> None:
    """Write arrays to an ``.npz`` file, atomically."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getvalue())


def read_npz(path: Path, *needed: str) -> dict[str, Any]:
    """Read all arrays of an ``.npz`` file, by name.

    Raises:
        ValueError: the file is damaged, is no ``.npz`` file, or lacks an array in ``needed``.
        OSError: the file cannot be opened.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
    # np.load returns an array for an .npy file; it is no context manager (AttributeError).
    except (
        AttributeError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise ValueError(
            f"{path} is damaged or not an .npz file ({error}); restore or remove it"
        ) from error
    lacking = [name for name in needed if name not in arrays]
    if lacking:
        raise ValueError(
            f"{path} lacks {', '.join(lacking[:3])}: it was written for another purpose; "
            "check the path"
        )
    return arrays


def read_json(path: Path) -> dict[str, Any]:
    """Read a ``.json`` file that holds an object.

    Raises:
        ValueError: the file is damaged.
        OSError: the file cannot be opened.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); restore it") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is damaged: it holds no JSON object; restore it")
    return content


def check_writable(path: Path) -> None:
    """Check that a file can be written, before long work; creates its folder.

    Raises:
        ValueError: it cannot be written (says why).
    """
    trial = temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from error
    if path.is_dir():
        raise ValueError(f"{path} cannot be written: it is a folder")


def sha256(path: Path) -> str:
    """SHA-256 of a file, as hex digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
