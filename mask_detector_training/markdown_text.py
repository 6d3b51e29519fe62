# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers, tables and pictures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def shown(value: Any) -> str:
    """A cell: three decimals, a dash for what is not known, else the text."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.3f}" if np.isfinite(value) else "–"
    return str(value).replace("|", "\\|")


def percent(value: float) -> str:
    """A part of the whole."""
    return f"{100 * value:.1f} %" if np.isfinite(value) else "–"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    lines = [header, rule, *rows]
    return "\n".join("| " + " | ".join(map(shown, line)) + " |" for line in lines)


def picture(name: str, about: str) -> str:
    """A picture that lies beside the report."""
    return f"![{about}]({name})\n"


def section(*parts: str) -> str:
    """Headings, paragraphs, tables and pictures with empty lines between them."""
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
