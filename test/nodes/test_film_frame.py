# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A frame of the demo's video: both views and the subtitle."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.nodes.demo.film_frame import HEIGHT, SUBTITLE_HEIGHT, compose_film_frame

CAMERA_IMAGE = np.full((480, 640, 3), 90, np.uint8)
TOP_DOWN = np.full((600, 800, 3), 200, np.uint8)


def test_views_are_side_by_side_at_one_height() -> None:
    frame = compose_film_frame(CAMERA_IMAGE, TOP_DOWN, "")
    assert frame.shape == (HEIGHT + SUBTITLE_HEIGHT, 1280, 3)
    assert (frame[:HEIGHT, :640] == 90).all() and (frame[:HEIGHT, 640:] == 200).all()


def test_subtitles_of_any_language_fit() -> None:
    silent = compose_film_frame(CAMERA_IMAGE, TOP_DOWN, "")[HEIGHT:]
    assert (silent == silent[0, 0]).all()
    for text in ("Please cover your nose.", "마스크를 써 주세요.", "word " * 60):
        band = compose_film_frame(CAMERA_IMAGE, TOP_DOWN, text)[HEIGHT:]
        assert (band != silent).any()
        assert (band[:, -4:] == silent[:, -4:]).all(), "the subtitle is cut off"
