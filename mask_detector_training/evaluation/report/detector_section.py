# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Section of the report about the face detector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mask_detector_training.evaluation.metrics import (
    IOU_THRESHOLD,
    average_precision,
    match_images,
)
from mask_detector_training.evaluation.predictions import (
    DETECTOR_MIN_WIDTH_PX,
    WIDTH_BANDS_PX,
    ImageResult,
    band_name,
)
from mask_detector_training.evaluation.report.report_plots import plot_precision_recall
from mask_detector_training.evaluation.split_scores import score_detector, select_widths
from mask_detector_training.markdown_text import image_link, join_blocks, table

CURVE = "precision_recall.png"


def detector_section(results: Sequence[ImageResult], threshold: float, folder: Path) -> str:
    """Average precision by face width and source, and the precision-recall curve.

    Args:
        results: images with all detections, down to low confidence.
        threshold: score threshold of the model folder.
        folder: folder for the image.
    """
    scores = score_detector(results, threshold)
    images = [result.labeled_detections for result in results]
    bands = {band_name(*band): select_widths(images, *band) for band in WIDTH_BANDS_PX}
    by_width = [
        (name, match_images(selected)[2], average_precision(selected))
        for name, selected in {f"all, {DETECTOR_MIN_WIDTH_PX:g}+ px": images, **bands}.items()
    ]
    by_source = []
    for source in sorted({result.record.source for result in results}):
        own = score_detector([r for r in results if r.record.source == source], threshold)
        by_source.append(
            (source, *(own[k] for k in ("images", "faces", "AP50", "precision", "recall")))
        )
    plot_precision_recall(folder / CURVE, {"all faces": images, **bands}, threshold)
    return join_blocks(
        "## Face detector",
        f"A detection matches a face with an IoU of at least {IOU_THRESHOLD:g}. Faces narrower "
        f"than {DETECTOR_MIN_WIDTH_PX:g} px and those labeled `ignore` are ignored. The wear "
        "status does not matter here.",
        table(("face width", "faces", "AP50"), by_width),
        f"At the score threshold of {threshold:g}, precision is **{scores['precision']:.3f}** "
        f"and recall **{scores['recall']:.3f}**.",
        "### Precision-recall",
        image_link(CURVE, "Precision-recall curves of all faces and by face width"),
        "### By source",
        table(("source", "images", "faces", "AP50", "precision", "recall"), by_source),
    )
