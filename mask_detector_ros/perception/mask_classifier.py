# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mask classifier: class probabilities of all faces of a frame in one batch."""

from __future__ import annotations

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.models import Model, ModelError, check_output, reading_entry
from mask_detector_ros.perception.runtimes import Runtime
from mask_detector_ros.perception.types import CLASS_LABELS, CLASSES, UnknownReason

COVERED = UnknownReason.COVERED.label
"""Name of the output for a mouth hidden by something that is no mask; last in ``classes``."""
OUTPUTS = (CLASS_LABELS, (*CLASS_LABELS, COVERED))
"""Outputs that a classifier may have."""


def split_covered(
    outputs: FloatArray, classes: int = len(CLASSES)
) -> tuple[FloatArray, FloatArray]:
    """Separate the output ``covered`` from the class probabilities.

    Args:
        outputs: (N, classes) or (N, classes + 1) probabilities of a classifier.
        classes: number of wear classes.

    Returns:
        Class probabilities (N, classes) that sum to 1 as those of a face without a cover, and
        the probability (N,) of a cover; 0 from a classifier without this output.
    """
    if outputs.shape[1] == classes:
        return outputs, np.zeros(len(outputs), np.float32)
    probabilities = outputs[:, :classes]
    total = np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(probabilities / total, np.float32), outputs[:, classes]


def face_crop(
    image: Image, box: FloatArray, size: int, context: float, below: float = 0.0
) -> Image:
    """Cut out the square around a face, as the classifier sees it.

    Its side is ``context`` times the box's longer side, its center ``below`` longer sides
    below the box's. Beyond the image, the edge pixels are replicated.

    Args:
        image: (H, W, 3) uint8.
        box: x, y, w, h in pixels.
        size: side of the result in pixels.
        context: side of the square in (longer) box sides.
        below: offset of its center below the box's, in box sides.

    Returns:
        (size, size, 3) uint8.
    """
    x, y, w, h = (float(v) for v in box)
    side = max(2.0, context * max(w, h))
    y += below * max(w, h)
    scale = size / side
    spans = [
        _span(center - side / 2, scale, size, length)
        for center, length in ((y + h / 2, image.shape[0]), (x + w / 2, image.shape[1]))
    ]
    (top, bottom, y0, y1), (left, right, x0, x1) = spans
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inside = cv2.resize(
        image[top:bottom, left:right], (x1 - x0, y1 - y0), interpolation=interpolation
    )
    # The border is added last, at the small size: a box may be huge and mostly outside.
    borders = (y0, size - y1, x0, size - x1)
    if any(borders):
        inside = cv2.copyMakeBorder(inside, *borders, cv2.BORDER_REPLICATE)
    return np.asarray(inside, np.uint8)


def _span(start: float, scale: float, size: int, length: int) -> tuple[int, int, int, int]:
    """One axis of a crop: source range in the image, target range in the crop.

    A crop wholly outside the image still uses the nearest row or column.
    """
    low = min(max(round(start), 0), length - 1)
    high = max(min(round(start + size / scale), length), low + 1)
    target_low = min(max(round((low - start) * scale), 0), size - 1)
    target_high = max(min(round((high - start) * scale), size), target_low + 1)
    return low, high, target_low, target_high


class MaskClassifier:
    """Classifies how each face wears a mask."""

    def __init__(self, model: Model, runtime: Runtime) -> None:
        with reading_entry(model):
            classes = tuple(str(name) for name in model.spec.get("classes", ()))
            self.context = float(model.spec["input"]["context"])
            self.below = float(model.spec["input"].get("below", 0.0))
        if classes not in OUTPUTS:
            raise ModelError(
                f"{model.name} has the classes {', '.join(classes) or 'none'}; expected "
                f"{', '.join(CLASS_LABELS)} in this order, and possibly {COVERED}"
            )
        self._runtime = runtime
        self._model = model
        self._size = model.width
        self._outputs = len(classes)

    def crop(self, image: Image, boxes: FloatArray) -> Image:
        """Cut out the network's input: (N, 4) xywh boxes -> (N, S, S, 3) uint8."""
        if len(boxes) == 0:
            return np.zeros((0, self._size, self._size, 3), np.uint8)
        return np.stack(
            [face_crop(image, box, self._size, self.context, self.below) for box in boxes]
        )

    def classify(self, crops: Image) -> FloatArray:
        """(N, S, S, 3) uint8 BGR -> (N, 4) float32 probabilities, in the order of CLASSES."""
        return self.classify_covered(crops)[0]

    def classify_covered(self, crops: Image) -> tuple[FloatArray, FloatArray]:
        """Classify crops (N, S, S, 3) uint8 BGR.

        Returns:
            See ``split_covered``: (N, 4) float32 in the order of CLASSES, and (N,) float32.

        Raises:
            ModelError: the network has not as many outputs as the manifest has classes.
        """
        if len(crops) == 0:
            return np.zeros((0, len(CLASSES)), np.float32), np.zeros(0, np.float32)
        outputs = self._runtime.run(crops)
        check_output(self._model, outputs.shape[1:], (self._outputs,))
        return split_covered(outputs)
