# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss of the face detector.

* Assignment of faces to grid cells: SimOTA (Ge et al., 2021, "YOLOX: Exceeding YOLO Series in
  2021"). Each face is assigned to the cells that currently predict it best.
* Score: quality focal loss (Li et al., 2020, "Generalized Focal Loss"). The target of a cell is
  the square root of the IoU of its box, so that the best of several boxes has the highest score;
  faces that only teachers found get less.
* Box: GIoU (Rezatofighi et al., 2019, "Generalized Intersection over Union").
"""

from __future__ import annotations

from typing import Any

from mask_detector_training.detector.detector_model import grid_cells
from mask_detector_training.distribution import sum_over_replicas

STATUS_COLUMN = 15
"""First column of the wear status logits."""
CANDIDATES = 10
"""Cells considered per face: SimOTA's q, an upper bound of the cells assigned to it."""
CENTER_RADIUS = 2.5
"""A face is only assigned to cells within this many strides of its center."""
LEVELS = ((8, 0.0, 72.0), (16, 24.0, 128.0), (32, 48.0, 1e6))
"""Stride, and range of the longer side of the faces assigned to its cells, pixels."""
BOX_WEIGHT, LANDMARK_WEIGHT, STATUS_WEIGHT = 2.0, 1.0, 0.5
CLASS_WEIGHTS = (1.0, 2.0, 2.0, 1.0)
"""Weight of a face of each wear status; the rare two count more."""


class DetectorLoss:
    """Keras loss of targets (B, G, 22), as ``mosaic`` makes them, and raw network outputs.

    Outputs are (B, N, 15), or (B, N, 19) with wear status logits.
    """

    def __init__(self, side: int) -> None:
        """For square training images of ``side`` pixels."""
        import numpy as np

        grid = grid_cells(side, side)
        limits = {stride: (low, high) for stride, low, high in LEVELS}
        self._centers = grid[:, :2]
        self._strides = grid[:, 2:]
        self._limits = np.array([limits[int(s)] for s in grid[:, 2]], np.float32)
        self.__name__ = "detector_loss"

    def __call__(self, targets: Any, outputs: Any) -> Any:
        """The loss, a scalar, averaged over the cells to which a face is assigned."""
        from keras import ops

        boxes, points = self._decode(ops, outputs)
        logits = outputs[..., 0]
        scores = ops.sigmoid(logits)
        is_face = targets[..., 4] > 0.5
        face, assigned, iou = self._assign(ops, targets, is_face, boxes, scores)
        positive = ops.cast(assigned, "float32")
        count = _divisor(ops, positive)

        own = ops.take_along_axis(targets, face[..., None], axis=1)
        quality = positive * ops.sqrt(ops.stop_gradient(iou)) * own[..., 20]
        weight = positive + (1 - positive) * (1 - self._ignored(ops, targets))
        cross = ops.binary_crossentropy(quality, logits, from_logits=True)
        score_loss = ops.sum(weight * ops.square(scores - quality) * cross) / count

        box_weight = positive * own[..., 21]
        box_loss = ops.sum(box_weight * (1 - _giou(ops, boxes, own[..., :4]))) / count

        size = ops.maximum(ops.maximum(own[..., 2] - own[..., 0], own[..., 3] - own[..., 1]), 1.0)
        error = ops.abs(points - own[..., 5:15]) / size[..., None]
        with_points = positive * own[..., 15]
        point_loss = ops.sum(with_points[..., None] * error) / _divisor(ops, with_points)
        loss = score_loss + BOX_WEIGHT * box_loss + LANDMARK_WEIGHT * point_loss
        if outputs.shape[-1] > STATUS_COLUMN:
            loss += STATUS_WEIGHT * _status_loss(
                ops, outputs[..., STATUS_COLUMN:], own[..., 16:20], positive
            )
        return loss

    def _decode(self, ops: Any, outputs: Any) -> tuple[Any, Any]:
        """Boxes (B, N, 4) as corners and landmarks (B, N, 10), in pixels."""
        centers, strides = ops.convert_to_tensor(self._centers), self._strides
        middle = centers + outputs[..., 1:3] * strides
        half = ops.exp(ops.clip(outputs[..., 3:5], -6.0, 6.0)) * strides / 2
        boxes = ops.concatenate([middle - half, middle + half], -1)
        points = outputs[..., 5:15] * strides + ops.tile(centers, (1, 5))
        return boxes, points

    def _ignored(self, ops: Any, targets: Any) -> Any:
        """1.0 for cells (B, N) inside an ignored box, which is neither face nor background."""
        boxes = targets[..., None, :4]
        margin = 0.1 * (boxes[..., 2:] - boxes[..., :2])
        x, y = self._centers[:, 0], self._centers[:, 1]
        inside = (
            (x >= boxes[..., 0] - margin[..., 0])
            & (x <= boxes[..., 2] + margin[..., 0])
            & (y >= boxes[..., 1] - margin[..., 1])
            & (y <= boxes[..., 3] + margin[..., 1])
            & (targets[..., None, 4] < -0.5)
        )
        return ops.cast(ops.any(inside, axis=1), "float32")

    def _assign(
        self, ops: Any, targets: Any, is_face: Any, boxes: Any, scores: Any
    ) -> tuple[Any, Any, Any]:
        """Per cell (B, N): index of its face, whether one is assigned, and the IoU with it."""
        truth = targets[..., None, :4]
        x, y = self._centers[:, 0], self._centers[:, 1]
        stride = self._strides[:, 0]
        middle = (truth[..., :2] + truth[..., 2:]) / 2
        longer = ops.max(truth[..., 2:] - truth[..., :2], axis=-1)
        candidate = (
            (ops.abs(x - middle[..., 0]) <= CENTER_RADIUS * stride)
            & (ops.abs(y - middle[..., 1]) <= CENTER_RADIUS * stride)
            # The cell must lie inside.
            & (x > truth[..., 0] - 1)
            & (x < truth[..., 2] + 1)
            & (y > truth[..., 1] - 1)
            & (y < truth[..., 3] + 1)
            & (longer >= self._limits[:, 0])
            & (longer <= self._limits[:, 1])
            & is_face[..., None]
        )
        iou = ops.stop_gradient(_iou(ops, boxes[:, None], truth))
        iou = ops.where(candidate, iou, 0.0)
        score = ops.stop_gradient(scores)[:, None]
        cost = -3 * ops.log(iou + 1e-4) - ops.log(score + 1e-4)
        cost = ops.where(candidate, cost, 1e5)
        # SimOTA's dynamic k: as many cells as the sum of the best IoUs.
        best_ious, _ = ops.top_k(iou, CANDIDATES)
        count = ops.clip(ops.cast(ops.sum(best_ious, -1), "int32"), 1, CANDIDATES)
        cheapest, _ = ops.top_k(-cost, CANDIDATES)
        limit = ops.take_along_axis(-cheapest, count[..., None] - 1, axis=-1)
        chosen = candidate & (cost <= limit)
        # A cell chosen by several faces keeps the one of least cost.
        cost = ops.where(chosen, cost, 1e6)
        face = ops.argmin(cost, axis=1)
        assigned = ops.any(chosen, axis=1)
        own_iou = ops.take_along_axis(iou, face[:, None], axis=1)[:, 0]
        return face, assigned, own_iou


def _divisor(ops: Any, weights: Any) -> Any:
    """Sum of the weights of a batch, at least 1; on several devices divided by their number.

    With it the mean of the devices' losses is the loss of all their samples together.
    """
    total, replicas = sum_over_replicas(ops.sum(weights))
    return ops.maximum(total, 1.0) / replicas


def _status_loss(ops: Any, logits: Any, allowed: Any, positive: Any) -> Any:
    """Cross-entropy of logits (B, N, 4), a scalar; any of the ``allowed`` classes is right."""
    weight = positive * ops.max(allowed * ops.convert_to_tensor(CLASS_WEIGHTS), axis=-1)
    likelihood = ops.logsumexp(ops.where(allowed > 0, logits, -1e4), axis=-1)
    loss = ops.logsumexp(logits, axis=-1) - likelihood
    return ops.sum(ops.where(weight > 0, weight * loss, 0.0)) / _divisor(ops, weight)


def _iou(ops: Any, a: Any, b: Any) -> Any:
    """IoU of corner boxes (..., 4), broadcast over leading axes."""
    width = ops.minimum(a[..., 2], b[..., 2]) - ops.maximum(a[..., 0], b[..., 0])
    height = ops.minimum(a[..., 3], b[..., 3]) - ops.maximum(a[..., 1], b[..., 1])
    shared = ops.maximum(width, 0.0) * ops.maximum(height, 0.0)
    return shared / (_area(a) + _area(b) - shared + 1e-6)


def _giou(ops: Any, a: Any, b: Any) -> Any:
    """Generalized IoU of corner boxes (..., 4); negative for boxes that do not touch."""
    width = ops.minimum(a[..., 2], b[..., 2]) - ops.maximum(a[..., 0], b[..., 0])
    height = ops.minimum(a[..., 3], b[..., 3]) - ops.maximum(a[..., 1], b[..., 1])
    shared = ops.maximum(width, 0.0) * ops.maximum(height, 0.0)
    union = _area(a) + _area(b) - shared + 1e-6
    hull = (ops.maximum(a[..., 2], b[..., 2]) - ops.minimum(a[..., 0], b[..., 0])) * (
        ops.maximum(a[..., 3], b[..., 3]) - ops.minimum(a[..., 1], b[..., 1])
    )
    return shared / union - (hull - union) / (hull + 1e-6)


def _area(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
