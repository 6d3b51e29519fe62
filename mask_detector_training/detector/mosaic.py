# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training pictures for the detector: parts of scenes and mosaics, at the product's scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np

from mask_detector_ros.perception.face_detector import PADDING
from mask_detector_ros.perception.types import CLASS_LABELS, CLASSES, FloatArray, Image
from mask_detector_training.data.augmentation import Random, photometric
from mask_detector_training.data.datasets import POSSIBLE, Record
from mask_detector_training.data.pseudo_labels import Taught
from mask_detector_training.detector.detector_model import HEIGHT, WIDTH
from mask_detector_training.synthesis import draw_mask, is_dressable

MAX_FACES = 48
TARGET_COLUMNS = 20
"""Box x1, y1, x2, y2; kind; five landmarks x, y; 1 where the landmarks count; 1 for every
class the face may have: one, none where nobody told, two where only ``incorrect`` is known."""
FACE, IGNORED = 1.0, -1.0
SMALLEST = 7.0
"""Sides below this many pixels are ignored: no cell of the finest grid need lie inside."""
SWAPPED = [1, 0, 2, 4, 3]
"""Where the five landmarks go when a picture is mirrored."""


class Composer:
    """Makes the n-th training sample; the same n and seed always give the same one."""

    def __init__(
        self,
        records: Sequence[Record],
        lessons: Mapping[str, Taught],
        side: int,
        seed: int,
        dressed: float = 0.0,
    ) -> None:
        """Samples of ``side`` x ``side`` pixels of a 640 x 480 frame.

        ``dressed`` is the part of the bare faces that get a mask drawn on.
        """
        self._scenes = [r for r in records if r.folder != "crops"]
        self._close = [r for r in records if r.folder == "crops"]
        if not self._scenes:
            self._scenes = self._close
        self._lessons = lessons
        self._side = side
        self._seed = seed
        self._dressed = dressed

    def sample(self, number: int) -> tuple[Image, FloatArray]:
        """Picture (side, side, 3) uint8 BGR and targets (MAX_FACES, TARGET_COLUMNS)."""
        random = np.random.default_rng((self._seed, number))
        side = self._side
        canvas = np.full((side, side, 3), PADDING, np.uint8)
        rows: list[FloatArray] = []
        parts = int(random.choice([1, 2, 3], p=[0.4, 0.45, 0.15]))
        across, down = _cuts(parts, side, random), _cuts(parts, side, random)
        for y0, y1 in pairwise(down):
            for x0, x1 in pairwise(across):
                self._place(canvas, rows, (x0, y0, x1, y1), parts, random)
        targets = np.zeros((MAX_FACES, TARGET_COLUMNS), np.float32)
        if rows:
            found = np.stack(rows)
            # Real faces first, should there be too many.
            found = found[np.argsort(-found[:, 4], kind="stable")][:MAX_FACES]
            targets[: len(found)] = found
        return photometric(canvas, random), targets

    def _place(
        self,
        canvas: Image,
        rows: list[FloatArray],
        tile: tuple[int, int, int, int],
        parts: int,
        random: Random,
    ) -> None:
        """Fill a tile (x0, y0, x1, y1) of the canvas with a part of some picture."""
        if self._close and parts > 1 and random.random() < 0.3:
            record = self._close[random.integers(len(self._close))]
        else:
            record = self._scenes[random.integers(len(self._scenes))]
        taught = self._lessons[record.key]
        image, taught = self._dress(record.load(), taught, random)
        h, w = image.shape[:2]
        natural = min(WIDTH / w, HEIGHT / h)
        scale = natural * np.exp(random.uniform(np.log(0.5), np.log(1.3)))
        faces = taught.boxes[~taught.ignore]
        if len(faces) and (parts > 1 or random.random() < 0.4):
            wanted = np.exp(random.uniform(np.log(11), np.log(180 / parts)))
            scale = wanted / max(float(faces[random.integers(len(faces)), 2]), 1.0)
            scale = float(np.clip(scale, 0.25 * natural, 2.0 * natural))
        if scale < 0.6:
            inner = (max(1, round(w * scale)), max(1, round(h * scale)))
            image = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
            shrink = np.array([inner[0] / w, inner[1] / h])
            rest = 1.0
        else:
            shrink, rest = np.ones(2), scale
        x0, y0, x1, y1 = tile
        size = np.array([x1 - x0, y1 - y0], float)
        matrix = self._transform(image, taught, shrink, rest, size, random)
        patch = cv2.warpAffine(
            image, matrix, (x1 - x0, y1 - y0),
            flags=cv2.INTER_LINEAR, borderValue=(PADDING,) * 3,
        )  # fmt: skip
        canvas[y0:y1, x0:x1] = patch
        matrix = matrix.copy()
        matrix[:, :2] *= shrink
        matrix[:, 2] += (x0, y0)
        rows += _targets(taught, matrix, np.array([x0, y0]), np.array([x1, y1]))

    def _dress(self, image: Image, taught: Taught, random: Random) -> tuple[Image, Taught]:
        """Draw masks on some bare faces, worn in all ways."""
        statuses = list(taught.statuses)
        for row, (box, points) in enumerate(zip(taught.boxes, taught.landmarks, strict=True)):
            bare = statuses[row] == "no_mask" and not taught.ignore[row]
            if bare and random.random() < self._dressed and is_dressable(box, points, image.shape):
                wear = CLASSES[int(random.integers(1, len(CLASSES)))]
                image = draw_mask(image, wear, box=box, landmarks=points, rng=random)
                statuses[row] = wear.label
        return image, replace(taught, statuses=tuple(statuses))

    def _transform(
        self,
        image: Image,
        taught: Taught,
        shrink: FloatArray,
        scale: float,
        size: FloatArray,
        random: Random,
    ) -> FloatArray:
        """Where the picture goes in its tile: a (2, 3) matrix of image to tile pixels."""
        h, w = image.shape[:2]
        stretch = np.exp(random.uniform(-0.08, 0.08))
        scales = np.array([scale * stretch, scale / stretch])
        angle = random.normal(0, 0.12) if random.random() < 0.3 else 0.0
        flip = -1.0 if random.random() < 0.5 else 1.0
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = turn @ np.diag([flip * scales[0], scales[1]])
        faces = taught.boxes[~taught.ignore]
        if len(faces) and random.random() < 0.75:
            box = faces[random.integers(len(faces))]
            look_at = (box[:2] + box[2:] / 2) * shrink
            goal = size * random.uniform(0.1, 0.9, 2)
        else:
            look_at = np.array([w, h]) * random.uniform(0, 1, 2)
            goal = size * random.uniform(0, 1, 2)
        reach = np.array([w, h]) * scales
        center = linear @ (np.array([w, h]) / 2)
        offset = goal - linear @ look_at
        # Keep the tile filled where the picture is large enough to do so.
        middle = center + offset
        room = np.abs(reach - size) / 2
        offset += np.clip(middle, size / 2 - room, size / 2 + room) - middle
        return np.concatenate([linear, offset[:, None]], 1)


