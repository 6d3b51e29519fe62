# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A frame of the demo's film holds both views and what is said."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.nodes.demo.film_frame import BAND, HEIGHT, film_picture

SEEN = np.full((480, 640, 3), 90, np.uint8)
ABOVE = np.full((600, 800, 3), 200, np.uint8)


def test_views_side_by_side_at_one_height() -> None:
    picture = film_picture(SEEN, ABOVE, "")
    assert picture.shape == (HEIGHT + BAND, 1280, 3)
    assert (picture[:HEIGHT, :640] == 90).all() and (picture[:HEIGHT, 640:] == 200).all()


def test_words_appear_while_somebody_speaks_in_any_language() -> None:
    silent = film_picture(SEEN, ABOVE, "")[HEIGHT:]
    assert (silent == silent[0, 0]).all()
    for words in ("Please cover your nose.", "마스크를 써 주세요.", "word " * 60):
        band = film_picture(SEEN, ABOVE, words)[HEIGHT:]
        assert (band != silent).any()
        assert (band[:, -4:] == silent[:, -4:]).all(), "the words run out of the picture"
