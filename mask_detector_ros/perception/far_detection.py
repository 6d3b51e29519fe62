# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds far faces in large images, by one more detection per frame.

The detector's input of that detection shows the next tile of the image and, beside it, regions
around tracked faces that are too small to be found in the whole image. Which tile is next depends
on the number of frames only, so that results are reproducible.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_ros.perception.face_detector import (
    PADDING,
    FaceDetector,
    drop_nested,
    iom_matrix,
)
from mask_detector_ros.perception.far_regions import (
    MIN_GAIN,
    RELIABLE_PX,
    SMALLEST_PX,
    ExpectedFaces,
    Patch,
    SearchedRegions,
    Size,
    corners,
    is_large,
    region_around,
    region_slots,
    tiles,
    whole_scale,
)
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.types import Detections

MARGIN_FACES = 0.5
"""A tracked face needs a region unless the tile shows it with this margin, in face widths."""


class FarDetector:
    """Searches large images for faces that are too small in the whole image."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._tiles: list[Patch] = []
        self._image_size: Size = (0, 0)
        self._next = 0
        self._candidates: FloatArray = np.zeros((0, 4))
        """Low-confidence far faces of the last frame, (C, 4) xywh, best score first."""

    def reset(self) -> None:
        """Start with the first tile again."""
        self._next = 0
        self._candidates = np.zeros((0, 4))

    def applies(self, image: Image, settings: DetectorSettings) -> bool:
        """Whether the setting ``far`` is on and the image large enough for it."""
        size = image.shape[1], image.shape[0]
        return settings.far != "off" and is_large(size, self._detector.input_size)

    def smallest_face(self, image_size: Size, settings: DetectorSettings) -> float:
        """Width of the smallest faces that are found, pixels of the image."""
        input_size = self._detector.input_size
        if settings.far != "off" and is_large(image_size, input_size):
            return SMALLEST_PX
        return SMALLEST_PX / whole_scale(image_size, input_size)

    def detect_all(self, image: Image, whole: Detections, settings: DetectorSettings) -> Detections:
        """Search all tiles of a single image.

        Args:
            image: (H, W, 3) uint8 BGR.
            whole: the faces found in the whole image.
            settings: current settings.

        Returns:
            All faces, best score first.
        """
        size = image.shape[1], image.shape[0]
        patches = tiles(size, self._detector.input_size, with_regions=False)
        far = [self._search(image, [patch], settings) for patch in patches]
        return self._merge([whole, *far], size, settings)

    def detect_next(
        self, image: Image, whole: Detections, expected: ExpectedFaces, settings: DetectorSettings
    ) -> tuple[Detections, SearchedRegions]:
        """Search the next tile of a sequence of images, and regions around tracked faces.

        Args:
            image: (H, W, 3) uint8 BGR.
            whole: the faces found in the whole image.
            expected: the tracked faces.
            settings: current settings.

        Returns:
            All faces, best score first; and where the frame was searched.
        """
        size, input_size = (image.shape[1], image.shape[0]), self._detector.input_size
        if size != self._image_size:
            self.reset()
            self._image_size, self._tiles = size, tiles(size, input_size, with_regions=True)
        tile = self._tiles[self._next]
        self._next = (self._next + 1) % len(self._tiles)
        patches = [tile, *self._regions(whole, expected, tile, settings)]
        found = self._merge([whole, self._search(image, patches, settings)], size, settings)
        scale = whole_scale(size, input_size)
        far = (found.boxes[:, 2] < RELIABLE_PX / scale) & (found.scores < settings.score_threshold)
        self._candidates = found.boxes[far].astype(np.float64)
        searched = SearchedRegions(
            size,
            np.array([(0, 0, *size), *(patch.box for patch in patches)], np.float64),
            np.array([(SMALLEST_PX / scale, np.inf), *(patch.face_widths for patch in patches)]),
        )
        return found, searched

    def _regions(
        self, whole: Detections, expected: ExpectedFaces, tile: Patch, settings: DetectorSettings
    ) -> list[Patch]:
        """Regions around tracked faces and, in what is left, around candidates.

        Tracked faces that were not searched for the longest time come first; one region is left
        for the candidates.
        """
        size, input_size = self._image_size, self._detector.input_size
        found = whole.boxes[whole.scores >= settings.score_threshold]
        boxes = np.concatenate([expected.boxes, self._candidates])
        deviations = np.concatenate([expected.deviations, np.zeros(len(self._candidates))])
        waiting = ~(iom_matrix(boxes, found) > settings.nms_iom).any(axis=1)
        waiting &= ~_shown(boxes, tile, size)
        rows = np.argsort(expected.searched_at, kind="stable").tolist()
        tracked = len(rows)
        rows += range(tracked, len(boxes))
        patches: list[Patch] = []
        slots = len(region_slots(input_size))
        for row in rows:
            allowed = slots - 1 if row < tracked < len(boxes) else slots
            if not waiting[row] or len(patches) >= allowed:
                continue
            region = region_around(boxes[row], deviations[row], size, input_size, len(patches))
            if region.scale >= MIN_GAIN * whole_scale(size, input_size):
                waiting &= ~_shown(boxes, region, size)
                patches.append(region)
        return patches

    def _search(
        self, image: Image, patches: Sequence[Patch], settings: DetectorSettings
    ) -> Detections:
        """Faces in some parts of the image, found by one detection; pixels of the image."""
        columns, rows = self._detector.input_size
        canvas = np.full((rows, columns, 3), PADDING, np.uint8)
        for patch in patches:
            patch.draw(image, canvas)
        found = self._detector.detect(canvas, settings)
        boxes, landmarks = found.boxes.copy(), found.landmarks.copy()
        scales = np.full(len(found), np.nan, np.float32)
        for patch in patches:
            own = patch.whole_faces(found.boxes, (image.shape[1], image.shape[0]))
            offset = np.array([patch.left, patch.top], np.float32)
            origin = np.array([patch.x, patch.y], np.float32)
            boxes[own, :2] = (found.boxes[own, :2] - offset) / patch.scale + origin
            boxes[own, 2:] = found.boxes[own, 2:] / patch.scale
            landmarks[own] = (found.landmarks[own] - offset) / patch.scale + origin
            scales[own] = patch.scale
        mapped = found.with_(boxes=boxes, landmarks=landmarks, input_scales=scales)
        return mapped[np.isfinite(scales)]

    def _merge(
        self, parts: Sequence[Detections], size: Size, settings: DetectorSettings
    ) -> Detections:
        """One box per person; ``parts`` are the faces of the whole image, then those of others.

        Near faces of the whole image are kept whatever a tile takes a part of them for.
        Otherwise the higher score decides.
        """
        whole = parts[0]
        near = whole.boxes[:, 2] >= RELIABLE_PX / whole_scale(size, self._detector.input_size)
        near &= whole.scores >= settings.score_threshold
        others = Detections.concatenate(parts[1:])
        same = iom_matrix(others.boxes, whole.boxes[near]) > settings.nms_iom
        found = Detections.concatenate([whole, others[~same.any(axis=1)]])
        found = found[np.argsort(-found.scores, kind="stable")]
        threshold = min(settings.score_threshold, settings.low_confidence_threshold)
        kept = cv2.dnn.NMSBoxes(
            found.boxes.tolist(), found.scores.tolist(), threshold, settings.nms_iou
        )
        found = found[np.sort(np.asarray(kept, np.int64).reshape(-1))[: settings.max_faces]]
        faces = found.scores >= settings.score_threshold
        return found[drop_nested(found.boxes, faces, settings.nms_iom)]


def _shown(boxes: FloatArray, patch: Patch, size: Size) -> BoolArray:
    """Which faces (M, 4), xywh in pixels of the image, a patch shows with a margin around them."""
    margin = MARGIN_FACES * boxes[:, 2:]
    starts, ends = corners(boxes)
    starts, ends = np.clip(starts - margin, 0, size), np.clip(ends + margin, 0, size)
    patch_start, patch_end = corners(np.array([patch.box], np.float64))
    smallest, largest = patch.face_widths
    inside = ((starts >= patch_start) & (ends <= patch_end)).all(axis=1)
    return np.asarray(inside & (boxes[:, 2] >= smallest) & (boxes[:, 2] <= largest))
