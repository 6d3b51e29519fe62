# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Far faces are detected twice before they are reported."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.far_candidates import MAX_WAIT_FRAMES, Candidates, judge
from mask_detector_ros.perception.far_regions import ExpectedFaces
from mask_detector_ros.perception.types import Detections

FACE, NEARBY, ELSEWHERE = [100.0, 100, 16, 20], [104.0, 98, 15, 19], [400.0, 100, 16, 20]
NOBODY = ExpectedFaces.none()


def faces(*boxes: list[float], scores: tuple[float, ...]) -> Detections:
    return Detections.of_boxes(np.array(boxes), np.array(scores))


def scores_of(
    found: Detections, in_tile: bool, expected: ExpectedFaces, candidates: Candidates
) -> list[float]:
    judged, _ = judge(found, np.full(len(found), in_tile), expected, candidates, 0.5)
    return [float(score) for score in judged.scores]


@pytest.mark.parametrize(("first", "second"), [(0.4, 0.8), (0.9, 0.3), (0.4, 0.5)])
def test_the_mean_of_both_scores_counts(first: float, second: float) -> None:
    candidates = Candidates.of(faces(FACE, scores=(first,)))
    found = scores_of(faces(NEARBY, scores=(second,)), False, NOBODY, candidates)
    assert found == pytest.approx([(first + second) / 2])


def test_one_detection_is_not_enough() -> None:
    found = faces(FACE, ELSEWHERE, scores=(0.9, 0.4))
    for in_tile in (True, False):
        assert scores_of(found, in_tile, NOBODY, Candidates.none()) == pytest.approx([0.5, 0.4])
    assert scores_of(found, True, NOBODY, Candidates.none())[0] < 0.5
    # Two tiles are no region.
    seen = Candidates.of(faces(FACE, scores=(0.9,)))
    assert scores_of(found, True, NOBODY, seen)[0] < 0.5


def test_one_detection_is_enough_where_a_tracked_person_is_expected() -> None:
    expected = ExpectedFaces(np.array([FACE]), np.array([1.0]), np.array([0.0]))
    found = faces(NEARBY, ELSEWHERE, [100.0, 100, 40, 50], scores=(0.9, 0.9, 0.9))
    scores = scores_of(found, True, expected, Candidates.none())
    assert scores[0] == pytest.approx(0.9) and max(scores[1:]) < 0.5
    # The less certain the place, the farther away.
    far_off = faces([140.0, 100, 16, 20], scores=(0.9,))
    assert scores_of(far_off, False, expected, Candidates.none())[0] < 0.5
    vague = ExpectedFaces(np.array([FACE]), np.array([25.0]), np.array([0.0]))
    assert scores_of(far_off, False, vague, Candidates.none())[0] == pytest.approx(0.9)


def test_new_faces_in_a_tile_become_candidates() -> None:
    expected = ExpectedFaces(np.array([FACE]), np.array([1.0]), np.array([0.0]))
    found = faces(FACE, ELSEWHERE, [700.0, 100, 16, 20], scores=(0.9, 0.9, 0.9))
    _, new = judge(found, np.array([True, True, False]), expected, Candidates.none(), 0.5)
    assert new.tolist() == [False, True, False]


def test_a_candidate_waits_for_a_region_but_not_forever() -> None:
    candidates = Candidates.of(faces(FACE, ELSEWHERE, scores=(0.4, 0.6)))
    candidates = candidates.next(np.array([True, False]), faces(NEARBY, scores=(0.7,)))
    assert candidates.boxes[:, 0].tolist() == [400, 104]
    assert candidates.scores == pytest.approx([0.6, 0.7])
    for _ in range(MAX_WAIT_FRAMES - 1):
        candidates = candidates.next(np.zeros(len(candidates.boxes), bool), Detections.empty())
    assert candidates.boxes[:, 0].tolist() == [104]
