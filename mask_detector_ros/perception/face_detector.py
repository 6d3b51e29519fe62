# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face detector: an anchor-free network (as YOLOX, Ge et al., 2021) and its decoding."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import BoolArray, FloatArray, Image, IntArray
from mask_detector_ros.perception.models import Model, check_output, reading_entry
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.runtimes import Runtime
from mask_detector_ros.perception.types import Detections

LANDMARKS = 5
COLUMNS = 1 + 4 + 2 * LANDMARKS
"""Outputs per grid cell: face probability; distances to the left, top, right and bottom side;
landmark offsets. Lengths are input pixels from the cell's center."""
PADDING = 114
"""Gray level of a letterboxed image's padding."""
VOTE_IOU = 0.65
"""Suppressed boxes with at least this IoU with the kept one are averaged into it (box voting:
Gidaris & Komodakis, 2015, "Object Detection via a Multi-Region and Semantic
Segmentation-Aware CNN Model")."""


def _intersections(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Areas of the intersections (N, M), of ``a`` (N, 1) and of ``b`` (1, M)."""
    a = np.asarray(a, np.float32).reshape(-1, 1, 4)
    b = np.asarray(b, np.float32).reshape(1, -1, 4)
    top_left = np.maximum(a[..., :2], b[..., :2])
    bottom_right = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    intersection = np.prod(np.clip(bottom_right - top_left, 0, None), axis=-1)
    return intersection, np.prod(a[..., 2:], axis=-1), np.prod(b[..., 2:], axis=-1)


def iou_matrix(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union of every pair; ``a`` (N, 4), ``b`` (M, 4) xywh -> (N, M)."""
    intersection, area_a, area_b = _intersections(a, b)
    union = area_a + area_b - intersection
    return np.where(union > 0, intersection / np.maximum(union, 1e-9), 0.0)


def iom_matrix(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over the smaller area (IoM) of every pair, as ``iou_matrix``; 0 to 1."""
    intersection, area_a, area_b = _intersections(a, b)
    smaller = np.minimum(area_a, area_b)
    return np.where(smaller > 0, np.minimum(intersection / np.maximum(smaller, 1e-9), 1.0), 0.0)


def drop_nested(boxes: FloatArray, faces: BoolArray, threshold: float) -> IntArray:
    """Rows that remain when no box is nested in a face with a higher score.

    IoU is low where a small box lies inside a large one, so non-maximum suppression by IoU
    keeps both. Low-confidence boxes drop no others, because the tracker chooses among them.

    Args:
        boxes: (N, 4) xywh, best score first.
        faces: (N,) whether a box is reported as a face.
        threshold: IoM above which two boxes are one face.
    """
    nested = iom_matrix(boxes, boxes) > threshold
    kept = np.zeros(len(boxes), bool)
    for row in range(len(boxes)):
        kept[row] = not (nested[row] & kept & faces).any()
    return np.flatnonzero(kept)


def letterbox(image: Image, width: int, height: int) -> tuple[Image, float]:
    """Scale an image into ``width`` x ``height``, keeping its aspect ratio, padded right and below.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        The (height, width, 3) canvas, and the factor that took image pixels to canvas
        pixels. An image of exactly that size is returned without a copy.
    """
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return image, 1.0
    scale = min(width / columns, height / rows)
    inner = (max(1, min(width, round(columns * scale))), max(1, min(height, round(rows * scale))))
    shrinking = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    resized = cv2.resize(image, inner, interpolation=shrinking)
    canvas = np.full((height, width, 3), PADDING, np.uint8)
    canvas[: inner[1], : inner[0]] = resized
    return canvas, scale


def grid_centers(width: int, height: int, strides: list[int]) -> FloatArray:
    """Centers of all grid cells, level after level, row by row: (N, 2) float32 x, y."""
    levels = []
    for stride in strides:
        columns, rows = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
        levels.append((np.stack([columns, rows], -1).reshape(-1, 2) + 0.5) * stride)
    return np.concatenate(levels).astype(np.float32)


class FaceDetector:
    """Finds faces, masked or not, in an image of any size."""

    def __init__(self, model: Model, runtime: Runtime) -> None:
        self._runtime = runtime
        self._model = model
        self._width, self._height = model.width, model.height
        with reading_entry(model):
            strides = [int(stride) for stride in model.spec["strides"]]
            self._centers = grid_centers(model.width, model.height, strides)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the network's input in pixels."""
        return self._width, self._height

    def detect(self, image: Image, settings: DetectorSettings) -> Detections:
        """Detect faces in a (H, W, 3) uint8 BGR image, low-confidence ones included.

        Returns:
            Boxes, scores, landmarks and input_scales, best score first.

        Raises:
            ModelError: the network has another output than the manifest says.
        """
        canvas, scale = letterbox(image, self._width, self._height)
        output = self._runtime.run(canvas[np.newaxis])[0]
        check_output(self._model, output.shape, (len(self._centers), COLUMNS))
        return self._decode(output, scale, image.shape, settings)

    def _decode(
        self,
        output: FloatArray,
        scale: float,
        shape: tuple[int, ...],
        settings: DetectorSettings,
    ) -> Detections:
        threshold = min(settings.score_threshold, settings.low_confidence_threshold)
        rows = np.flatnonzero(output[:, 0] >= threshold)
        # Bounds the cost of the suppression when the threshold is near zero.
        rows = rows[np.argsort(-output[rows, 0], kind="stable")][: 10 * settings.max_faces]
        cells, centers = output[rows], self._centers[rows]
        top_left = centers - cells[:, 1:3]
        sizes = cells[:, 1:3] + cells[:, 3:5]
        boxes = np.concatenate([top_left, sizes], axis=1) / scale
        landmarks = (centers[:, np.newaxis] + cells[:, 5:].reshape(-1, LANDMARKS, 2)) / scale
        scores = np.clip(cells[:, 0], 0.0, 1.0)

        # Drop boxes that lie in the padding.
        height, width = shape[:2]
        visible = (boxes[:, 0] < width) & (boxes[:, 1] < height)
        visible &= (boxes[:, 0] + boxes[:, 2] > 0) & (boxes[:, 1] + boxes[:, 3] > 0)
        visible &= (boxes[:, 2:] > 0).all(axis=1) & np.isfinite(boxes).all(axis=1)
        boxes, landmarks, scores = boxes[visible], landmarks[visible], scores[visible]

        survivors = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), threshold, settings.nms_iou)
        kept = np.asarray(survivors, np.int64).reshape(-1)[: settings.max_faces]
        # Neighboring cells detect the same face with independent errors: their mean is more
        # stable than the best one alone.
        votes = iou_matrix(boxes[kept], boxes) >= VOTE_IOU
        weights: FloatArray = votes * scores
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
        places = np.concatenate([boxes, landmarks.reshape(-1, 2 * LANDMARKS)], axis=1)
        places = (weights @ places).astype(np.float32)
        scores = scores[kept]
        faces = scores >= settings.score_threshold
        single = drop_nested(places[:, :4], faces, settings.nms_iom)
        places, scores = places[single], scores[single]
        landmarks = places[:, 4:].reshape(-1, LANDMARKS, 2)
        faces_found = Detections.of_boxes(places[:, :4], scores, landmarks)
        return faces_found.with_(input_scales=np.full(len(scores), scale, np.float32))
