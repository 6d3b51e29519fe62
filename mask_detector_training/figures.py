# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Style of the training tool's plots, and writing them as PNG files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mask_detector_ros.atomic_files import write_atomically

CLASS_COLORS = {
    "no_mask": "#c6352b",
    "below_mouth": "#e07b1f",
    "nose_exposed": "#c9a70b",
    "correct": "#2c8a4b",
    "incorrect": "#e07b1f",
    "mask": "#2c8a4b",
}
"""Color of each class in all plots."""
LINE_COLORS = ("#1f3b57", "#c6352b", "#e07b1f", "#2c8a4b")
"""Colors of lines and points that belong to no class."""
STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 110,
    "font.size": 9,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


@contextmanager
def figure(path: Path, width: float = 6.0, height: float = 4.0, **subplots: Any) -> Iterator[Any]:
    """Context manager that yields axes and writes a PNG file at the end of the block.

    Args:
        path: the PNG file; not written if the block raises.
        width, height: inches.
        subplots: passed to ``Figure.subplots``; several axes are yielded as an array.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        drawn = Figure(figsize=(width, height), layout="constrained")
        yield drawn.subplots(**subplots)
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="png")
    write_atomically(path, buffer.getvalue())
