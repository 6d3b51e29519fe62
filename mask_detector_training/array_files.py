# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of arrays and settings: read or refused by name, and what identifies them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.atomic_files import partial, write_whole


def save_npz(path: Path, **arrays: Any) -> None:
    """Write arrays to an ``.npz`` file, atomically."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_whole(path, buffer.getvalue())


def read_npz(path: Path, *needed: str) -> dict[str, Any]:
    """All arrays of an ``.npz`` file by name.

    Raises:
        ValueError: it is damaged, another kind of file, or lacks an array that is needed.
        OSError: it cannot be read.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
    # An .npy file gives an array, which has neither a context nor names.
    except (
        AttributeError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise ValueError(
            f"{path} is damaged or no .npz file ({error}); restore or remove it"
        ) from error
    lacking = [name for name in needed if name not in arrays]
    if lacking:
        raise ValueError(
            f"{path} lacks {', '.join(lacking[:3])}: it was written for something else; "
            "check which file is named"
        )
    return arrays


def read_json(path: Path) -> dict[str, Any]:
    """What a ``.json`` file of named values says.

    Raises:
        ValueError: it is damaged.
        OSError: it cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); restore it") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is damaged: it holds no named values; restore it")
    return content


def check_writable(path: Path) -> None:
    """Find out before the work whether its result can be written; makes the folder.

    Raises:
        ValueError: it cannot.
    """
    trial = partial(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from error
    if path.is_dir():
        raise ValueError(f"{path} cannot be written: it is a folder")


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
