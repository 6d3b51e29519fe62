# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report's part about finding faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mask_detector_training.evaluation.metrics import average_precision, match
from mask_detector_training.evaluation.predictions import BANDS, SMALLEST_FOUND, Scene, band_name
from mask_detector_training.evaluation.report.report_plots import draw_precision_recall
from mask_detector_training.evaluation.split_scores import only_widths, score_detector
from mask_detector_training.markdown_text import picture, section, table

CURVE = "precision_recall.png"


def detector_part(scenes: Sequence[Scene], threshold: float, folder: Path) -> str:
    """Average precision by width and source, and the curve behind it.

    Args:
        scenes: what was found, down to the faintest.
        threshold: the shipped one.
        folder: where the picture goes.
    """
    figures = score_detector(scenes, threshold)
    everything = [scene.answers for scene in scenes]
    bands = {band_name(*band): only_widths(everything, *band) for band in BANDS}
    by_width = [
        (name, match(some)[2], average_precision(some))
        for name, some in {f"all, {SMALLEST_FOUND:g}+ px": everything, **bands}.items()
    ]
    by_source = []
    for source in sorted({scene.record.source for scene in scenes}):
        own = [scene for scene in scenes if scene.record.source == source]
        scores = score_detector(own, threshold)
        by_source.append(
            (source, *(scores[k] for k in ("pictures", "faces", "AP50", "precision", "recall")))
        )
    draw_precision_recall(folder / CURVE, {"all faces": everything, **bands}, threshold)
    return section(
        "## Face detector",
        f"A face is found where a box overlaps it by half. Faces narrower than "
        f"{SMALLEST_FOUND:g} px and those labeled `ignore` are neutral. Whether and how a mask "
        "is worn does not matter here.",
        table(("face width", "faces", "AP50"), by_width),
        f"From the shipped score threshold of {threshold:g} on, precision is "
        f"**{figures['precision']:.3f}** and recall **{figures['recall']:.3f}**.",
        picture(CURVE, "Precision over recall, all faces and by face width"),
        "### By source",
        table(("source", "pictures", "faces", "AP50", "precision", "recall"), by_source),
    )
