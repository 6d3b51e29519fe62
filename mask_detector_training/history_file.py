# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The history of a training: one line of JSON per epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_detector_ros.atomic_files import write_atomically


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Append the line of an epoch."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def drop_rows_after(path: Path, step: int) -> None:
    """Remove the epochs after a step, which are trained again."""
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    # A line that was written only in part has no newline.
    done = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step]
    if done != lines:
        write_atomically(path, "".join(done))
