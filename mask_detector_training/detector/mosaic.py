# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples of the face detector: parts of scenes, and mosaics of several images.

Mosaic augmentation: Bochkovskiy et al. (2020), "YOLOv4: Optimal Speed and Accuracy of Object
Detection". Faces appear at the scales they have in the 640 x 480 input on the robot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.face_detector import PADDING
from mask_detector_ros.perception.types import CLASS_LABELS, CLASSES, WearStatus
from mask_detector_training.data.augmentation import Random, photometric
from mask_detector_training.data.blurred_lights import draw_blurred_lights
from mask_detector_training.data.datasets import POSSIBLE_CLASSES, Record
from mask_detector_training.data.formats.record import FACE as FACE_STATUS
from mask_detector_training.data.pseudo_labels import PseudoLabels
from mask_detector_training.detector.detector_model import HEIGHT, WIDTH
from mask_detector_training.pixel_changes import grayscale
from mask_detector_training.synthesis import (
    COVERS,
    cover_hides_mouth,
    cover_suits_masks,
    draw_cover,
    draw_mask,
    is_suitable_face,
)

MAX_FACES = 64
TARGET_COLUMNS = 22
"""Columns of a target row: box x1, y1, x2, y2; FACE, IGNORED or 0 (unused row); five landmarks
x, y; 1 where the landmarks are valid; 1 for each of the four classes the face may have (none if
unlabeled, two for ``incorrect``); the highest score the face should get; the weight of its box."""
FACE, IGNORED = 1.0, -1.0
MIN_FACE_SIDE_PX = 7.0
"""Smaller faces are ignored: they may contain no cell of the finest grid."""
MIN_VISIBLE_BOX, MIN_VISIBLE_DETAILS = 0.4, 0.7
"""Visible fraction from which a cut face counts, and from which its landmarks and class do."""
CERTAIN_SCORE = 0.75
"""Score of a teacher from which its face counts as much as a labeled one."""
TEACHER_BOX_WEIGHT = 0.3
"""Weight of a teacher's box beside a labeled one: it is as tight as the teacher's data."""
CLOSE_UPS = 0.25
"""Fraction of the tiles that show a close-up."""
GRAY = 0.2
"""Fraction of the samples that are made gray, besides those of ``photometric``: infrared and
surveillance cameras have no color."""
BLURRED_LIGHTS = 0.06
"""Fraction of the tiles with lights out of focus, which show no face."""
HIDING_BLUR = 0.25
"""Sigma of the blur that leaves no face, face widths."""
LIGHTS_SIDES_PX = (12.0, 120.0)
"""Smallest and largest side of a group of lights, pixels of the sample."""
NO_MASK = WearStatus.NO_MASK.label
COVERS_ON_MASKS = tuple(kind for kind in COVERS if cover_suits_masks(kind))
"""Covers that are also drawn on masked faces."""
MIRRORED_LANDMARKS = [1, 0, 2, 4, 3]
"""Order of the five landmarks in a mirrored image."""


