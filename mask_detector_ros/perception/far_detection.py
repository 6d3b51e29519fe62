# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds far faces in large images, by one more detection per frame.

The detector's input of that detection shows the next tile of the image and, beside it, regions
around tracked faces that are too small to be found in the whole image. Which tile is next depends
on the number of frames only, so that results are reproducible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image
from mask_detector_ros.perception.face_detector import (
    PADDING,
    FaceDetector,
    drop_nested,
    iom_matrix,
)
from mask_detector_ros.perception.far_candidates import Candidates, judge
from mask_detector_ros.perception.far_regions import (
    MIN_FACE_PX,
    RELIABLE_PX,
    SMALLEST_PX,
    ExpectedFaces,
    Patch,
    SearchedRegions,
    Size,
    corners,
    gains_by_region,
    is_large,
    region_around,
    region_slots,
    tiles,
    whole_scale,
)
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.types import Detections

CROWD_TILES = 3
"""Tiles after which one detection shows regions only, if there are more than fit beside a tile."""
MARGIN_FACES = 0.5
"""A face needs no region of its own if another one shows it with this margin, in face sides."""
CANDIDATE_FRACTION = 0.6
"""Fraction of the regions that is reserved for candidates, if there are so many."""


@dataclass(frozen=True, eq=False)
class _Wanted:
    """Faces that regions may be placed around: tracked ones, then candidates; N in all.

    Attributes:
        boxes: (N, 4) xywh pixels.
        deviations: (N,) standard deviations of their centers, pixels.
        missing: (N,) whether the whole image does not show them well enough.
        order: rows: tracked faces that were not searched for the longest time, then candidates.
        tracked: number of tracked faces.
    """

    boxes: FloatArray
    deviations: FloatArray
    missing: BoolArray
    order: list[int]
    tracked: int

    @classmethod
    def of(
        cls,
        whole: Detections,
        expected: ExpectedFaces,
        candidates: Candidates,
        settings: DetectorSettings,
    ) -> _Wanted:
        """From the faces found in the whole image, the tracked ones and the candidates."""
        boxes = np.concatenate([expected.boxes, candidates.boxes])
        deviations = np.concatenate([expected.deviations, np.zeros(len(candidates.boxes))])
        found = whole.boxes[whole.scores >= settings.score_threshold]
        missing = np.asarray(~(iom_matrix(boxes, found) > settings.nms_iom).any(axis=1))
        tracked = len(expected.boxes)
        order = np.argsort(expected.searched_at, kind="stable").tolist()
        return cls(boxes, deviations, missing, [*order, *range(tracked, len(boxes))], tracked)


