# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Section of the report that shows the worst errors as image crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import FALSE_POSITIVE, LOOSE_IOU, match_image
from mask_detector_training.evaluation.predictions import FacePredictions, ImageResult
from mask_detector_training.evaluation.suspects import caption_of_suspect, find_suspects
from mask_detector_training.evaluation.tiles import NO_BOXES, Tile, draw_tiles
from mask_detector_training.figures import CLASS_COLORS
from mask_detector_training.markdown_text import image_link, join_blocks

TILES = 24


@dataclass(frozen=True, eq=False)
class PredictionError:
    """An error, shown as one tile.

    Attributes:
        record: the image.
        box: (4,) box in the middle of the tile, xywh in pixels.
        severity: errors with a higher severity are shown first.
        caption: text of two lines.
        others: (M, 4) other boxes, drawn dashed: labeled ones around a detection, or
            detections around a labeled one.
    """

    record: Record
    box: FloatArray
    severity: float
    caption: str
    others: FloatArray


def error_section(
    results: Sequence[ImageResult], faces: FacePredictions, threshold: float, folder: Path
) -> str:
    """One gallery for each kind of error.

    Args:
        results: images with all detections, down to low confidence.
        faces: predictions for all labeled faces.
        threshold: score threshold of the model folder.
        folder: folder for the images.
    """
    kinds = (
        ("Worst false faces", "false_faces.jpg", false_faces(results, threshold),
         CLASS_COLORS["no_mask"],
         "Highest score first. Captions: score, width, and the highest IoU with a labeled face. "
         "Dashed: labeled faces."),
        ("Missed faces", "missed_faces.jpg", missed_faces(results, threshold),
         CLASS_COLORS["correct"],
         "Widest first. Captions: label, width, and the score of a matching detection below the "
         f"threshold of {threshold:g}. Dashed: detections."),
        ("Worst misclassifications", "misclassifications.jpg", misclassifications(faces),
         CLASS_COLORS["below_mouth"],
         "Highest probability first. Captions: predicted class and its probability, labeled "
         "class, and width."),
    )  # fmt: skip
    parts = [
        "## Worst errors",
        "Some are unlabeled faces, boxes drawn by other rules, or disputable labels.",
    ]
    for title, name, errors, color, about in kinds:
        worst = sorted(errors, key=lambda error: -error.severity)[:TILES]
        parts += [f"### {title}", f"Total: {len(errors)}. {about}"]
        if worst:
            tiles = [Tile.cut(e.record.load(), e.box, e.caption, e.others) for e in worst]
            draw_tiles(folder / name, tiles, color)
            parts.append(image_link(name, f"{title}: the first {len(worst)}"))
    return join_blocks(*parts)


def false_faces(results: Sequence[ImageResult], threshold: float) -> list[PredictionError]:
    """Detections with a score of at least ``threshold`` that match no face at ``LOOSE_IOU``."""
    errors = []
    for result in results:
        image = result.labeled_detections.above(threshold)
        for row in np.flatnonzero(match_image(image, LOOSE_IOU) == FALSE_POSITIVE):
            box, score = image.boxes[row], float(image.scores[row])
            iou = iou_matrix(box[np.newaxis], image.ground_truth).max(initial=0.0)
            caption = f"score {score:.2f}, {box[2]:.0f} px\nhighest IoU {iou:.2f}"
            errors.append(PredictionError(result.record, box, score, caption, image.ground_truth))
    return errors


def missed_faces(results: Sequence[ImageResult], threshold: float) -> list[PredictionError]:
    """Labeled faces without a match at ``LOOSE_IOU`` with at least that score."""
    errors = []
    for result in results:
        record, every = result.record, result.labeled_detections
        image = every.above(threshold)
        found, low_confidence = match_image(image, LOOSE_IOU), match_image(every, LOOSE_IOU)
        for row in np.flatnonzero(~every.ignored):
            if row in found:
                continue
            box = record.boxes[row]
            scores = every.scores[low_confidence == row]
            score = f"score {scores[0]:.2f}" if len(scores) else "not detected"
            status = record.statuses[row].replace("_", " ")
            caption = f"{status}, {box[2]:.0f} px\n{score}"
            errors.append(PredictionError(record, box, float(box[2]), caption, image.boxes))
    return errors


def misclassifications(faces: FacePredictions) -> list[PredictionError]:
    """Faces of the four classes whose predicted class is not the labeled one."""
    return [
        PredictionError(
            faces.records[row], faces.boxes[row], float(faces.probabilities[row].max()),
            caption_of_suspect(faces, row), NO_BOXES,
        )
        for row in find_suspects(faces)
    ]  # fmt: skip
