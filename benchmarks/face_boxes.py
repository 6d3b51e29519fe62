# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Size of the shipped detector's face boxes: the constants of ``perception/ranging.py``.

    python benchmarks/face_boxes.py [--data DIR] [--models DIR] [--faces 150]

Faces of val at least 90 pixels wide are scaled to the widths in the table, and put at three places
in an empty input image. A box is compared with that of the same face 30 pixels wide. The columns
of the table: width of the labeled box, number of faces, width of the detected box, ratio to the
width and height expected from the box at 30 pixels, what ``ranging.py`` says of that ratio, and
standard deviation of the width over the three places.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.face_detector import PADDING, FaceDetector, iou_matrix
from mask_detector_ros.perception.frame_status import yaw_ratio
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.ranging import BOX_BIAS, BOX_WIDTHS_PX
from mask_detector_ros.resources import find_resource
from mask_detector_training.data.datasets import data_root, load_splits

REFERENCE_PX, MIN_PX = 30, 90
WIDTHS_PX = (10, 12, 14, 17, 20, 24, 32, 40, 50, 56, 62, 70, 80, 100, 130)
FRONTAL = 0.25
"""Largest yaw ratio of a frontal face."""


class Scaled:
    """A face with its surroundings that can be shown to the detector at any size."""

    def __init__(self, image: np.ndarray, box: np.ndarray) -> None:
        x, y, w, h = box
        half = 1.5 * max(w, h)
        left, top = int(max(x + w / 2 - half, 0)), int(max(y + h / 2 - half, 0))
        self._part = image[top : int(y + h / 2 + half), left : int(x + w / 2 + half)]
        self._box = box - [left, top, 0, 0]

    def find(
        self, detector: FaceDetector, width: float, place: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Detected box and landmarks with the labeled box ``width`` pixels wide; None if missed."""
        scale = width / self._box[2]
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        part = cv2.resize(self._part, None, fx=scale, fy=scale, interpolation=method)
        columns, rows = detector.input_size
        canvas = np.full((rows, columns, 3), PADDING, np.uint8)
        x, y = place
        shown = part[: rows - y, : columns - x]
        canvas[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
        factor = part.shape[1] / self._part.shape[1], part.shape[0] / self._part.shape[0]
        expected = self._box * [*factor, *factor] + [x, y, 0, 0]
        found = detector.detect(canvas, DetectorSettings())
        overlaps = iou_matrix(found.boxes, expected[None])[:, 0]
        if not len(overlaps) or overlaps.max() < 0.3:
            return None
        row = int(overlaps.argmax())
        return np.asarray(found.boxes[row], np.float64), found.landmarks[row]


def large_faces(data: Path, count: int) -> Iterator[Scaled]:
    """The first large face of each image of val."""
    for record in load_splits(data, only=["val"])["val"]:
        labeled = zip(record.boxes, record.statuses, strict=True)
        boxes = [np.asarray(box, np.float64) for box, status in labeled if status != "ignore"]
        large = [box for box in boxes if box[2] >= MIN_PX]
        if large and count:
            count -= 1
            yield Scaled(record.load(), large[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of the training data")
    parser.add_argument("--models", type=Path, help="model folder")
    parser.add_argument("--faces", type=int, default=150, help="number of faces")
    arguments = parser.parse_args()
    model = load_manifest(arguments.models or find_resource("models"))["face_detector"]
    detector = FaceDetector(model, runtimes.load(model, "auto"))
    rng = np.random.default_rng(0)
    aspects, eyes = [], []
    ratios: dict[int, list[np.ndarray]] = {width: [] for width in WIDTHS_PX}
    for face in large_faces(data_root(arguments.data), arguments.faces):
        reference = face.find(detector, REFERENCE_PX, (0, 0))
        if reference is None:
            continue
        box, landmarks = reference
        if yaw_ratio(landmarks[None])[0] < FRONTAL:
            aspects.append(box[3] / box[2])
            eyes.append(box[2] / np.linalg.norm(landmarks[0] - landmarks[1]))
        for width in WIDTHS_PX:
            places = rng.integers(0, 60, (3, 2))
            tried = [face.find(detector, width, (int(x), int(y))) for x, y in places]
            sides = [found[0][2:] for found in tried if found is not None]
            if len(sides) > 1:
                mean, jitter = np.mean(sides, axis=0), np.std(sides, axis=0, ddof=1)[0]
                true = box[2:] * width / REFERENCE_PX
                ratios[width].append(np.array([*(mean / true), mean[0], jitter]))
    print(
        f"frontal faces: height over width {np.median(aspects):.3f} (standard deviation of the "
        f"logarithm {np.std(np.log(aspects)):.3f}), width over eye distance {np.median(eyes):.2f}"
    )
    print("\n| face | faces | box | width | ranging.py | height | jitter |")
    print("|---|---|---|---|---|---|---|")
    for width, found in ratios.items():
        if not found:
            continue
        wide, high, measured, jitter = np.median(found, axis=0)
        print(
            f"| {width} px | {len(found)} | {measured:.1f} px | x{wide:.3f} "
            f"| x{np.interp(measured, BOX_WIDTHS_PX, BOX_BIAS):.3f} | x{high:.3f} "
            f"| {jitter:.2f} px |"
        )


if __name__ == "__main__":
    main()
