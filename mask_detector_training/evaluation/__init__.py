# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation of the exported models on labeled images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.classifier_slices import (
    score_by_source as classifier_by_source,
)
from mask_detector_training.evaluation.classifier_slices import (
    score_by_width as classifier_by_width,
)
from mask_detector_training.evaluation.classifier_slices import score_in_changed_images
from mask_detector_training.evaluation.detector_scores import (
    score_by_light,
    score_by_source,
    score_by_tilt,
    score_by_width,
    score_detector,
)
from mask_detector_training.evaluation.predictions import (
    ModelSet,
    classify_faces,
    detect_faces,
    detection_records,
    run_pipeline,
    with_progress,
)
from mask_detector_training.evaluation.split_scores import score_classifier, score_pipeline
from mask_detector_training.markdown_text import table


def evaluate_detector(models: ModelSet, records: Sequence[Record]) -> dict[str, Any]:
    """Finding and framing of the faces in scenes: metrics by name, and tables by title."""
    scenes = detection_records(records)
    detector, settings = models.detector, models.evaluation_settings
    threshold = models.score_threshold
    results = detect_faces(detector, with_progress(scenes, "images"), settings)
    tilted = with_progress(scenes, "tilted images")
    return {
        **score_detector(results, threshold),
        "by face width": score_by_width(results, threshold),
        "by source": score_by_source(results, threshold),
        "by brightness of the face": score_by_light(results, threshold),
        "by tilt of the image": score_by_tilt(detector, tilted, settings, threshold),
    }


def evaluate_classifier(models: ModelSet, records: Sequence[Record]) -> dict[str, Any]:
    """Wear status of labeled boxes: metrics by name, and tables by title."""
    classifier = models.classifier
    faces = classify_faces(classifier, with_progress(records, "images"))
    changed = with_progress(records, "changed images")
    return {
        **score_classifier(faces),
        "by face width": classifier_by_width(faces),
        "by source": classifier_by_source(faces),
        "in changed images": score_in_changed_images(classifier, changed),
    }


def evaluate_pipeline(models: ModelSet, records: Sequence[Record]) -> dict[str, Any]:
    """Average precision of each class in scenes, detected and classified."""
    scenes = with_progress(detection_records(records), "images")
    return score_pipeline(run_pipeline(models.pipeline, scenes, models.evaluation_settings))


def as_markdown(report: Mapping[str, Any]) -> str:
    """Metrics as a Markdown table; a report of several reports gets one column for each."""
    columns = {n: v for n, v in report.items() if isinstance(v, Mapping)} or {"value": report}
    names = next(iter(columns.values()))
    rows = [(name, *(_format(column[name]) for column in columns.values())) for name in names]
    return table(["metric", *columns], rows)


def _format(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
