# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a finished run still needs before it is exported, chosen on val."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.array_files import read_json
from mask_detector_training.evaluation.metrics import Answers, average_precision, best_threshold

CALIBRATION = "calibration.json"
OVERLAPS = (0.35, 0.4, 0.45)
"""Larger ones gain a trifle on labeled crowds and show every other large face twice."""


def calibrate_detector(run: Path, answers: Callable[[float], list[Answers]]) -> dict[str, Any]:
    """Choose the overlap of the suppression by AP50, then the score threshold by F1.

    Args:
        run: the run folder, where the choice is kept.
        answers: what the detector says of val for an overlap.
    """
    found = {overlap: answers(overlap) for overlap in OVERLAPS}
    scores = {overlap: average_precision(pictures) for overlap, pictures in found.items()}
    overlap = max(scores, key=lambda key: scores[key])
    threshold, precision, recall = best_threshold(found[overlap])
    chosen = {
        "nms_iou": overlap,
        "score_threshold": round(threshold, 3),
        "val": {
            "AP50": round(scores[overlap], 4),
            "precision": round(precision, 4),
            "recall": round(float(recall), 4),
        },
    }
    write_whole(run / CALIBRATION, json.dumps(chosen, indent=2) + "\n")
    return chosen


def calibrate_classifier(run: Path, temperature: float, bias: FloatArray) -> dict[str, Any]:
    """Keep the temperature and the bias (4,) in the run folder."""
    chosen = {
        "temperature": round(temperature, 4),
        "bias": [round(float(value), 4) for value in bias],
    }
    write_whole(run / CALIBRATION, json.dumps(chosen, indent=2) + "\n")
    return chosen


def load_calibration(run: Path) -> dict[str, Any]:
    """What was chosen for a run.

    Raises:
        ValueError: the run has not been trained to its end.
    """
    path = run / CALIBRATION
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist: the run has not ended; go on with its training "
            "command and --resume"
        )
    return read_json(path)
