# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracking scores on small examples counted by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.types import WearStatus
from support.optional import optional

optional("scipy")

from tracking_sequences.tracking_scores import (  # noqa: E402
    MATCH_IOU,
    FaceObservation,
    count_tracking,
    match_boxes,
)

CORRECT, NO_MASK, UNKNOWN = WearStatus.CORRECT, WearStatus.NO_MASK, WearStatus.UNKNOWN


def observation(
    person: str | None,
    track_id: int | None,
    true: WearStatus = CORRECT,
    reported: WearStatus = CORRECT,
    required: bool = True,
) -> FaceObservation:
    required = required and person is not None
    return FaceObservation(person, required, required, true, track_id, reported)


def test_ids_are_counted_as_by_hand() -> None:
    frames = [
        (0.0, [observation("a", 1), observation("b", 2)]),
        (0.1, [observation("a", 1), observation("b", 2)]),
        (0.2, [observation("a", 2), observation("b", 3)]),  # two switches, one transfer
        (0.3, [observation("a", None), observation("b", 3), observation(None, 9)]),  # FN and FP
        # A switch back; b is ignored.
        (0.4, [observation("a", 1), observation("b", None, required=False)]),
    ]
    counts = count_tracking(frames)
    # Best assignment: a is 1 (three faces), b is 2 or 3 (two faces).
    assert (counts.id_true_positives, counts.truths, counts.predictions) == (5, 9, 9)
    assert (counts.id_switches, counts.id_transfers) == (3, 1)
    assert counts.idf1 == pytest.approx(10 / 18)


def test_a_person_who_returns_after_an_absence_is_new() -> None:
    frames = [(t, [observation("a", 1 if t < 5 else 2)]) for t in (0.0, 0.5, 1.0, 9.0, 9.5)]
    assert count_tracking(frames).id_switches == 0
    assert count_tracking(frames).idf1 == 1.0


def test_flips_false_alarms_and_decision_times_are_counted_as_by_hand() -> None:
    reported = [UNKNOWN] * 5 + [CORRECT] * 15 + [NO_MASK] * 2 + [CORRECT] * 18
    frames = [(0.1 * i, [observation("a", 1, CORRECT, s)]) for i, s in enumerate(reported)]
    counts = count_tracking(frames)
    assert counts.status_flips == 2
    assert counts.person_seconds == pytest.approx(3.9)
    assert counts.flips_per_minute == pytest.approx(60 * 2 / 3.9)
    assert counts.false_alarms == 1
    assert counts.false_alarms_per_hour == pytest.approx(3600 / 3.9)
    assert counts.decision_times == [pytest.approx(0.5)]
    assert (counts.violations, counts.missed_violations) == (0, 0)


@pytest.mark.parametrize(
    ("reported", "missed", "decision_times"),
    [
        ([CORRECT] * 26 + [WearStatus.BELOW_MOUTH] * 4 + [NO_MASK] * 10, 0, [0.0, 1.0]),
        ([CORRECT] * 40, 1, [0.0]),
    ],
    ids=["reported late", "never reported"],
)
def test_missed_violations_are_counted_as_by_hand(
    reported: list[WearStatus], missed: int, decision_times: list[float]
) -> None:
    true = [CORRECT] * 20 + [NO_MASK] * 20
    history = enumerate(zip(true, reported, strict=True))
    counts = count_tracking([(0.1 * i, [observation("a", 1, *pair)]) for i, pair in history])
    assert (counts.violations, counts.missed_violations) == (1, missed)
    assert counts.decision_times == pytest.approx(decision_times)
    assert counts.false_alarms == 0


@pytest.mark.parametrize("seed", range(20))
def test_boxes_are_matched_optimally(seed: int) -> None:
    """As many pairs as possible, then the largest total IoU; compared with all assignments."""
    rng = np.random.default_rng(seed)
    true, predicted = (
        np.column_stack([rng.uniform(0, 12, (n, 2)), rng.uniform(15, 25, (n, 2))])
        for n in rng.integers(1, 6, 2)
    )
    overlaps = iou_matrix(true, predicted)
    allowed = overlaps >= MATCH_IOU
    rows, columns = overlaps.shape
    best = (0, 0.0)
    for order in permutations(range(max(rows, columns))):
        pairs = [(r, c) for r, c in enumerate(order) if r < rows and c < columns and allowed[r, c]]
        best = max(best, (len(pairs), float(sum(overlaps[pair] for pair in pairs))))
    assert best[0] > 0
    matched = match_boxes(true, predicted)
    assert all(allowed[pair] for pair in matched)
    assert len({r for r, _ in matched}) == len({c for _, c in matched}) == len(matched) == best[0]
    assert sum(overlaps[pair] for pair in matched) == pytest.approx(best[1])


@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (2, 0)])
def test_nothing_is_matched_without_boxes(shape: tuple[int, int]) -> None:
    true, predicted = (np.full((n, 4), 10.0) for n in shape)
    assert match_boxes(true, predicted) == []
