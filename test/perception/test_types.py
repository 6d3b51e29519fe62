# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.types import CLASSES, VIOLATIONS, Detections, WearStatus


def test_probabilities_are_in_the_order_of_the_statuses() -> None:
    assert [int(status) for status in CLASSES] == [1, 2, 3, 4]
    assert WearStatus.UNKNOWN not in VIOLATIONS and WearStatus.CORRECT not in VIOLATIONS


def test_empty_has_no_rows_in_any_array() -> None:
    faces = Detections.empty()
    assert len(faces) == 0
    assert faces.covariances.shape == (0, 3, 3) and faces.landmarks.shape == (0, 5, 2)


def test_indexing_selects_rows_of_all_arrays() -> None:
    faces = Detections.of_boxes(np.arange(12.0).reshape(3, 4), np.array([0.1, 0.2, 0.3]))
    assert faces[faces.scores > 0.15].boxes.tolist() == faces.boxes[1:].tolist()
    assert faces[1].scores.tolist() == pytest.approx([0.2])
    assert faces[-1].scores.tolist() == pytest.approx([0.3])


def test_single_faces_by_index() -> None:
    faces = Detections.of_boxes(np.array([[0, 0, 1, 1], [5, 0, 1, 1]]), np.ones(2))
    assert [faces[row].boxes[0, 0] for row in range(len(faces))] == [0, 5]
    with pytest.raises(IndexError):  # so that iterating ends
        faces[2]


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one row per face"):
        Detections.of_boxes(np.zeros((2, 4)), np.zeros(3))
