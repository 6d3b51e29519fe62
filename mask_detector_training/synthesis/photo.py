# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Light, sharpness and noise of a photo, to match a synthetic mask to it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image

# Fine detail over coarse detail of faces blurred by a known Gaussian (sigma in pixels) and
# compressed, medians over sharp training portraits of two sizes.
_BLUR_RATIO = np.array([0.24, 0.27, 0.31, 0.335, 0.37, 0.407, 0.453, 0.49])
_BLUR_SIGMA = np.array([4.5, 3.0, 2.0, 1.5, 1.1, 0.8, 0.5, 0.3])


@dataclass(frozen=True, eq=False)
class Photo:
    """Measurements around one face.

    Attributes:
        exposure: brightness of a white surface, as a fraction of 255.
        cast: (3,) BGR color of the light, mean 1.
        chroma: 0 for a gray image, 1 for a colorful one.
        side_light: -1..1, positive if the light comes from the right of the image.
        blur: Gaussian sigma in pixels that gives drawn edges the sharpness of the photo.
        noise: standard deviation of the sensor noise, gray levels.
    """

    exposure: float
    cast: Floats
    chroma: float
    side_light: float
    blur: float
    noise: float


def measure(crop: Image, face: Image) -> Photo:
    """Measure the photo around one face.

    Args:
        crop: (H, W, 3) BGR surroundings of the mask, at least 1x1.
        face: (H, W, 3) BGR part between eyes and chin, at least 1x1, for sharpness and noise;
            background and foreground may be sharper.
    """
    height, width = crop.shape[:2]
    if min(height, width) < 6:
        crop = np.asarray(cv2.resize(crop, (max(width, 6), max(height, 6))), np.uint8)
    if min(face.shape[:2]) < 6:
        face = crop
    skin = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY).astype(np.float32)
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    step = max(2, min(height, width) // 40)
    white = float(np.percentile(gray[::step, ::step], 97))
    # A face in the shade in front of a bright background has a mask in the shade.
    white = float(np.sqrt(white * min(white, 1.3 * float(np.percentile(skin[::2, ::2], 95)) + 1)))
    small = crop[::step, ::step].reshape(-1, 3).astype(np.float32)
    spread = float((small.max(1) - small.min(1)).mean())
    mean = small.mean(0) + 8.0
    # Skin reddens the mean of any portrait, so only part of the deviation is the light's.
    cast = np.clip((mean / mean.mean()) ** 0.25, 0.9, 1.1)
    half = gray.shape[1] // 2
    rows = slice(gray.shape[0] // 4, 3 * gray.shape[0] // 4)
    left = float(gray[rows, half // 2 : half].mean()) + 10.0
    right = float(gray[rows, half : half + half // 2 + 1].mean()) + 10.0
    detail = _middle(skin, 96)
    return Photo(
        exposure=float(np.clip((white / 225.0) ** 0.9, 0.12, 1.06)),
        cast=cast,
        chroma=float(np.clip((spread - 3.0) / 15.0, 0.0, 1.0)),
        side_light=float(np.clip(1.2 * np.log(right / left), -1.0, 1.0)),
        blur=blur_sigma(detail),
        noise=_noise(detail),
    )


def _middle(gray: Floats, side: int) -> Floats:
    """The central part, at most ``side`` pixels wide and high."""
    y, x = (max(0, (n - side) // 2) for n in gray.shape)
    return np.ascontiguousarray(gray[y : y + side, x : x + side])


def detail_ratio(gray: Floats) -> float:
    """Ratio of fine to coarse detail at strong edges, 0..1; lower with more blur.

    Fine detail of uniform areas is noise and compression, and is subtracted.
    """
    once = cv2.GaussianBlur(gray, (0, 0), 1.0)
    twice = cv2.GaussianBlur(once, (0, 0), 2.0)
    fine, coarse = np.abs(gray - once), np.abs(once - twice)
    quiet, strong = np.percentile(coarse[::2, ::2], (50, 85))
    edges = coarse >= strong
    detail = float(fine[edges].mean() - fine[coarse <= quiet].mean())
    return max(0.0, detail / (float(coarse[edges].mean()) + 1e-3))


def blur_sigma(gray: Floats) -> float:
    """Estimate of the Gaussian blur of a gray image (H, W) float32, sigma in pixels."""
    return float(np.interp(detail_ratio(gray), _BLUR_RATIO, _BLUR_SIGMA))


def _noise(gray: Floats) -> float:
    """Estimate of the noise, in gray levels, from the most uniform areas.

    The estimate is low on purpose: small faces have few uniform areas, and too little noise is
    less noticeable than too much.
    """
    residue = np.abs(gray - cv2.blur(gray, (3, 3)))
    local = np.asarray(cv2.blur(residue, (5, 5)), np.float32)
    return float(np.clip(1.3 * np.percentile(local[::2, ::2], 7), 0.0, 5.0))
