# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One frame of the demo's film: what the robot sees, the world from above, and what is said."""

from __future__ import annotations

import textwrap

import cv2
import numpy as np

from mask_detector_ros.perception.types import Image

HEIGHT, BAND = 480, 64
"""Pixels of the two views and of the band with words under them."""
FONT = cv2.FONT_HERSHEY_SIMPLEX
PAPER, INK = (250, 250, 250), (50, 45, 40)
LETTERS = 100
"""That fit into the band."""


def film_picture(seen: Image, above: Image, said: str) -> Image:
    """Compose a frame.

    Args:
        seen: (H, W, 3) BGR, the annotated camera image.
        above: (H, W, 3) BGR, the world from above.
        said: what is being said; empty for nothing.

    Returns:
        (HEIGHT + BAND, W', 3) BGR.
    """
    picture = np.hstack([_of_height(seen), _of_height(above)])
    band = np.full((BAND, picture.shape[1], 3), PAPER, np.uint8)
    if said:
        # OpenCV's letters are ASCII.
        plain = said.encode("ascii", "replace").decode()
        words = f'"{textwrap.shorten(plain, LETTERS, placeholder=" ...")}"'
        cv2.putText(band, words, (20, 40), FONT, 0.65, INK, 1, cv2.LINE_AA)
    return np.vstack([picture, band])


def _of_height(view: Image) -> Image:
    height, width = view.shape[:2]
    if height == HEIGHT:
        return view
    size = (round(width * HEIGHT / height), HEIGHT)
    return np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA))
