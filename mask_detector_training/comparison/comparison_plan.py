# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The comparison file: named recipes and their common values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.setting_options import from_flat_values

COMMON, CONFIGURATIONS, NAME = "common", "configurations", "name"


@dataclass(frozen=True)
class Entry:
    """A recipe with its name in tables and plots."""

    name: str
    recipe: ClassifierRecipe

    @property
    def slug(self) -> str:
        """The name as a folder name."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")


def read_plan(file: Path) -> list[Entry]:
    """Read the entries of a comparison file.

    Raises:
        ValueError: the file is missing or not YAML, or an entry is invalid; the message names it.
    """
    if not file.is_file():
        raise ValueError(f"comparison file {file} does not exist")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{file} is not valid YAML: {error}") from error
    rows = content.get(CONFIGURATIONS) if isinstance(content, dict) else None
    if not rows or not isinstance(rows, list):
        raise ValueError(f"{file}: expected a list {CONFIGURATIONS!r} of recipes with a {NAME!r}")
    unknown = sorted(set(content) - {COMMON, CONFIGURATIONS})
    if unknown:
        raise ValueError(f"{file}: there is no {unknown[0]}; expected {COMMON}, {CONFIGURATIONS}")
    entries = [_entry(file, number, row, content) for number, row in enumerate(rows, start=1)]
    slugs = [entry.slug for entry in entries]
    twice = [entry.name for entry in entries if slugs.count(entry.slug) > 1 or not entry.slug]
    if twice:
        raise ValueError(
            f"{file}: {', '.join(twice)}: names must differ in more than capitals and blanks, "
            "and need letters or digits"
        )
    return entries


def _entry(file: Path, number: int, row: Any, content: dict[str, Any]) -> Entry:
    common = content.get(COMMON) or {}
    if not isinstance(row, dict) or not row.get(NAME) or not isinstance(common, dict):
        raise ValueError(f"{file}, configuration {number}: expected fields, {NAME} among them")
    fields = {key: value for key, value in {**common, **row}.items() if key != NAME}
    name = str(row[NAME])
    try:
        return Entry(name, from_flat_values(ClassifierRecipe, fields))
    except ValueError as error:
        raise ValueError(f"{file}, configuration {name!r}: {error}") from error
