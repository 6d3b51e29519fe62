# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration of a trained model on val, kept in its run folder and used by the export."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_training.array_files import read_json
from mask_detector_training.evaluation.face_scores import score_faces, threshold_of_false_faces
from mask_detector_training.evaluation.metrics import LabeledDetections, average_precision

CALIBRATION = "calibration.json"
FALSE_FACES_PER_IMAGE = 0.23
"""On val. More of them cost robots little, since evidence over time is asked for; a higher
threshold loses the faces of gray and tilted images first."""
MIN_SCORE_THRESHOLD = 0.3
"""Limit for small data sets, on which few detections are false at any threshold."""
REPORTED = ("AP30", "AP50", "recall at IoU 0.3", "false faces per image")
NMS_IOUS = (0.35, 0.4, 0.45)
"""Higher IoU thresholds gain little AP in labeled crowds and leave duplicates of large faces."""


def calibrate_detector(
    run: Path, detect: Callable[[float], list[LabeledDetections]]
) -> dict[str, Any]:
    """Choose the IoU threshold of the NMS by AP50, then the score threshold by false faces.

    It is the lowest one with at most ``FALSE_FACES_PER_IMAGE``. The F1 is nearly the same over a
    wide range of thresholds, and its maximum differs from run to run.

    Args:
        run: the run folder; the choice is written into it.
        detect: detections on val for an IoU threshold of the NMS.

    Returns:
        The content of ``calibration.json``.
    """
    images = {iou: detect(iou) for iou in NMS_IOUS}
    scores = {iou: average_precision(detections) for iou, detections in images.items()}
    nms_iou = max(scores, key=lambda key: scores[key])
    threshold = threshold_of_false_faces(images[nms_iou], FALSE_FACES_PER_IMAGE)
    threshold = max(math.ceil(1000 * threshold) / 1000, MIN_SCORE_THRESHOLD)
    reported = score_faces(images[nms_iou], threshold)
    chosen = {
        "nms_iou": nms_iou,
        "score_threshold": threshold,
        "val": {name: round(reported[name], 4) for name in REPORTED},
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
