# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of the detector network's output, with a fake network."""

from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.face_detector import COLUMNS, FaceDetector, grid_centers
from mask_detector_ros.perception.models import Model
from mask_detector_ros.perception.pipeline_settings import DetectorSettings

WIDTH, HEIGHT, STRIDES = 64, 48, [8, 16]
CENTERS = grid_centers(WIDTH, HEIGHT, STRIDES)


class FakeRuntime:
    """A runtime whose output has the given (box, score) pairs, one per grid cell."""

    name, file_format = "test", "test"

    def __init__(self, faces: list[tuple[list[float], float]]) -> None:
        self.grid = np.zeros((1, len(CENTERS), COLUMNS), np.float32)
        for row, ((x, y, w, h), score) in enumerate(faces):
            center = CENTERS[row]
            sides = center[0] - x, center[1] - y, x + w - center[0], y + h - center[1]
            middle = np.tile([x + w / 2, y + h / 2] - center, 5)
            self.grid[0, row] = (score, *sides, *middle)

    def run(self, _inputs: np.ndarray) -> np.ndarray:
        return self.grid


def detect(
    faces: list[tuple[list[float], float]], shape: tuple[int, int] = (48, 64), **settings: float
) -> list[tuple[list[float], float]]:
    model = Model("face_detector", "0", WIDTH, HEIGHT, {}, {"strides": STRIDES})
    detector = FaceDetector(model, FakeRuntime(faces))
    chosen = DetectorSettings(score_threshold=0.5, low_confidence_threshold=0.3, **settings)  # type: ignore[arg-type]
    found = detector.detect(np.zeros((*shape, 3), np.uint8), chosen)
    assert found.landmarks[:, 0] == pytest.approx(found.boxes[:, :2] + found.boxes[:, 2:] / 2)
    return [
        (box.round(3).tolist(), round(float(score), 3))
        for box, score in zip(found.boxes, found.scores, strict=True)
    ]


def test_faces_are_sorted_by_score_and_thresholded() -> None:
    found = detect([([4, 4, 8, 8], 0.6), ([40, 20, 10, 12], 0.9), ([20, 20, 8, 8], 0.2)])
    assert found == [([40, 20, 10, 12], 0.9), ([4, 4, 8, 8], 0.6)]


def test_overlapping_boxes_vote_on_the_box() -> None:
    found = detect([([10, 10, 20, 20], 0.8), ([12, 10, 20, 20], 0.4), ([10, 12, 20, 20], 0.4)])
    assert found == [([10.5, 10.5, 20, 20], 0.8)]


def test_suppressed_boxes_with_less_overlap_do_not_vote() -> None:
    # IoU 0.48: suppressed, but perhaps another person.
    found = detect([([10, 10, 20, 20], 0.8), ([17, 10, 20, 20], 0.6)])
    assert found == [([10, 10, 20, 20], 0.8)]


NESTED: list[tuple[list[float], float]] = [([10.0, 10, 16, 16], 0.7), ([8.0, 8, 40, 36], 0.9)]


def test_nested_boxes_are_one_face_with_the_higher_score() -> None:
    # IoU 0.18, but the smaller box lies inside the larger one.
    assert detect(NESTED) == [([8, 8, 40, 36], 0.9)]
    assert detect([([8, 8, 40, 36], 0.7), ([10, 10, 16, 16], 0.9)]) == [([10, 10, 16, 16], 0.9)]
    assert len(detect(NESTED, nms_iom=1.0)) == 2


def test_a_low_confidence_box_inside_a_face_is_not_a_second_face() -> None:
    assert detect([([10, 10, 16, 16], 0.35), ([8, 8, 40, 36], 0.9)]) == [([8, 8, 40, 36], 0.9)]


def test_low_confidence_boxes_nested_in_each_other_are_left_to_the_tracker() -> None:
    assert len(detect([([10, 10, 16, 16], 0.35), ([8, 8, 40, 36], 0.45)])) == 2


def test_a_small_face_half_in_front_of_a_large_one_is_kept() -> None:
    # 60 % of the smaller one.
    assert len(detect([([8, 8, 30, 30], 0.9), ([32, 10, 15, 20], 0.6)])) == 2
    assert len(detect([([8, 8, 30, 30], 0.9), ([29, 10, 15, 20], 0.6)])) == 2


def test_boxes_are_in_pixels_of_the_input_image() -> None:
    assert detect([([4, 4, 8, 8], 0.6)], shape=(96, 128)) == [([8, 8, 16, 16], 0.6)]


def test_boxes_in_the_padding_are_dropped() -> None:
    assert detect([([40, 4, 8, 8], 0.9), ([4, 4, 8, 8], 0.6)], shape=(48, 32)) == [
        ([4, 4, 8, 8], 0.6)
    ]


def test_max_faces_keeps_the_best_scores() -> None:
    faces = [([8.0 * n, 4, 6, 6], 0.9 - 0.05 * n) for n in range(6)]
    assert detect(faces, max_faces=2) == [([0, 4, 6, 6], 0.9), ([8, 4, 6, 6], 0.85)]
    assert detect([]) == []
