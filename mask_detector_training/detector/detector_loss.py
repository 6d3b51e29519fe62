# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the detector is asked for: which cells answer for a face, and how well they must.

Every face is given to the cells that already place it best (SimOTA); their score learns
the overlap they reach (quality focal loss), so that the best of several boxes wins.
"""

from __future__ import annotations

from typing import Any

from mask_detector_training.detector.detector_model import cells

WEAR_FROM = 15
CANDIDATES = 10
REACH = 2.5
"""Cells further than this many strides from a face's center never answer for it."""
LEVELS = ((8, 0.0, 72.0), (16, 24.0, 180.0), (32, 64.0, 1e6))
"""Stride, and the smallest and largest longer side (pixels) its cells may answer for."""
BOX_WEIGHT, LANDMARK_WEIGHT, WEAR_WEIGHT = 2.0, 1.0, 0.5
WEAR_SHARES = (1.0, 2.0, 2.0, 1.0)
"""How much a face of each class weighs: the rare two more."""


class DetectorLoss:
    """Keras loss: targets (B, G, 20) as ``mosaic`` makes them, answers raw.

    Answers are (B, N, 15), or (B, N, 19) from a network that also tells the wear.
    """

    def __init__(self, side: int) -> None:
        """For square training pictures of ``side`` pixels."""
        import numpy as np

        grid = cells(side, side)
        limits = {stride: (low, high) for stride, low, high in LEVELS}
        self._centers = grid[:, :2]
        self._strides = grid[:, 2:]
        self._limits = np.array([limits[int(s)] for s in grid[:, 2]], np.float32)
        self.__name__ = "detector_loss"

    def __call__(self, targets: Any, answers: Any) -> Any:
        """The loss, a scalar, averaged over the cells that answer for a face."""
        from keras import ops

        boxes, points = self._decode(ops, answers)
        logits = answers[..., 0]
        scores = ops.sigmoid(logits)
        is_face = targets[..., 4] > 0.5
        owner, matched, overlap = self._assign(ops, targets, is_face, boxes, scores)
        positive = ops.cast(matched, "float32")
        count = ops.maximum(ops.sum(positive), 1.0)

        wanted = positive * ops.sqrt(ops.stop_gradient(overlap))
        weight = positive + (1 - positive) * (1 - self._ignored(ops, targets))
        cross = ops.binary_crossentropy(wanted, logits, from_logits=True)
        score_loss = ops.sum(weight * ops.square(scores - wanted) * cross) / count

        own = ops.take_along_axis(targets, owner[..., None], axis=1)
        box_loss = ops.sum(positive * (1 - _giou(ops, boxes, own[..., :4]))) / count

        size = ops.maximum(ops.maximum(own[..., 2] - own[..., 0], own[..., 3] - own[..., 1]), 1.0)
        off = ops.abs(points - own[..., 5:15]) / size[..., None]
        with_points = positive * own[..., 15]
        point_loss = ops.sum(with_points[..., None] * off) / ops.maximum(ops.sum(with_points), 1.0)
        loss = score_loss + BOX_WEIGHT * box_loss + LANDMARK_WEIGHT * point_loss
        if answers.shape[-1] > WEAR_FROM:
            loss += WEAR_WEIGHT * _wear_loss(ops, answers[..., WEAR_FROM:], own[..., 16:], positive)
        return loss

    def _decode(self, ops: Any, answers: Any) -> tuple[Any, Any]:
        """Boxes (B, N, 4) as corners and landmarks (B, N, 10), in pixels."""
        centers, strides = ops.convert_to_tensor(self._centers), self._strides
        sides = ops.exp(ops.clip(answers[..., 1:5], -6.0, 6.0)) * strides
        boxes = ops.concatenate([centers - sides[..., :2], centers + sides[..., 2:]], -1)
        points = answers[..., 5:15] * strides + ops.tile(centers, (1, 5))
        return boxes, points

    def _ignored(self, ops: Any, targets: Any) -> Any:
        """1.0 for cells (B, N) inside a box that is neither face nor background."""
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
        """Per cell (B, N): index of the face it answers for, whether it does, overlap."""
        truth = targets[..., None, :4]
        x, y = self._centers[:, 0], self._centers[:, 1]
        stride = self._strides[:, 0]
        middle = (truth[..., :2] + truth[..., 2:]) / 2
        longer = ops.max(truth[..., 2:] - truth[..., :2], axis=-1)
        candidate = (
            (ops.abs(x - middle[..., 0]) <= REACH * stride)
            & (ops.abs(y - middle[..., 1]) <= REACH * stride)
            # Distances to the sides are never negative: the cell must lie inside.
            & (x > truth[..., 0] - 1)
            & (x < truth[..., 2] + 1)
            & (y > truth[..., 1] - 1)
            & (y < truth[..., 3] + 1)
            & (longer >= self._limits[:, 0])
            & (longer <= self._limits[:, 1])
            & is_face[..., None]
        )
        overlap = ops.stop_gradient(_iou(ops, boxes[:, None], truth))
        overlap = ops.where(candidate, overlap, 0.0)
        score = ops.stop_gradient(scores)[:, None]
        cost = -3 * ops.log(overlap + 1e-4) - ops.log(score + 1e-4)
        cost = ops.where(candidate, cost, 1e5)
        best_overlaps, _ = ops.top_k(overlap, CANDIDATES)
        wanted = ops.clip(ops.cast(ops.sum(best_overlaps, -1), "int32"), 1, CANDIDATES)
        cheapest, _ = ops.top_k(-cost, CANDIDATES)
        limit = ops.take_along_axis(-cheapest, wanted[..., None] - 1, axis=-1)
        taken = candidate & (cost <= limit)
        cost = ops.where(taken, cost, 1e6)
        owner = ops.argmin(cost, axis=1)
        matched = ops.any(taken, axis=1)
        own_overlap = ops.take_along_axis(overlap, owner[:, None], axis=1)[:, 0]
        return owner, matched, own_overlap


def _wear_loss(ops: Any, logits: Any, allowed: Any, positive: Any) -> Any:
    """Cross-entropy (B, N, 4) -> scalar; of a face labeled with several classes any is right."""
    weight = positive * ops.max(allowed * ops.convert_to_tensor(WEAR_SHARES), axis=-1)
    right = ops.logsumexp(ops.where(allowed > 0, logits, -1e4), axis=-1)
    missed = ops.logsumexp(logits, axis=-1) - right
    return ops.sum(ops.where(weight > 0, weight * missed, 0.0)) / ops.maximum(ops.sum(weight), 1.0)


def _iou(ops: Any, a: Any, b: Any) -> Any:
    """Intersection over union of corner boxes, broadcast over leading axes."""
    width = ops.minimum(a[..., 2], b[..., 2]) - ops.maximum(a[..., 0], b[..., 0])
    height = ops.minimum(a[..., 3], b[..., 3]) - ops.maximum(a[..., 1], b[..., 1])
    shared = ops.maximum(width, 0.0) * ops.maximum(height, 0.0)
    return shared / (_area(a) + _area(b) - shared + 1e-6)


def _giou(ops: Any, a: Any, b: Any) -> Any:
    """Generalized IoU: also tells boxes apart that do not touch."""
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
