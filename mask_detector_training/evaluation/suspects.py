# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that may be wrong: faces that the classifier confidently puts into another class."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import IntArray
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.evaluation.predictions import FacePredictions
from mask_detector_training.evaluation.tiles import Tile, draw_tiles
from mask_detector_training.figures import CLASS_COLORS


def find_suspects(faces: FacePredictions) -> IntArray:
    """Rows of the faces whose label the classifier contradicts, the most confident ones first."""
    predicted = np.array(CLASS_LABELS)[faces.probabilities.argmax(1)]
    labeled = np.isin(faces.statuses, CLASS_LABELS)
    rows = np.flatnonzero(labeled & (predicted != faces.statuses))
    return rows[np.argsort(-faces.probabilities[rows].max(1), kind="stable")]


def describe_suspects(faces: FacePredictions, rows: Iterable[int], first: int) -> str:
    """Suspects as entries of a file of corrections, with the predicted status as the new one.

    Args:
        faces: the predictions.
        rows: the faces to describe.
        first: number of the first one.
    """
    entries = []
    for number, row in enumerate(rows, first):
        box = ", ".join(f"{value:.1f}" for value in faces.boxes[row])
        entries.append(
            f"# {number}: {faces.probabilities[row].max():.2f}\n"
            f"- image: {faces.records[row].key}\n  box: [{box}]\n"
            f'  old: {faces.statuses[row]}\n  new: {_predicted(faces, row)}\n  reason: "?"\n'
        )
    return "".join(entries)


def draw_suspects(path: Path, faces: FacePredictions, rows: Iterable[int], first: int) -> None:
    """Write an image (JPEG) of suspects with their numbers, labels and predictions."""
    tiles = []
    for number, row in enumerate(rows, first):
        caption = f"{number}: {caption_of_suspect(faces, row)}"
        tiles.append(Tile.cut(faces.records[row].load(), faces.boxes[row], caption))
    draw_tiles(path, tiles, CLASS_COLORS["correct"])


def caption_of_suspect(faces: FacePredictions, row: int) -> str:
    """Two lines: predicted status and its probability; label and width."""
    caption = (
        f"{_predicted(faces, row)} {faces.probabilities[row].max():.2f}\n"
        f"label {faces.statuses[row]}, {faces.widths[row]:.0f} px"
    )
    return caption.replace("_", " ")


def _predicted(faces: FacePredictions, row: int) -> str:
    return CLASS_LABELS[int(faces.probabilities[row].argmax())]
