# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A face detector for white rectangles, which misses small ones as a real detector does."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.perception.face_detector import COLUMNS, FaceDetector, grid_centers
from mask_detector_ros.perception.models import Model

STRIDES = [8, 16, 32]
ASPECT = 1.25
SMALLEST_PX, CLEAR_PX = 11.0, 18.0
"""Narrower faces are missed; from the second width on, the score is high."""
LOW_SCORE, HIGH_SCORE = 0.42, 0.9


class BrightFaces:
    """A runtime that finds white rectangles in its input; ``runs`` counts the detections."""

    name, file_format = "test", "test"

    def __init__(self, width: int, height: int) -> None:
        self.centers = grid_centers(width, height, STRIDES)
        self.runs = 0

    def run(self, inputs: np.ndarray) -> np.ndarray:
        self.runs += 1
        white = (inputs[0].min(axis=2) > 127).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(white, connectivity=4)
        grid = np.zeros((1, len(self.centers), COLUMNS), np.float32)
        for x, y, w, h, _area in found[1:].astype(float):
            if w < SMALLEST_PX:
                continue
            middle = np.array([x + w / 2, y + h / 2])
            row = int(np.argmin(((self.centers - middle) ** 2).sum(axis=1)))
            cx, cy = self.centers[row]
            score = HIGH_SCORE if w >= CLEAR_PX else LOW_SCORE
            points = np.tile(middle - self.centers[row], 5)
            grid[0, row] = (score, cx - x, cy - y, x + w - cx, y + h - cy, *points)
        return grid


def bright_detector(width: int = 640, height: int = 480) -> tuple[FaceDetector, BrightFaces]:
    """The detector and its runtime, whose input has this size."""
    runtime = BrightFaces(width, height)
    model = Model("face_detector", "0", width, height, {}, {"strides": STRIDES})
    return FaceDetector(model, runtime), runtime


def bright_image(size: tuple[int, int], boxes: np.ndarray) -> np.ndarray:
    """A black image (H, W, 3) with white faces, (N, 4) whole xywh pixels."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, w, h in np.asarray(boxes, int).tolist():
        image[max(y, 0) : y + h, max(x, 0) : x + w] = 255
    return image


def face_box(x: float, y: float, width: float) -> list[int]:
    """A box of a face, xywh."""
    return [round(x), round(y), round(width), round(ASPECT * width)]
