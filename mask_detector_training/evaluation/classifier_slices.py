# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of the classifier by face width and source, and in gray, dark and tilted images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.changed_images import changed_copies
from mask_detector_training.evaluation.image_changes import GRAY, QUARTER_LIGHT, TILTS, UNCHANGED
from mask_detector_training.evaluation.metrics import accuracy, class_scores, macro_f1
from mask_detector_training.evaluation.predictions import (
    CLASSIFIER_MIN_WIDTH_PX,
    WIDTH_BANDS_PX,
    FacePredictions,
    band_name,
    classify_image,
    collect_predictions,
)
from mask_detector_training.evaluation.split_scores import mapped_classes, select_classes
from mask_detector_training.markdown_text import MetricsTable

CHANGES = (UNCHANGED, GRAY, QUARTER_LIGHT, *TILTS)


def score_classes(faces: FacePredictions) -> dict[str, Any]:
    """Number of faces, accuracy, macro F1, and the F1 of each of the four classes."""
    truth, predicted = mapped_classes(faces, CLASS_MAPPINGS[4])
    scores = class_scores(truth, predicted, len(CLASS_LABELS))
    f1 = np.where(scores.support > 0, scores.f1, np.nan)
    return {
        "faces": len(truth),
        "accuracy": accuracy(truth, predicted),
        "macro F1": macro_f1(truth, predicted),
        **{f"{name} F1": float(value) for name, value in zip(CLASS_LABELS, f1, strict=True)},
    }


def score_by_width(faces: FacePredictions) -> MetricsTable:
    """Scores by face width."""
    return {
        band_name(low, high): score_classes(
            faces.where((faces.widths >= low) & (faces.widths < high))
        )
        for low, high in WIDTH_BANDS_PX
    }


def score_by_source(faces: FacePredictions) -> MetricsTable:
    """Scores by data set, of faces at least ``CLASSIFIER_MIN_WIDTH_PX`` wide."""
    large = select_classes(faces, CLASSIFIER_MIN_WIDTH_PX)
    sources = large.sources
    return {name: score_classes(large.where(sources == name)) for name in sorted(set(sources))}


def score_in_changed_images(classifier: MaskClassifier, records: Iterable[Record]) -> MetricsTable:
    """Scores in changed images, of faces at least ``CLASSIFIER_MIN_WIDTH_PX`` wide.

    Tilted faces are cropped by the bounding boxes of the tilted ellipses in their boxes.
    """
    parts: dict[str, list[FacePredictions]] = {change.name: [] for change in CHANGES}
    for record in records:
        original = record.load()
        wide = record.boxes[:, 2] >= CLASSIFIER_MIN_WIDTH_PX
        for change in CHANGES:
            for copy in changed_copies(change, original, record):
                faces = classify_image(classifier, copy.image, copy.record, wide & ~copy.ignored)
                parts[change.name].append(faces)
    return {name: score_classes(collect_predictions(faces)) for name, faces in parts.items()}
