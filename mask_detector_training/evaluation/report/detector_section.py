# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Section of the report about the face detector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mask_detector_training.evaluation.detector_scores import (
    score_by_light,
    score_by_source,
    score_by_width,
    score_detector,
)
from mask_detector_training.evaluation.face_scores import RECALL_TARGET
from mask_detector_training.evaluation.metrics import IOU_THRESHOLD, LOOSE_IOU
from mask_detector_training.evaluation.predictions import (
    DETECTOR_MIN_WIDTH_PX,
    ImageResult,
)
from mask_detector_training.evaluation.report.report_plots import plot_precision_recall
from mask_detector_training.markdown_text import (
    MetricsTable,
    image_link,
    join_blocks,
    metrics_table,
)

CURVE = "precision_recall.png"
COLUMNS = (
    "faces", "AP30", "AP50", "recall at IoU 0.3", "false faces per image", "mean box IoU",
    "median box IoU",
)  # fmt: skip


def detector_section(
    results: Sequence[ImageResult], by_tilt: MetricsTable, threshold: float, folder: Path
) -> str:
    """Finding and framing by face width, source, light and tilt; precision-recall curves.

    Args:
        results: images with all detections, down to low confidence.
        by_tilt: the scores of ``score_by_tilt``.
        threshold: score threshold of the model folder.
        folder: folder for the image.
    """
    scores = score_detector(results, threshold)
    images = [result.labeled_detections for result in results]
    plot_precision_recall(folder / CURVE, images, threshold)
    everything = {f"all, {DETECTOR_MIN_WIDTH_PX:g}+ px": scores}
    return join_blocks(
        "## Face detector",
        f"**Finding** a face: a detection has an IoU of at least {LOOSE_IOU:g} with it (AP30, "
        f"recall, false faces). **Framing** it: at least {IOU_THRESHOLD:g} (AP50), and the IoU of "
        f"the boxes of the faces found. Faces narrower than {DETECTOR_MIN_WIDTH_PX:g} px and those "
        "labeled `ignore` are ignored. The wear status does not matter here. Recall, false faces "
        f"and box IoU are those at the score threshold of {threshold:g}.",
        _rows({**everything, **score_by_width(results, threshold)}),
        f"With a recall of {RECALL_TARGET:g} at IoU {LOOSE_IOU:g}, at a score threshold of "
        f"{scores[f'score threshold at recall {RECALL_TARGET:g}']:.3f}, there are "
        f"**{scores[f'false faces per image at recall {RECALL_TARGET:g}']:.3f}** false faces per "
        "image.",
        "### Precision-recall",
        image_link(CURVE, "Precision-recall curves of all faces and by face width, at both IoUs"),
        "### By source",
        _rows(score_by_source(results, threshold)),
        "### By brightness of the face",
        _rows(score_by_light(results, threshold)),
        "### By tilt",
        "Copies of the images, tilted in both directions.",
        _rows(by_tilt),
    )


def _rows(table: MetricsTable) -> str:
    return metrics_table({name: {key: row[key] for key in COLUMNS} for name, row in table.items()})
