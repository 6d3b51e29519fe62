# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Changed copies of labeled images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mask_detector_ros.arrays import BoolArray, Image
from mask_detector_ros.perception.types import Detections
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.image_changes import ImageChange
from mask_detector_training.evaluation.metrics import LabeledDetections
from mask_detector_training.evaluation.predictions import ignored_faces


@dataclass(frozen=True, eq=False)
class ChangedCopy:
    """A changed copy of a labeled image.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        record: the labels, with the boxes in ``image``; rows as in the original.
        ignored: (T,) faces that count neither when found nor when missed: those ignored in the
            original, and those whose center the change moved out of the image.
    """

    image: Image
    record: Record
    ignored: BoolArray

    def labeled_detections(self, faces: Detections) -> LabeledDetections:
        """Faces detected in the copy, against its labels."""
        return LabeledDetections(faces.boxes, faces.scores, self.record.boxes, self.ignored)


def changed_copies(change: ImageChange, image: Image, record: Record) -> Iterator[ChangedCopy]:
    """One copy for each variant of a change of the record's image (H, W, 3) uint8 BGR."""
    for apply in change.variants:
        changed, boxes = apply(image, record.boxes)
        size = changed.shape[1::-1]
        centers = boxes[:, :2] + boxes[:, 2:] / 2
        outside = ((centers < 0) | (centers > size)).any(axis=1)
        labels = replace(record, boxes=boxes, size=(size[0], size[1]))
        yield ChangedCopy(changed, labels, ignored_faces(record) | outside)
