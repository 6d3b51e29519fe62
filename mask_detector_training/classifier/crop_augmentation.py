# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random augmentation of face crops: box, rotation, occlusion, light and resolution."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_training.classifier.classifier_model import BELOW, CONTEXT
from mask_detector_training.data.augmentation import Random, photometric

ROTATION_MARGIN = 1.4
"""Crops are cut larger by this factor, so that a rotation leaves no empty corners."""
MAX_TILT_DEG = 38.0
TIGHT_IMAGES = 0.2
"""Fraction of the samples cut off closely around the face, as if the face filled the image."""


def augment_crop(image: Image, box: FloatArray, size: int, random: Random) -> Image:
    """Cut an augmented crop (size, size, 3) of a face.

    Varies box, rotation, mirroring, occlusion, light and resolution.
    """
    if random.random() < TIGHT_IMAGES:
        image, box = _tight(image, box, random)
    x, y, w, h = (float(v) for v in box)
    longer = max(w, h)
    # The labels' boxes differ in tightness, and at run time boxes come from a detector.
    scale = np.exp(random.normal(0, 0.14))
    dx, dy = np.clip(random.normal(0, 0.07, 2), -0.2, 0.2) * longer
    stretch = np.exp(random.normal(0, 0.06))
    jittered = np.array(
        [x + w / 2 - w * scale / 2 + dx, y + h / 2 - h * scale / 2 + dy, w * scale, h * scale]
    )
    large = round(size * ROTATION_MARGIN)
    large_crop = face_crop(image, jittered, large, CONTEXT * ROTATION_MARGIN, BELOW)
    angle = np.deg2rad(_tilt(random))
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear[0] *= stretch
    center = linear @ np.full(2, large / 2 - 0.5)
    matrix = np.concatenate([linear, (size / 2 - 0.5 - center)[:, None]], 1)
    warped = cv2.warpAffine(
        large_crop, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    crop = np.asarray(warped, np.uint8)
    if random.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    if random.random() < 0.2:
        crop = _occlude(crop, random)
    crop = photometric(crop, random)
    if random.random() < 0.5:
        # The resolution of a face 13 to 55 pixels wide.
        low = round(CONTEXT * float(np.exp(random.uniform(np.log(13), np.log(55)))))
        if low < size:
            small = cv2.resize(crop, (low, low), interpolation=cv2.INTER_AREA)
            enlarged = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
            crop = np.asarray(enlarged, np.uint8)
    return crop


def _tilt(random: Random) -> float:
    """Angle in degrees: often small, sometimes up to ``MAX_TILT_DEG``, as a head may be tilted."""
    kind = random.random()
    if kind < 0.25:
        return float(random.uniform(-MAX_TILT_DEG, MAX_TILT_DEG))
    return float(random.normal(0, 9)) if kind < 0.75 else 0.0


def _tight(image: Image, box: FloatArray, random: Random) -> tuple[Image, FloatArray]:
    """Cut the image off closely around the face; returns the part and the box in it."""
    margins = random.uniform(-0.05, 0.3, 4) * np.tile(box[2:], 2)
    height, width = image.shape[:2]
    left, top = np.maximum(box[:2] - margins[:2], 0).astype(int)
    right, bottom = np.ceil(box[:2] + box[2:] + margins[2:]).astype(int)
    right, bottom = min(int(right), width), min(int(bottom), height)
    if right - left < 2 or bottom - top < 2:
        return image, box
    return image[top:bottom, left:right], box - np.array([left, top, 0, 0], box.dtype)


def _occlude(crop: Image, random: Random) -> Image:
    """Cover a small area, as another head or a thing would.

    Half of the time with a part of the same crop: a hand has the color of the face and must not
    be classified as a mask.
    """
    size = crop.shape[0]
    w, h = (random.uniform(0.1, 0.3, 2) * size).astype(int)
    x, y = (int(v) for v in random.integers(0, size - max(w, h), 2))
    if random.random() < 0.5:
        from_x, from_y = (int(v) for v in random.integers(0, size - max(w, h), 2))
        cover = crop[from_y : from_y + h, from_x : from_x + w].astype(np.float32)
    else:
        cover = np.full((h, w, 3), random.integers(0, 256, 3), np.float32)
    rows, columns = np.ogrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    # From an ellipse with soft edges to a rectangle with hard ones.
    power = 2 ** random.uniform(1, 4)
    distance = np.abs(rows) ** power + np.abs(columns) ** power
    alpha = np.clip(3 * (1.15 - distance), 0, 1)[..., np.newaxis]
    crop = crop.copy()
    area = crop[y : y + h, x : x + w]
    crop[y : y + h, x : x + w] = area * (1 - alpha) + cover * alpha
    return crop
