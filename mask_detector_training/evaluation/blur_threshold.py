# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far down doubtful boxes should be blurred, too: faces hidden against smudges made.

Below ``detector.score_threshold`` a box is not reported, but blurred down to
``detector.faint_threshold``, so that a missed face is seldom published readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_training.evaluation.predictions import Scene

RECOGNIZABLE = 20.0
"""Pixels: narrower faces hardly tell who it is."""
HIDDEN = 0.3
"""Overlap of box and face from which the eyes lie under the blur."""
STRAY = 0.1
"""Boxes that overlap every labeled face by less cover something else."""
LARGE = 0.005
"""Part of the picture from which such a smudge is a nuisance."""
STEPS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def by_threshold(scenes: Sequence[Scene], reported: float) -> dict[str, dict[str, Any]]:
    """What each faint threshold would do, and reporting alone.

    Args:
        scenes: with every box from the least of ``STEPS`` on.
        reported: the score from which faces are reported.

    Returns:
        For each threshold the part of the recognizable faces (of all labels) that is blurred,
        and of the boxes that are blurred only: large smudges and their area, per picture.
    """
    return {
        f"{threshold:g}": _at(scenes, threshold, reported)
        for threshold in (*(step for step in STEPS if step < reported), reported)
    }


def _at(scenes: Sequence[Scene], threshold: float, reported: float) -> dict[str, float]:
    faces = hidden = smudges = 0
    covered = 0.0
    for scene in scenes:
        found = scene.faces[scene.faces.scores >= threshold]
        truth = scene.record.boxes
        overlap = iou_matrix(found.boxes, truth)
        wide = truth[:, 2] >= RECOGNIZABLE
        faces += int(wide.sum())
        hidden += int((overlap.max(0, initial=0.0) >= HIDDEN)[wide].sum())
        width, height = scene.record.size
        areas = found.boxes[:, 2] * found.boxes[:, 3] / (width * height)
        stray = (overlap.max(1, initial=0.0) < STRAY) & (found.scores < reported)
        smudges += int((areas[stray] >= LARGE).sum())
        covered += float(areas[stray].sum())
    return {
        "faces blurred": hidden / faces if faces else float("nan"),
        "large smudges per picture": smudges / len(scenes),
        "area smudged": covered / len(scenes),
    }
