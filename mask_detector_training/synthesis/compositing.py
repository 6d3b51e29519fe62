# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Blending of a rendered layer into a photo, with its shadow, light, sharpness and noise."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image
from mask_detector_training.synthesis.head import HeadPose
from mask_detector_training.synthesis.photo import Photo
from mask_detector_training.synthesis.render import Layer


def compose(
    patch: Image,
    layer: Layer,
    pose: HeadPose,
    photo: Photo,
    rng: np.random.Generator,
    *,
    follow_light: bool = True,
    shadow: tuple[float, float] = (0.25, 0.5),
) -> Image:
    """Blend a layer into its part of a photo, with shadow, light, blur and noise.

    Args:
        patch: (H, W, 3) uint8 BGR part of the photo.
        layer: the rendered layer (H, W).
        pose: head pose, for the size in pixels.
        photo: light, sharpness and noise of the photo.
        rng: random generator.
        follow_light: whether uneven light on the face is uneven on the layer, too.
        shadow: least and greatest strength of the shadow, 0..1.

    Returns:
        A new (H, W, 3) uint8 image.
    """
    height, width = patch.shape[:2]
    base = patch.astype(np.float32)
    color, alpha = layer.color, layer.alpha
    blur = min(photo.blur, 0.13 * pose.scale)
    soft = float(np.sqrt(max(blur**2 - 0.35**2, 0.0)))
    if soft > 0.2:
        both = np.asarray(cv2.GaussianBlur(np.dstack([color, alpha]), (0, 0), soft), np.float32)
        color, alpha = both[..., :3], both[..., 3]
    alpha = np.clip(alpha, 0.0, 1.0)
    # The shadow is cast downwards and slightly sideways, beyond the edge of the mask.
    spread = max(0.07 * pose.scale, 0.4)
    shift = np.array([[1, 0, -0.5 * photo.side_light * spread], [0, 1, 0.6 * spread]], np.float64)
    dark = cv2.warpAffine(layer.alpha, shift, (width, height))
    dark = cv2.GaussianBlur(dark, (0, 0), spread)
    strength = float(rng.uniform(*shadow))
    shaded = base * (1 - strength * np.clip(dark, 0, 1))[..., None]
    if follow_light:
        color = color * _light_on_face(patch, layer.mask_alpha)[..., None]
    grain = rng.standard_normal((height, width)).astype(np.float32)
    if photo.blur > 0.8:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.6
    # Colors are premultiplied by alpha, so light and grain scale with it.
    out = color + (grain * photo.noise * alpha)[..., None]
    out += shaded * (1 - alpha[..., None])
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)


def _light_on_face(patch: Image, covered: Floats) -> Floats:
    """Uneven light (H, W) where a layer covers a patch, as a factor around 1."""
    gray = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(covered, (8, 8), interpolation=cv2.INTER_AREA) + 1e-3
    mean = float((small * cover).sum() / cover.sum()) + 8.0
    # Outside the mask, the background does not show the light on the face.
    small = np.where(cover > 0.5, small, mean)
    light = np.clip(((cv2.blur(small, (3, 3)) + 8.0) / mean) ** 0.4, 0.75, 1.2)
    light = cv2.resize(light, covered.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(light, np.float32)
