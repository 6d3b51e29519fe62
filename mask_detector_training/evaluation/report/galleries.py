# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The worst mistakes as pictures: false faces, missed faces, confidently wrong statuses."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.mask_classifier import face_crop
from mask_detector_ros.perception.types import CLASS_LABELS, FloatArray
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation.metrics import FALSE, partners
from mask_detector_training.evaluation.predictions import Scene, Told
from mask_detector_training.figures import COLORS, STYLE
from mask_detector_training.markdown_text import picture, section

TILES, COLUMNS = 24, 6
CONTEXT = 2.2
"""Side of a tile in box sides."""
PIXELS = 150


@dataclass(frozen=True, eq=False)
class Mistake:
    """One tile.

    Attributes:
        record: the picture.
        box: (4,) xywh pixels, what the tile is about.
        badness: larger is shown first.
        caption: two lines.
        others: (M, 4) boxes of the other side, labeled or found, drawn dashed.
    """

    record: Record
    box: FloatArray
    badness: float
    caption: str
    others: FloatArray


def galleries_part(scenes: Sequence[Scene], told: Told, threshold: float, folder: Path) -> str:
    """One picture per kind of mistake, and what is to be seen in it.

    Args:
        scenes: what was found, down to the faintest.
        told: what was said of every labeled face.
        threshold: of the face score, as shipped.
        folder: where the pictures go.
    """
    kinds = (
        ("False faces", "false_faces.jpg", false_faces(scenes, threshold), COLORS["no_mask"],
         "Surest first: score, width, and the overlap with the nearest labeled face. Dashed: "
         "labeled."),
        ("Missed faces", "missed_faces.jpg", missed_faces(scenes, threshold), COLORS["correct"],
         "Largest first: label, width, and the score of the box that lies there, if there is "
         f"one below the threshold of {threshold:g}. Dashed: found."),
        ("Confidently wrong", "wrong_statuses.jpg", wrong_statuses(told), COLORS["below_mouth"],
         "Surest first: what was said and how probable it was, the label, and the width."),
    )  # fmt: skip
    parts = [
        "## The worst mistakes",
        "Some are faces that nobody labeled, boxes of another tradition, or labels that can "
        "be argued about.",
    ]
    for title, name, mistakes, color, about in kinds:
        worst = sorted(mistakes, key=lambda mistake: -mistake.badness)[:TILES]
        parts += [f"### {title}", f"{len(mistakes)} in all. {about}"]
        if worst:
            draw_gallery(folder / name, worst, color)
            parts.append(picture(name, f"{title}: the worst {len(worst)}"))
    return section(*parts)


def false_faces(scenes: Sequence[Scene], threshold: float) -> list[Mistake]:
    """Found from ``threshold``, where no face is labeled."""
    mistakes = []
    for scene in scenes:
        answers = scene.answers.above(threshold)
        for row in np.flatnonzero(partners(answers) == FALSE):
            box, score = answers.boxes[row], float(answers.scores[row])
            overlap = iou_matrix(box[np.newaxis], scene.record.boxes).max(initial=0.0)
            caption = f"face {score:.2f}, {box[2]:.0f} px\nbest overlap {overlap:.2f}"
            mistakes.append(Mistake(scene.record, box, score, caption, answers.truth))
    return mistakes


def missed_faces(scenes: Sequence[Scene], threshold: float) -> list[Mistake]:
    """Labeled, but not found from ``threshold``; the largest are worst."""
    mistakes = []
    for scene in scenes:
        answers, record = scene.answers, scene.record
        strong = answers.above(threshold)
        hit = partners(strong)
        faint = partners(answers)
        for row in np.flatnonzero(~answers.neutral):
            if row in hit:
                continue
            box = record.boxes[row]
            said = f"score {answers.scores[faint == row][0]:.2f}" if row in faint else "not seen"
            status = record.statuses[row].replace("_", " ")
            caption = f"{status}, {box[2]:.0f} px\n{said}"
            mistakes.append(Mistake(record, box, float(box[2]), caption, strong.boxes))
    return mistakes


def wrong_statuses(told: Told) -> list[Mistake]:
    """Told otherwise than labeled; the surest are worst. Faces of the four classes only."""
    mistakes = []
    for row, record in enumerate(told.records):
        said = CLASS_LABELS[told.probabilities[row].argmax()]
        true = str(told.statuses[row])
        if true not in CLASS_LABELS or said == true:
            continue
        sure = float(told.probabilities[row].max())
        caption = f"{said} {sure:.2f}\ntrue {true}, {told.widths[row]:.0f} px".replace("_", " ")
        mistakes.append(Mistake(record, told.boxes[row], sure, caption, np.zeros((0, 4))))
    return mistakes


def draw_gallery(path: Path, mistakes: Sequence[Mistake], color: str) -> None:
    """Draw tiles with their captions; a JPEG, as these are photographs."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows = max(1, math.ceil(len(mistakes) / COLUMNS))
    with rc_context(STYLE):
        drawn = Figure(figsize=(1.5 * COLUMNS, 1.87 * rows), dpi=110, layout="constrained")
        places = drawn.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axes in places:
            axes.axis("off")
        for axes, mistake in zip(places, mistakes, strict=False):
            tile = face_crop(mistake.record.load(), mistake.box, PIXELS, CONTEXT)
            axes.imshow(cv2.cvtColor(tile, cv2.COLOR_BGR2RGB), interpolation="bilinear")
            for box, style in ((mistake.box, "-"), *((other, "--") for other in mistake.others)):
                x, y, width, height = _on_tile(box, mistake.box)
                edge = color if style == "-" else "white"
                axes.add_patch(
                    Rectangle((x, y), width, height, fill=False, color=edge, ls=style, lw=1.3)
                )
            axes.set_title(mistake.caption, fontsize=7.5, loc="left", pad=3)
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="jpeg", pil_kwargs={"quality": 85})
    write_whole(path, buffer.getvalue())


def _on_tile(box: FloatArray, about: FloatArray) -> FloatArray:
    """A box of the picture in pixels of the tile around ``about``; (4,) xywh both."""
    scale = PIXELS / (CONTEXT * max(about[2:]))
    corner = (box[:2] - about[:2] - about[2:] / 2) * scale + PIXELS / 2
    return np.concatenate([corner, box[2:] * scale])