class MosaicSampler:
    """Makes training samples by number; number and seed determine the sample."""

    def __init__(
        self,
        records: Sequence[Record],
        pseudo_labels: Mapping[str, PseudoLabels],
        side: int,
        seed: int,
        synthetic_masks: float = 0.0,
        covers: float = 0.0,
    ) -> None:
        """Group the images into scenes and close-ups.

        Args:
            records: the labeled images; those of ``crops`` are close-ups.
            pseudo_labels: boxes, landmarks and statuses by ``Record.key``.
            side: side of the samples, pixels.
            seed: seed of the random generator.
            synthetic_masks: fraction of the bare faces that get a synthetic mask.
            covers: fraction of the faces over which a cover is drawn.
        """
        self._scenes = [r for r in records if not r.close_up]
        self._close_ups = [r for r in records if r.close_up]
        if not self._scenes:
            self._scenes = self._close_ups
        self._pseudo_labels = pseudo_labels
        self._side = side
        self._seed = seed
        self._synthetic_masks, self._covers = synthetic_masks, covers

    def sample(self, number: int) -> tuple[Image, FloatArray]:
        """Image (side, side, 3) uint8 BGR and targets (MAX_FACES, TARGET_COLUMNS) float32."""
        random = np.random.default_rng((self._seed, number))
        side = self._side
        canvas = np.full((side, side, 3), PADDING, np.uint8)
        rows: list[FloatArray] = []
        tiles = int(random.choice([1, 2, 3], p=[0.4, 0.45, 0.15]))
        across, down = _tile_edges(tiles, side, random), _tile_edges(tiles, side, random)
        for y0, y1 in pairwise(down):
            for x0, x1 in pairwise(across):
                self._fill_tile(canvas, rows, (x0, y0, x1, y1), tiles, random)
        targets = np.zeros((MAX_FACES, TARGET_COLUMNS), np.float32)
        if rows:
            found = np.stack(rows)
            # If there are too many, ignored faces are dropped first.
            found = found[np.argsort(-found[:, 4], kind="stable")][:MAX_FACES]
            targets[: len(found)] = found
        if random.random() < GRAY:
            canvas = grayscale(canvas)
        return photometric(canvas, random), targets

    def _fill_tile(
        self,
        canvas: Image,
        rows: list[FloatArray],
        tile: tuple[int, int, int, int],
        tiles: int,
        random: Random,
    ) -> None:
        """Fill a tile (x0, y0, x1, y1) of the canvas with a part of a random image.

        ``tiles`` is the number of tiles per side of the mosaic.
        """
        close_up = bool(self._close_ups) and random.random() < CLOSE_UPS
        records = self._close_ups if close_up else self._scenes
        record = records[random.integers(len(records))]
        labels = self._pseudo_labels[record.key]
        image, labels = self._draw_on_faces(record.load(), labels, random)
        h, w = image.shape[:2]
        fit = min(WIDTH / w, HEIGHT / h)
        scale = fit * np.exp(random.uniform(np.log(0.5), np.log(1.3)))
        faces = labels.boxes[~labels.ignored]
        if len(faces) and (tiles > 1 or close_up or random.random() < 0.4):
            # In front of a webcam a face fills the image.
            low, high = (60, 300) if close_up and tiles == 1 else (10, 180 / tiles)
            width_px = np.exp(random.uniform(np.log(low), np.log(high)))
            scale = width_px / max(float(faces[random.integers(len(faces)), 2]), 1.0)
            scale = float(np.clip(scale, 0.25 * fit, 2.0 * fit))
        if scale < 0.6:
            small = (max(1, round(w * scale)), max(1, round(h * scale)))
            image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
            shrink = np.array([small[0] / w, small[1] / h])
            rest = 1.0
        else:
            shrink, rest = np.ones(2), scale
        x0, y0, x1, y1 = tile
        size = np.array([x1 - x0, y1 - y0], float)
        matrix = self._transform(image, labels, shrink, rest, size, random)
        border = cv2.BORDER_REPLICATE if random.random() < 0.3 else cv2.BORDER_CONSTANT
        patch = cv2.warpAffine(
            image, matrix, (x1 - x0, y1 - y0),
            flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(PADDING,) * 3,
        )  # fmt: skip
        matrix = matrix.copy()
        matrix[:, :2] *= shrink
        matrix[:, 2] += (x0, y0)
        targets = make_targets(labels, matrix, np.array([x0, y0]), np.array([x1, y1]))
        if random.random() < BLURRED_LIGHTS:
            patch, targets = _draw_lights(np.asarray(patch, np.uint8), targets, random), []
        canvas[y0:y1, x0:x1] = patch
        rows += targets

    def _draw_on_faces(
        self, image: Image, labels: PseudoLabels, random: Random
    ) -> tuple[Image, PseudoLabels]:
        """Draw synthetic masks of random wear status on bare faces, and covers on any."""
        statuses = list(labels.statuses)
        for row, (box, points) in enumerate(zip(labels.boxes, labels.landmarks, strict=True)):
            suitable = is_suitable_face(box, points, image.shape)
            if labels.ignored[row] or not suitable:
                continue
            if statuses[row] == NO_MASK and random.random() < self._synthetic_masks:
                status = CLASSES[int(random.integers(1, len(CLASSES)))]
                image = draw_mask(image, status, box=box, landmarks=points, rng=random)
                statuses[row] = status.label
            if random.random() < self._covers:
                kinds = COVERS if statuses[row] == NO_MASK else COVERS_ON_MASKS
                kind = kinds[random.integers(len(kinds))]
                image = draw_cover(image, kind, box=box, landmarks=points, rng=random)
                statuses[row] = FACE_STATUS if cover_hides_mouth(kind) else statuses[row]
        return image, replace(labels, statuses=tuple(statuses))

    def _transform(
        self,
        image: Image,
        labels: PseudoLabels,
        shrink: FloatArray,
        scale: float,
        size: FloatArray,
        random: Random,
    ) -> FloatArray:
        """Random affine transform (2, 3) from the pixels of the image to those of its tile."""
        h, w = image.shape[:2]
        stretch = np.exp(random.uniform(-0.08, 0.08))
        scales = np.array([scale * stretch, scale / stretch])
        angle = _random_angle(random)
        flip = -1.0 if random.random() < 0.5 else 1.0
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = rotation @ np.diag([flip * scales[0], scales[1]])
        faces = labels.boxes[~labels.ignored]
        if len(faces) and random.random() < 0.75:
            box = faces[random.integers(len(faces))]
            anchor = (box[:2] + box[2:] / 2) * shrink
            goal = size * random.uniform(0.1, 0.9, 2)
        else:
            anchor = np.array([w, h]) * random.uniform(0, 1, 2)
            goal = size * random.uniform(0, 1, 2)
        extent = np.array([w, h]) * scales
        center = linear @ (np.array([w, h]) / 2)
        offset = goal - linear @ anchor
        # Keep the tile filled if the image is large enough.
        middle = center + offset
        room = np.abs(extent - size) / 2
        offset += np.clip(middle, size / 2 - room, size / 2 + room) - middle
        return np.concatenate([linear, offset[:, None]], 1)


