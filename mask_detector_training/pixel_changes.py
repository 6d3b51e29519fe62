# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Changes of an image's pixels that both training and evaluation use."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import Image


def grayscale(image: Image) -> Image:
    """An image (H, W, 3) uint8 BGR without color."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)


def equalize(image: Image) -> Image:
    """An image (H, W, 3) uint8 BGR with an equalized histogram of the luma; colors stay."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    luma[..., 0] = cv2.equalizeHist(np.ascontiguousarray(luma[..., 0]))
    return np.asarray(cv2.cvtColor(luma, cv2.COLOR_YCrCb2BGR), np.uint8)


def compress(image: Image, quality: int) -> Image:
    """An image (H, W, 3) uint8 BGR after JPEG compression with a quality of 0 to 100."""
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
