# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measured figures with their budgets, printed as a table and saved as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value. ``budget`` is its upper limit in the same unit, if it has one."""

    name: str
    value: float
    unit: str
    budget: float | None = None


def show(title: str, figures: list[Figure], save: Path | None) -> None:
    """Print the figures as a table; save them as JSON if a file is given."""
    width = max(len(figure.name) for figure in figures)
    print(f"\n{title}\n{'':{width}}  {'measured':>12}  {'budget':>12}")
    for figure in figures:
        measured = f"{figure.value:.2f} {figure.unit}"
        budget = "" if figure.budget is None else f"≤ {figure.budget:g} {figure.unit}"
        over = figure.budget is not None and figure.value > figure.budget
        print(f"{figure.name:{width}}  {measured:>12}  {budget:>12}{'  OVER' if over else ''}")
    if save is not None:
        save.write_text(json.dumps([vars(f) for f in figures], indent=2) + "\n", encoding="utf-8")