def _draw_lights(tile: Image, targets: Sequence[FloatArray], random: Random) -> Image:
    """Blur the faces of a tile (H, W, 3) away, and draw lights out of focus at a random place."""
    if targets:
        width = max(float(row[2] - row[0]) for row in targets)
        tile = np.asarray(cv2.GaussianBlur(tile, (0, 0), HIDING_BLUR * width), np.uint8)
    size = np.array(tile.shape[1::-1], float)
    low, high = LIGHTS_SIDES_PX
    side = np.exp(random.uniform(np.log(low), np.log(min(high, float(size.min())))))
    corner = (size - side) * random.uniform(0, 1, 2)
    return draw_blurred_lights(tile, np.array([*corner, side, side]), random)


def _random_angle(random: Random) -> float:
    """Tilt of an image in radians: often none, sometimes as far as a head bends."""
    kind = random.random()
    if kind < 0.3:
        return 0.0
    return float(random.normal(0, 0.2) if kind < 0.6 else random.uniform(-0.95, 0.95))


def _tile_edges(tiles: int, side: int, random: Random) -> list[int]:
    """Random edges of tiles along a side, from 0 to ``side``; no tile is narrow."""
    shift = 0.4 / tiles
    inner = [(n + random.uniform(-shift, shift)) / tiles for n in range(1, tiles)]
    return [0, *(round(side * edge) for edge in inner), side]


def make_targets(
    labels: PseudoLabels, matrix: FloatArray, low: FloatArray, high: FloatArray
) -> list[FloatArray]:
    """Target rows of the faces that are inside a tile after an affine transform.

    Args:
        labels: the faces, in pixels of the image.
        matrix: (2, 3), from pixels of the image to pixels of the sample.
        low, high: first and last corner of the tile, pixels of the sample.
    """
    rows: list[FloatArray] = []
    linear, offset = matrix[:, :2], matrix[:, 2]
    mirrored = np.linalg.det(linear) < 0
    faces = zip(
        labels.boxes, labels.landmarks, labels.ignored, labels.statuses, labels.scores, strict=True
    )
    for box, points, ignored, status, score in faces:
        center = linear @ (box[:2] + box[2:] / 2) + offset
        # The bounding box of the rotated ellipse in the box.
        half = np.sqrt((linear * box[2:]) ** 2 @ np.ones(2)) / 2
        corner, end = np.maximum(center - half, low), np.minimum(center + half, high)
        sides = end - corner
        if (sides <= 1).any():
            continue
        row = np.zeros(TARGET_COLUMNS, np.float32)
        row[:4] = *corner, *end
        visible = np.prod(sides) / np.prod(2 * half)
        kept = not ignored and visible >= MIN_VISIBLE_BOX and sides.min() >= MIN_FACE_SIDE_PX
        row[4] = FACE if kept else IGNORED
        if not np.isnan(points).any():
            moved = points @ linear.T + offset
            row[5:15] = (moved[MIRRORED_LANDMARKS] if mirrored else moved).reshape(-1)
            row[15] = float(visible >= MIN_VISIBLE_DETAILS)
        if visible >= MIN_VISIBLE_DETAILS:
            row[16:20] = [name in POSSIBLE_CLASSES[status] for name in CLASS_LABELS]
        row[20] = min(score / CERTAIN_SCORE, 1.0)
        row[21] = 1.0 if score == 1.0 else TEACHER_BOX_WEIGHT
        rows.append(row)
    return rows
