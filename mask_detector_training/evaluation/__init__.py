# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation of the exported models on labeled images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_detector_ros.perception import runtimes
from mask_detector_training.data.datasets import load_split
from mask_detector_training.evaluation.predictions import (
    ModelSet,
    classify_faces,
    detect_faces,
    detection_records,
    run_pipeline,
    with_progress,
)
from mask_detector_training.evaluation.split_scores import (
    score_classifier,
    score_detector,
    score_pipeline,
)
from mask_detector_training.markdown_text import table


def evaluate(
    target: str, data: Path, split: str, models: Path, runtime: str = runtimes.AUTO
) -> dict[str, Any]:
    """Evaluate ``detector``, ``classifier`` or ``pipeline`` on a split; metrics by name.

    Raises:
        ModelError: a model cannot be used.
        ValueError: the data cannot be read.
    """
    model_set = ModelSet.load(models, runtime)
    records = load_split(data, split)
    images = with_progress(detection_records(records), split)
    settings = model_set.evaluation_settings
    if target == "detector":
        results = detect_faces(model_set.detector, images, settings)
        return score_detector(results, model_set.score_threshold)
    if target == "classifier":
        return score_classifier(classify_faces(model_set.classifier, with_progress(records, split)))
    return score_pipeline(run_pipeline(model_set.pipeline, images, settings))


def as_markdown(report: Mapping[str, Any]) -> str:
    """Metrics as a Markdown table; a report of several reports gets one column for each."""
    columns = {n: v for n, v in report.items() if isinstance(v, Mapping)} or {"value": report}
    names = next(iter(columns.values()))
    rows = [(name, *(_format(column[name]) for column in columns.values())) for name in names]
    return table(["metric", *columns], rows)


def _format(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
