# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""HOTA, DetA and AssA of tracked sequences.

Luiten et al., 2021, "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking"; computed
by the reference implementation TrackEval (package ``trackeval``).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from trackeval.metrics import HOTA

from mask_detector_ros.perception.face_detector import iou_matrix
from tracking_sequences.tracking_scores import History, split_returning_people


class HotaScores(NamedTuple):
    """Means over the IoU thresholds 0.05, 0.10, ... 0.95; 0 to 1.

    Attributes:
        hota: geometric mean of detection and association accuracy at each threshold.
        det_a: detection accuracy.
        ass_a: association accuracy.
    """

    hota: float
    det_a: float
    ass_a: float


def hota_scores(sequences: Sequence[History]) -> HotaScores:
    """Scores over all sequences; ignored faces and their matches are left out."""
    metric = HOTA()
    results = {n: metric.eval_sequence(_input(s)) for n, s in enumerate(sequences)}
    total = metric.combine_sequences(results)
    return HotaScores(*(float(np.mean(total[name])) for name in ("HOTA", "DetA", "AssA")))


def _input(history: History) -> dict[str, Any]:
    """A sequence in TrackEval's format: consecutive ids, and the IoU matrix of each frame."""
    people: dict[Hashable, int] = {}
    tracks: dict[Hashable, int] = {}
    true_ids, track_ids, similarities = [], [], []
    for _, faces in split_returning_people(history):
        true = [face for face in faces if face.counts_as_truth]
        predicted = [face for face in faces if face.counts_as_prediction]
        true_ids.append(_numbers([face.person for face in true], people))
        track_ids.append(_numbers([face.track_id for face in predicted], tracks))
        true_boxes = np.array([face.true_box for face in true], float).reshape(-1, 4)
        boxes = np.array([face.reported_box for face in predicted], float).reshape(-1, 4)
        similarities.append(iou_matrix(true_boxes, boxes))
    return {
        "gt_ids": true_ids,
        "tracker_ids": track_ids,
        "similarity_scores": similarities,
        "num_gt_ids": len(people),
        "num_tracker_ids": len(tracks),
        "num_gt_dets": sum(map(len, true_ids)),
        "num_tracker_dets": sum(map(len, track_ids)),
    }


def _numbers(names: Sequence[Hashable], known: dict[Hashable, int]) -> np.ndarray:
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)
