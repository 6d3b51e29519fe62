# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_detector_ros.perception.face_detector import (
    PADDING,
    drop_nested,
    iom_matrix,
    iou_matrix,
    letterbox,
)
from mask_detector_ros.perception.mask_classifier import face_crop

number = st.floats(-1e4, 1e4, allow_nan=False)


def test_iou() -> None:
    a = np.array([[0, 0, 10, 10]])
    b = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [20, 20, 5, 5], [0, 0, 0, 0]])
    assert iou_matrix(a, b)[0].tolist() == pytest.approx([1.0, 1 / 3, 0.0, 0.0])


def test_iom_is_the_shared_fraction_of_the_smaller_box() -> None:
    a = np.array([[0, 0, 10, 10]])
    b = np.array([[2, 2, 4, 4], [5, 0, 10, 10], [-5, -5, 40, 40], [20, 20, 5, 5], [0, 0, 0, 0]])
    assert iom_matrix(a, b)[0].tolist() == pytest.approx([1.0, 0.5, 1.0, 0.0, 0.0])
    assert iom_matrix(a, np.zeros((0, 4))).shape == (1, 0)


def test_of_nested_boxes_the_first_is_kept() -> None:
    boxes = np.array([[20, 20, 20, 20], [10, 10, 60, 60], [12, 40, 20, 20], [200, 0, 9, 9]])
    faces = np.ones(4, bool)
    # The second contains the first; the third lies in the dropped second only.
    assert drop_nested(boxes, faces, 0.65).tolist() == [0, 2, 3]
    assert drop_nested(boxes, faces, 1.0).tolist() == [0, 1, 2, 3]
    assert drop_nested(boxes, ~faces, 0.65).tolist() == [0, 1, 2, 3]
    assert drop_nested(np.zeros((0, 4)), np.zeros(0, bool), 0.65).tolist() == []


def test_iou_without_boxes() -> None:
    assert iou_matrix(np.zeros((0, 4)), np.zeros((3, 4))).shape == (0, 3)


@given(height=st.integers(1, 900), width=st.integers(1, 900))
def test_letterbox_keeps_the_aspect_ratio_and_pads_right_and_below(height: int, width: int) -> None:
    image = np.full((height, width, 3), 200, np.uint8)
    canvas, scale = letterbox(image, 640, 480)
    assert canvas.shape == (480, 640, 3)
    assert canvas[0, 0, 0] == 200
    columns = (canvas[0, :, 0] == 200).sum()
    rows = (canvas[:, 0, 0] == 200).sum()
    assert abs(columns - max(1, width * scale)) <= 1 and abs(rows - max(1, height * scale)) <= 1
    assert columns == 640 or rows == 480
    assert np.isin(canvas, (200, PADDING)).all()


def test_an_image_of_the_right_size_is_not_copied() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    assert letterbox(image, 640, 480)[0] is image


def test_a_crop_is_centered_on_the_face() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[90:110, 90:110] = 255
    crop = face_crop(image, np.array([90, 90, 20, 20]), size=40, context=2.0)
    assert crop[20, 20, 0] == 255 and crop[5, 5, 0] == 0
    assert (crop[..., 0] > 127).mean() == pytest.approx(0.25, abs=0.03)


@given(x=number, y=number, w=st.floats(0, 3000), h=st.floats(0, 3000))
def test_any_box_gives_a_crop(x: float, y: float, w: float, h: float) -> None:
    image = np.full((48, 64, 3), 7, np.uint8)
    crop = face_crop(image, np.array([x, y, w, h]), size=32, context=1.5)
    assert crop.shape == (32, 32, 3)
    assert (crop == 7).all()  # beyond the edge, the edge repeats


def test_a_crop_can_be_shifted_below_the_face() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[90:110, 90:110] = 255
    crop = face_crop(image, np.array([90, 90, 20, 20]), size=40, context=2.0, below=0.25)
    rows = np.flatnonzero((crop[..., 0] > 127).any(1))
    assert (rows[0], rows[-1]) == (5, 24)  # the face has moved up by a quarter of its side