class FarDetector:
    """Searches large images for faces that are too small in the whole image."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._tiles: list[Patch] = []
        self._image_size: Size = (0, 0)
        self._next = self._tiles_in_row = 0
        self._candidates = Candidates.none()

    def reset(self) -> None:
        """Start with the first tile again."""
        self._next = self._tiles_in_row = 0
        self._candidates = Candidates.none()

    def applies(self, image: Image, settings: DetectorSettings) -> bool:
        """Whether the setting ``far`` is on and the image large enough for it."""
        size = image.shape[1], image.shape[0]
        return settings.far != "off" and is_large(size, self._detector.input_size)

    def size_note(self, image_size: Size, settings: DetectorSettings) -> str:
        """Which faces are found in images of this size, in words, and what ``far`` would change."""
        input_size = self._detector.input_size
        large, far = is_large(image_size, input_size), settings.far != "off"
        # Enlarging a small image does not show more of a face.
        smallest = max(SMALLEST_PX / whole_scale(image_size, input_size), MIN_FACE_PX)
        text = f"images of {image_size[0]}x{image_size[1]}: faces from about "
        text += f"{SMALLEST_PX if large and far else smallest:.0f} pixels wide are found"
        if large and not far:
            text += (
                f"; with detector.far: auto from {SMALLEST_PX:.0f}, detection then takes about "
                "twice as long"
            )
        return text

    def detect_all(self, image: Image, whole: Detections, settings: DetectorSettings) -> Detections:
        """Search all tiles of a single image, and then regions around low-confidence faces.

        Args:
            image: (H, W, 3) uint8 BGR.
            whole: the faces found in the whole image.
            settings: current settings.

        Returns:
            All faces, best score first.
        """
        size, input_size = (image.shape[1], image.shape[0]), self._detector.input_size
        nobody, threshold = ExpectedFaces.none(), settings.score_threshold
        parts, found = [whole], []
        for tile in tiles(size, input_size, with_regions=False):
            faces, in_tile = self._search(image, [tile], settings)
            found.append(faces)
            parts.append(judge(faces, in_tile, nobody, Candidates.none(), threshold)[0])
        # Tiles overlap: one candidate per face.
        candidates = Candidates.of(self._merge([Detections.empty(), *found], size, settings))
        wanted = _Wanted.of(whole, nobody, candidates, settings)
        while regions := self._regions(wanted, size, beside_tile=False):
            faces, in_tile = self._search(image, regions, settings)
            parts.append(judge(faces, in_tile, nobody, candidates, threshold)[0])
            shown = _shown_in(wanted.boxes, regions, size)
            wanted = replace(wanted, missing=wanted.missing & ~shown)
        return self._merge(parts, size, settings)

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
        candidates, threshold = self._candidates, settings.score_threshold
        patches = self._next_patches(_Wanted.of(whole, expected, candidates, settings))
        far, in_tile = self._search(image, patches, settings)
        judged, new = judge(far, in_tile, expected, candidates, threshold)
        shown = _shown_in(candidates.boxes, [p for p in patches if p.is_region], size)
        self._candidates = candidates.next(shown, far[new])
        found = self._merge([whole, judged], size, settings)
        scale = whole_scale(size, input_size)
        searched = SearchedRegions(
            size,
            np.array([(0, 0, *size), *(patch.box for patch in patches)], np.float64),
            np.array([(SMALLEST_PX / scale, np.inf), *(patch.face_widths for patch in patches)]),
        )
        return found, searched

    def _next_patches(self, wanted: _Wanted) -> list[Patch]:
        """The next tile and regions beside it; in a crowd, regions only from time to time."""
        size = self._image_size
        if self._tiles_in_row >= CROWD_TILES:
            regions = self._regions(wanted, size, beside_tile=False)
            if len(regions) > len(region_slots(self._detector.input_size, beside_tile=True)):
                self._tiles_in_row = 0
                return regions
        tile = self._tiles[self._next]
        self._next = (self._next + 1) % len(self._tiles)
        self._tiles_in_row += 1
        return [tile, *self._regions(wanted, size, beside_tile=True)]

    def _regions(self, wanted: _Wanted, size: Size, beside_tile: bool) -> list[Patch]:
        """Regions around tracked faces and candidates; a fraction is reserved for the latter."""
        input_size = self._detector.input_size
        waiting = wanted.missing & gains_by_region(wanted.boxes, size, input_size)
        slots = region_slots(input_size, beside_tile)
        reserved = min(int(waiting[wanted.tracked :].sum()), int(CANDIDATE_FRACTION * len(slots)))
        regions: list[Patch] = []
        for row in wanted.order:
            allowed = len(slots) - (reserved if row < wanted.tracked else 0)
            if waiting[row] and len(regions) < allowed:
                place = slots[len(regions)]
                box, deviation = wanted.boxes[row], float(wanted.deviations[row])
                regions.append(region_around(box, deviation, size, input_size, place))
                waiting &= ~_shown_in(wanted.boxes, regions[-1:], size)
        return regions

    def _search(
        self, image: Image, patches: Sequence[Patch], settings: DetectorSettings
    ) -> tuple[Detections, BoolArray]:
        """Faces in some parts of the image, found by one detection; pixels of the image.

        Returns:
            The faces, and (N,) which of them were found in a tile.
        """
        columns, rows = self._detector.input_size
        canvas = np.full((rows, columns, 3), PADDING, np.uint8)
        for patch in patches:
            patch.draw(image, canvas)
        found = self._detector.detect(canvas, settings)
        boxes, landmarks = found.boxes.copy(), found.landmarks.copy()
        scales = np.full(len(found), np.nan, np.float32)
        in_tile = np.zeros(len(found), bool)
        for patch in patches:
            own = patch.whole_faces(found.boxes, (image.shape[1], image.shape[0]))
            offset = np.array([patch.left, patch.top], np.float32)
            origin = np.array([patch.x, patch.y], np.float32)
            boxes[own, :2] = (found.boxes[own, :2] - offset) / patch.scale + origin
            boxes[own, 2:] = found.boxes[own, 2:] / patch.scale
            landmarks[own] = (found.landmarks[own] - offset) / patch.scale + origin
            scales[own] = patch.scale
            in_tile |= own & (not patch.is_region)
        mapped = found.with_(boxes=boxes, landmarks=landmarks, input_scales=scales)
        known = np.isfinite(scales)
        return mapped[known], in_tile[known]

    def _merge(
        self, parts: Sequence[Detections], size: Size, settings: DetectorSettings
    ) -> Detections:
        """One box per person; ``parts`` are the faces of the whole image, then those of others.

        Near faces of the whole image are kept whatever a tile takes a part of them for.
        Otherwise the higher score decides. Of more than ``max_faces``, those that the whole image
        shows come first: a crowd far away takes no place from the people who are near.
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
        found = found[np.sort(np.asarray(kept, np.int64).reshape(-1))]
        reported = whole.boxes[whole.scores >= settings.score_threshold]
        further = ~(iom_matrix(found.boxes, reported) > settings.nms_iom).any(axis=1)
        found = found[np.sort(np.argsort(further, kind="stable")[: settings.max_faces])]
        faces = found.scores >= settings.score_threshold
        return found[drop_nested(found.boxes, faces, settings.nms_iom)]


def _shown_in(boxes: FloatArray, patches: Sequence[Patch], size: Size) -> BoolArray:
    """Which faces (M, 4), xywh in pixels of the image, some patch shows with a margin."""
    margin = MARGIN_FACES * boxes[:, 2:]
    starts, ends = corners(boxes)
    starts, ends = np.clip(starts - margin, 0, size), np.clip(ends + margin, 0, size)
    shown = np.zeros(len(boxes), bool)
    for patch in patches:
        patch_start, patch_end = corners(np.array([patch.box], np.float64))
        smallest, largest = patch.face_widths
        inside = ((starts >= patch_start) & (ends <= patch_end)).all(axis=1)
        shown |= inside & (boxes[:, 2] >= smallest) & (boxes[:, 2] <= largest)
    return shown
