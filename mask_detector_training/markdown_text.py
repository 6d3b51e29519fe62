# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers, tables and images as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np


def format_cell(value: Any) -> str:
    """The text of a table cell; floats with three decimals, a dash for NaN."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.3f}" if np.isfinite(value) else "–"
    return str(value).replace("|", "\\|")


def percent(value: float) -> str:
    """A fraction as a percentage; a dash for NaN."""
    return f"{100 * value:.1f} %" if np.isfinite(value) else "–"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; the first column is aligned left, the others right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    lines = [header, rule, *rows]
    return "\n".join("| " + " | ".join(map(format_cell, line)) + " |" for line in lines)


MetricsTable = dict[str, dict[str, Any]]
"""Metrics by name, by row."""


def metrics_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Metrics by row as a Markdown table with one column for each metric."""
    columns = next(iter(rows.values()), {})
    return table(["", *columns], [(name, *row.values()) for name, row in rows.items()])


def image_link(name: str, alt_text: str) -> str:
    """An image file beside the report, with its alternative text."""
    return f"![{alt_text}]({name})\n"


def join_blocks(*parts: str) -> str:
    """Join headings, paragraphs, tables and images with empty lines."""
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
