# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration of a trained model on val, kept in its run folder and used by the export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.array_files import read_json
from mask_detector_training.evaluation.metrics import (
    LOOSE_IOU,
    LabeledDetections,
    average_precision,
    best_f1_threshold,
)

CALIBRATION = "calibration.json"
NMS_IOUS = (0.35, 0.4, 0.45)
"""Higher IoU thresholds gain little AP in labeled crowds and leave duplicates of large faces."""


def calibrate_detector(
    run: Path, detect: Callable[[float], list[LabeledDetections]]
) -> dict[str, Any]:
    """Choose the IoU threshold of the NMS by AP50, then the score threshold by F1 at IoU 0.3.

    A face that is found counts, however tight its box is.

    Args:
        run: the run folder; the choice is written into it.
        detect: detections on val for an IoU threshold of the NMS.

    Returns:
        The content of ``calibration.json``.
    """
    images = {iou: detect(iou) for iou in NMS_IOUS}
    scores = {iou: average_precision(detections) for iou, detections in images.items()}
    nms_iou = max(scores, key=lambda key: scores[key])
    threshold, precision, recall = best_f1_threshold(images[nms_iou], LOOSE_IOU)
    chosen = {
        "nms_iou": nms_iou,
        "score_threshold": round(threshold, 3),
        "val": {
            "AP30": round(average_precision(images[nms_iou], LOOSE_IOU), 4),
            "AP50": round(scores[nms_iou], 4),
            "precision": round(precision, 4),
            "recall": round(float(recall), 4),
        },
    }
    write_atomically(run / CALIBRATION, json.dumps(chosen, indent=2) + "\n")
    return chosen


def calibrate_classifier(run: Path, temperature: float, bias: FloatArray) -> dict[str, Any]:
    """Write temperature and bias (classes,) of the logits into the run folder.

    Temperature scaling (Guo et al., 2017, "On Calibration of Modern Neural Networks"), extended
    by a bias for each class.

    Returns:
        The content of ``calibration.json``.
    """
    chosen = {
        "temperature": round(temperature, 4),
        "bias": [round(float(value), 4) for value in bias],
    }
    write_atomically(run / CALIBRATION, json.dumps(chosen, indent=2) + "\n")
    return chosen


def load_calibration(run: Path) -> dict[str, Any]:
    """The calibration of a run.

    Raises:
        ValueError: the run is not finished, or the file is damaged.
    """
    path = run / CALIBRATION
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist: the run is not finished; continue it with its training "
            "command and --resume"
        )
    return read_json(path)
