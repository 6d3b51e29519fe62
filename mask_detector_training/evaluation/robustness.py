# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of face detectors in changed images: color, light, sharpness, tilt, covered faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, Image
from mask_detector_ros.perception.types import Detections
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.teachers import YuNet
from mask_detector_training.evaluation.changed_images import changed_copies
from mask_detector_training.evaluation.face_scores import score_faces, threshold_of_false_faces
from mask_detector_training.evaluation.image_changes import CHANGES, ImageChange
from mask_detector_training.evaluation.metrics import (
    IOU_THRESHOLD,
    LOOSE_IOU,
    LabeledDetections,
    match_image,
)
from mask_detector_training.evaluation.predictions import (
    EVALUATION_SETTINGS,
    ModelSet,
    drop_nested_as_on_robot,
)
from mask_detector_training.figures import LINE_COLORS, figure
from mask_detector_training.markdown_text import MetricsTable, format_cell

OURS, YUNET = "ours", "YuNet"
LOST = {iou: f"recall lost at IoU {iou:g}" for iou in (LOOSE_IOU, IOU_THRESHOLD)}
METRICS = (
    "faces", "AP30", "AP50", "recall at IoU 0.3", "recall at IoU 0.5", "false faces per image",
)  # fmt: skip
Detect = Callable[[Image], Detections]
"""Image (H, W, 3) uint8 BGR -> faces, down to low confidence."""


@dataclass(frozen=True)
class Detector:
    """A face detector to be scored.

    Attributes:
        detect: the detector.
        threshold: score from which faces are reported; None for the one with as many false faces
            per unchanged image as the first detector.
    """

    detect: Detect
    threshold: float | None = None


def our_detector(models: ModelSet) -> Detector:
    """The face detector of a model folder, at its score threshold."""
    settings = models.evaluation_settings

    def detect(image: Image) -> Detections:
        return drop_nested_as_on_robot(models.detector.detect(image, settings))

    return Detector(detect, models.score_threshold)


def yunet_detector(weights: Path) -> Detector:
    """YuNet on whole images at 640 px, on one thread.

    Raises:
        ValueError: the file is missing or is not YuNet.
    """
    cv2.setNumThreads(1)
    yunet = YuNet(weights, EVALUATION_SETTINGS.score_threshold, "--yunet")

    def detect(image: Image) -> Detections:
        found = yunet.detect(image, tiles=False)
        return Detections.of_boxes(found.boxes, found.scores)

    return Detector(detect)


def measure_robustness(
    detectors: Mapping[str, Detector],
    records: Iterable[Record],
    changes: Sequence[ImageChange] = CHANGES,
) -> tuple[dict[str, MetricsTable], dict[str, float]]:
    """Run detectors on every image, changed in each way.

    Args:
        detectors: by name; the first one has a threshold.
        records: the labeled images.
        changes: the first one leaves images unchanged.

    Returns:
        The scores of each detector by change, and the score threshold of each. The recall lost
        is the difference to the unchanged images, of the faces that are in both.
    """
    images: dict[str, dict[str, list[LabeledDetections]]] = {
        name: {change.name: [] for change in changes} for name in detectors
    }
    for record in records:
        original = record.load()
        for change in changes:
            for copy in changed_copies(change, original, record):
                for name, detector in detectors.items():
                    labeled = copy.labeled_detections(detector.detect(copy.image))
                    images[name][change.name].append(labeled)
    thresholds = _thresholds(
        detectors, {name: tables[changes[0].name] for name, tables in images.items()}
    )
    tables: dict[str, MetricsTable] = {}
    for name, by_change in images.items():
        unchanged = by_change[changes[0].name]
        tables[name] = {
            change.name: _scores(
                by_change[change.name], unchanged, thresholds[name], len(change.variants)
            )
            for change in changes
        }
    return tables, thresholds


def _thresholds(
    detectors: Mapping[str, Detector], unchanged: Mapping[str, Sequence[LabeledDetections]]
) -> dict[str, float]:
    thresholds: dict[str, float] = {}
    allowed = float("nan")
    for name, detector in detectors.items():
        if detector.threshold is not None:
            thresholds[name] = detector.threshold
        else:
            thresholds[name] = threshold_of_false_faces(unchanged[name], allowed)
        if len(thresholds) == 1:
            allowed = score_faces(unchanged[name], thresholds[name])["false faces per image"]
    return thresholds


def _scores(
    changed: Sequence[LabeledDetections],
    unchanged: Sequence[LabeledDetections],
    threshold: float,
    variants: int,
) -> dict[str, Any]:
    scores = score_faces(changed, threshold)
    row = {name: scores[name] for name in METRICS}
    for iou, name in LOST.items():
        before, after = 0, 0
        for index, copy in enumerate(changed):
            counted = ~copy.ignored
            before += int((_found(unchanged[index // variants], threshold, iou) & counted).sum())
            after += int((_found(copy, threshold, iou) & counted).sum())
        row[name] = (before - after) / row["faces"] if row["faces"] else float("nan")
    return row


def _found(image: LabeledDetections, threshold: float, iou: float) -> BoolArray:
    """Which labeled faces (T,) are reported."""
    matches = match_image(image.above(threshold), iou)
    return np.isin(np.arange(len(image.ground_truth)), matches)


def beside(tables: Mapping[str, MetricsTable]) -> MetricsTable:
    """The tables of several detectors as one, with their values beside each other as text."""
    merged: MetricsTable = {}
    for change, row in next(iter(tables.values())).items():
        merged[change] = {"faces": row["faces"]}
        for metric in list(row)[1:]:
            cells = [format_cell(table[change][metric]) for table in tables.values()]
            merged[change][metric] = " / ".join(cells)
    return merged


def plot_robustness(path: Path, tables: Mapping[str, MetricsTable]) -> None:
    """Plot AP at both IoUs and recall of each detector for every change, as a PNG file.

    Dashed lines: unchanged images.
    """
    changes = list(next(iter(tables.values())))
    rows = np.arange(len(changes))[::-1]
    panels = (("AP30", "AP at IoU 0.3"), ("AP50", "AP at IoU 0.5"),
              ("recall at IoU 0.3", "recall at IoU 0.3"))  # fmt: skip
    with figure(path, 10.5, 1.2 + 0.27 * len(changes), ncols=3, sharey=True) as axes:
        for panel, (metric, title) in zip(axes, panels, strict=True):
            for number, (name, table) in enumerate(tables.items()):
                values = [table[change][metric] for change in changes]
                color = LINE_COLORS[number]
                panel.plot(values, rows, "o" if not number else "D", color=color, label=name,
                           ms=6 if not number else 4.5, mfc=color if not number else "white",
                           zorder=3 - number)  # fmt: skip
                panel.axvline(values[0], color=color, lw=1, ls="--", alpha=0.5)
            panel.set(xlim=(0, 1.02), title=title, ylim=(-0.6, len(changes) - 0.4))
        axes[0].set_yticks(rows, changes)
        handles, labels = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
