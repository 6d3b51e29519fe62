# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One frame of the demo's video: camera image, top-down view and subtitle."""

from __future__ import annotations

import textwrap

import cv2
import numpy as np

from mask_detector_ros.arrays import Image

HEIGHT, SUBTITLE_HEIGHT = 480, 64
"""Pixels of the two views, and of the subtitle below them."""
FONT = cv2.FONT_HERSHEY_SIMPLEX
BACKGROUND, TEXT_COLOR = (250, 250, 250), (50, 45, 40)
MAX_CHARACTERS = 100
"""Longest subtitle."""


def compose_film_frame(camera_image: Image, top_down: Image, subtitle: str) -> Image:
    """Put both views side by side, above the subtitle.

    Args:
        camera_image: (H, W, 3) BGR, annotated.
        top_down: (H, W, 3) BGR.
        subtitle: what is being said; may be empty.

    Returns:
        (HEIGHT + SUBTITLE_HEIGHT, W', 3) BGR.
    """
    views = np.hstack([_resize_to_height(camera_image), _resize_to_height(top_down)])
    band = np.full((SUBTITLE_HEIGHT, views.shape[1], 3), BACKGROUND, np.uint8)
    if subtitle:
        # OpenCV draws ASCII only.
        ascii_text = subtitle.encode("ascii", "replace").decode()
        text = f'"{textwrap.shorten(ascii_text, MAX_CHARACTERS, placeholder=" ...")}"'
        cv2.putText(band, text, (20, 40), FONT, 0.65, TEXT_COLOR, 1, cv2.LINE_AA)
    return np.vstack([views, band])


def _resize_to_height(image: Image) -> Image:
    height, width = image.shape[:2]
    if height == HEIGHT:
        return image
    size = (round(width * HEIGHT / height), HEIGHT)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
