# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good the exported models are on labeled pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_detector_ros.perception import runtimes
from mask_detector_training.data.datasets import load_split
from mask_detector_training.evaluation.predictions import (
    Shipped,
    find_faces,
    process,
    progress,
    scenes_of,
    tell_faces,
)
from mask_detector_training.evaluation.split_scores import (
    score_classifier,
    score_detector,
    score_pipeline,
)
from mask_detector_training.markdown_text import table


def evaluate(
    what: str, data: Path, split: str, models: Path, runtime: str = runtimes.AUTO
) -> dict[str, Any]:
    """Score ``detector``, ``classifier`` or ``pipeline`` on a split; figures by name.

    Raises:
        ModelError: a model cannot be used.
        ValueError: the data cannot be read.
    """
    shipped = Shipped.load(models, runtime)
    records = load_split(data, split)
    scenes = progress(scenes_of(records), split)
    if what == "detector":
        found = find_faces(shipped.detector, scenes, shipped.scoring)
        return score_detector(found, shipped.threshold)
    if what == "classifier":
        return score_classifier(tell_faces(shipped.classifier, progress(records, split)))
    return score_pipeline(process(shipped.pipeline, scenes, shipped.scoring))


def as_markdown(report: Mapping[str, Any]) -> str:
    """A report as a Markdown table; of reports by name, one column each."""
    columns = {n: v for n, v in report.items() if isinstance(v, Mapping)} or {"value": report}
    names = next(iter(columns.values()))
    rows = [(name, *(_shown(column[name]) for column in columns.values())) for name in names]
    return table(["figure", *columns], rows)


def _shown(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
