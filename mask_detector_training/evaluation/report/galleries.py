# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Section of the report that shows the worst errors as image crops."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import FALSE_POSITIVE, LOOSE_IOU, match_image
from mask_detector_training.evaluation.predictions import FacePredictions, ImageResult
from mask_detector_training.figures import CLASS_COLORS, STYLE
from mask_detector_training.markdown_text import image_link, join_blocks

TILES, COLUMNS = 24, 6
CONTEXT = 2.2
"""Side of a tile in units of the longer side of the box."""
TILE_PX = 150


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
            draw_gallery(folder / name, worst, color)
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
    errors = []
    for row, record in enumerate(faces.records):
        predicted = CLASS_LABELS[faces.probabilities[row].argmax()]
        label = str(faces.statuses[row])
        if label not in CLASS_LABELS or predicted == label:
            continue
        confidence = float(faces.probabilities[row].max())
        caption = f"{predicted} {confidence:.2f}\nlabel {label}, {faces.widths[row]:.0f} px"
        caption = caption.replace("_", " ")
        nothing = np.zeros((0, 4))
        errors.append(PredictionError(record, faces.boxes[row], confidence, caption, nothing))
    return errors


def draw_gallery(path: Path, errors: Sequence[PredictionError], color: str) -> None:
    """Write the tiles of errors as a JPEG file, their box in ``color``."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows = max(1, math.ceil(len(errors) / COLUMNS))
    with rc_context(STYLE):
        drawing = Figure(figsize=(1.5 * COLUMNS, 1.87 * rows), dpi=110, layout="constrained")
        panels = drawing.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axes in panels:
            axes.axis("off")
        for axes, error in zip(panels, errors, strict=False):
            tile = face_crop(error.record.load(), error.box, TILE_PX, CONTEXT)
            axes.imshow(cv2.cvtColor(tile, cv2.COLOR_BGR2RGB), interpolation="bilinear")
            for box, style in ((error.box, "-"), *((other, "--") for other in error.others)):
                x, y, width, height = _on_tile(box, error.box)
                edge = color if style == "-" else "white"
                axes.add_patch(
                    Rectangle((x, y), width, height, fill=False, color=edge, ls=style, lw=1.3)
                )
            axes.set_title(error.caption, fontsize=7.5, loc="left", pad=3)
        buffer = io.BytesIO()
        drawing.savefig(buffer, format="jpeg", pil_kwargs={"quality": 85})
    write_atomically(path, buffer.getvalue())


def _on_tile(box: FloatArray, about: FloatArray) -> FloatArray:
    """A box (4,) of the image in pixels of the tile around the box ``about`` (4,)."""
    scale = TILE_PX / (CONTEXT * max(about[2:]))
    corner = (box[:2] - about[:2] - about[2:] / 2) * scale + TILE_PX / 2
    return np.concatenate([corner, box[2:] * scale])