def _cuts(parts: int, side: int, random: Random) -> list[int]:
    """Where a side is cut into some parts, none of them narrow."""
    shift = 0.4 / parts
    inner = [(n + random.uniform(-shift, shift)) / parts for n in range(1, parts)]
    return [0, *(round(side * part) for part in inner), side]


def _targets(
    taught: Taught, matrix: FloatArray, low: FloatArray, high: FloatArray
) -> list[FloatArray]:
    """Target rows of the faces that a transform (2, 3) takes into low..high (canvas px)."""
    rows: list[FloatArray] = []
    linear, offset = matrix[:, :2], matrix[:, 2]
    mirrored = np.linalg.det(linear) < 0
    factors = np.linalg.norm(linear, axis=0)
    faces = zip(taught.boxes, taught.landmarks, taught.ignore, taught.statuses, strict=True)
    for box, points, ignored, status in faces:
        center = linear @ (box[:2] + box[2:] / 2) + offset
        half = box[2:] * factors / 2
        corner, end = np.maximum(center - half, low), np.minimum(center + half, high)
        sides = end - corner
        if (sides <= 1).any():
            continue
        row = np.zeros(TARGET_COLUMNS, np.float32)
        row[:4] = *corner, *end
        visible = np.prod(sides) / np.prod(2 * half)
        kept = not ignored and visible >= 0.4 and sides.min() >= SMALLEST
        row[4] = FACE if kept else IGNORED
        if not np.isnan(points).any():
            moved = points @ linear.T + offset
            row[5:15] = (moved[SWAPPED] if mirrored else moved).reshape(-1)
            row[15] = float(visible >= 0.7)
        if visible >= 0.7:
            row[16:] = [name in POSSIBLE[status] for name in CLASS_LABELS]
        rows.append(row)
    return rows
