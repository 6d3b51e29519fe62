# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Photometric augmentation: random light, color, blur, noise and compression."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_training.pixel_changes import compress, equalize, grayscale

Random = np.random.Generator


def photometric(image: Image, random: Random, strength: float = 1.0) -> Image:
    """Vary light, color, sharpness, noise and compression of an image (H, W, 3) uint8 BGR.

    ``strength`` scales the probability of each change.
    """
    if random.random() < 0.8 * strength:
        image = _light(image, random)
    if random.random() < 0.5 * strength:
        image = _color(image, random)
    if random.random() < 0.15 * strength:
        image = grayscale(image)
    if random.random() < 0.04 * strength:
        image = equalize(image)
    if random.random() < 0.15 * strength:
        image = _blur(image, random)
    if random.random() < 0.2 * strength:
        image = _noise(image, random)
    if random.random() < 0.2 * strength:
        image = compress(image, int(random.integers(25, 90)))
    return image


def _light(image: Image, random: Random) -> Image:
    gain, offset = random.uniform(0.65, 1.35), random.uniform(-25, 25)
    gamma = np.exp(random.uniform(-0.35, 0.35))
    if random.random() < 0.2:
        # From half to a sixteenth of the light.
        gain, offset = gain * np.exp(random.uniform(np.log(0.25), np.log(0.75))), 0.0
    ramp = np.arange(256, dtype=np.float32)
    table = 255 * np.clip(((ramp - 127) * gain + 127 * min(gain, 1.1) + offset) / 255, 0, 1)
    table = 255 * (table / 255) ** gamma
    return np.asarray(cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


def _color(image: Image, random: Random) -> Image:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    shift, saturation = int(random.integers(-9, 10)), random.uniform(0.5, 1.5)
    hue = ((np.arange(256) + shift) % 180).astype(np.uint8)
    ramp = np.arange(256)
    table = np.stack([hue, np.clip(ramp * saturation, 0, 255).astype(np.uint8), ramp], 1)
    varied = cv2.cvtColor(cv2.LUT(hsv, table[None].astype(np.uint8)), cv2.COLOR_HSV2BGR)
    if random.random() < 0.4:
        # A color cast, as from street lamps or a wrong white balance.
        gains = random.uniform(0.8, 1.2, 3)
        cast = np.clip(ramp[:, None] * gains, 0, 255).astype(np.uint8)
        varied = cv2.LUT(varied, cast[None])
    return np.asarray(varied, np.uint8)


def _blur(image: Image, random: Random) -> Image:
    if random.random() < 0.5:
        blurred = cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.6))
        return np.asarray(blurred, np.uint8)
    length = int(random.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    middle, angle = (length - 1) / 2, random.uniform(0, np.pi)
    half = np.array([np.cos(angle), np.sin(angle)]) * middle
    start, end = np.round(middle - half).astype(int), np.round(middle + half).astype(int)
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _noise(image: Image, random: Random) -> Image:
    # Uniform noise is cheap and, at this amplitude, looks like sensor noise.
    spread = random.uniform(4, 22)
    noise = random.random(image.shape, dtype=np.float32) * (2 * spread) - spread
    return np.clip(image + noise, 0, 255).astype(np.uint8)
