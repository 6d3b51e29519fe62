# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writing of scalars to TensorBoard event files; TensorBoard need not be installed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class TensorBoardLog:
    """Writes scalars to one event file; a resumed training starts another one beside it."""

    def __init__(self, folder: Path) -> None:
        """The file is created with the first scalars."""
        self._folder = folder
        self._file: Any = None

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Append the scalars of a step, by name."""
        from tensorflow import io
        from tensorflow.compat import v1

        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"events.out.tfevents.{time.time_ns()}"
            self._file = io.TFRecordWriter(str(path))
            self._add(v1.Event(file_version="brain.Event:2"))
        values = [v1.Summary.Value(tag=n, simple_value=v) for n, v in scalars.items()]
        self._add(v1.Event(step=step, summary=v1.Summary(value=values)))
        self._file.flush()

    def _add(self, event: Any) -> None:
        event.wall_time = time.time()
        self._file.write(event.SerializeToString())
