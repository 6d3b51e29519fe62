# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face crops in, wear probabilities out, all faces of a frame at once."""

from __future__ import annotations

import numpy as np

from mask_detector_ros.perception.geometry import face_crop
from mask_detector_ros.perception.models import Model, ModelError
from mask_detector_ros.perception.runtimes import Runtime
from mask_detector_ros.perception.types import CLASS_LABELS, CLASSES, FloatArray, Image


class MaskClassifier:
    """Tells how each face wears its mask."""

    def __init__(self, model: Model, runtime: Runtime) -> None:
        classes = tuple(model.spec.get("classes", ()))
        if classes != CLASS_LABELS:
            raise ModelError(
                f"{model.name} tells {', '.join(classes) or 'nothing'}; expected the classes "
                f"{', '.join(CLASS_LABELS)} in this order"
            )
        self._runtime = runtime
        self._size = model.width
        self.context = float(model.spec["input"]["context"])
        self.below = float(model.spec["input"].get("below", 0.0))

    def crop(self, image: Image, boxes: FloatArray) -> Image:
        """Cut the squares the network sees: (N, 4) boxes -> (N, S, S, 3) uint8."""
        if len(boxes) == 0:
            return np.zeros((0, self._size, self._size, 3), np.uint8)
        return np.stack(
            [face_crop(image, box, self._size, self.context, self.below) for box in boxes]
        )

    def classify(self, crops: Image) -> FloatArray:
        """(N, S, S, 3) uint8 BGR -> (N, 4) float32 probabilities, in the order of CLASSES."""
        if len(crops) == 0:
            return np.zeros((0, len(CLASSES)), np.float32)
        return self._runtime.run(crops)
