# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Section of the report about the mask classifier, on labeled boxes."""

from __future__ import annotations

from pathlib import Path

from mask_detector_training.data.class_mapping import CLASS_MAPPINGS, ClassMapping
from mask_detector_training.evaluation.classifier_slices import (
    score_by_source,
    score_by_width,
)
from mask_detector_training.evaluation.metrics import (
    CALIBRATION_BINS,
    accuracy,
    calibration_error,
    class_scores,
    confusion_matrix,
    macro_f1,
)
from mask_detector_training.evaluation.predictions import (
    CLASSIFIER_MIN_WIDTH_PX,
    FacePredictions,
)
from mask_detector_training.evaluation.report.report_plots import (
    plot_confusion_matrix,
    plot_reliability_diagram,
)
from mask_detector_training.evaluation.split_scores import (
    four_class_interval,
    mapped_classes,
    select_classes,
)
from mask_detector_training.markdown_text import (
    MetricsTable,
    image_link,
    join_blocks,
    metrics_table,
    table,
)

CONFUSION, CALIBRATION = "confusion.png", "calibration.png"
CLASS_COLUMNS = ("class", "faces", "precision", "recall", "F1")


def classifier_section(
    faces: FacePredictions, changed: MetricsTable, two_classes: ClassMapping, folder: Path
) -> str:
    """Confusion matrix, scores by class, width and source, calibration, and class mappings.

    Args:
        faces: predictions for all labeled faces.
        changed: the scores of ``score_in_changed_images``.
        two_classes: the mapping to mask and no mask.
        folder: folder for the images.
    """
    mapping, large = CLASS_MAPPINGS[4], select_classes(faces, CLASSIFIER_MIN_WIDTH_PX)
    truth, predicted = mapped_classes(large, mapping)
    counts = confusion_matrix(truth, predicted, len(mapping.names))
    plot_confusion_matrix(folder / CONFUSION, counts, mapping.names)
    plot_reliability_diagram(folder / CALIBRATION, large.probabilities, truth)
    error = calibration_error(large.probabilities, truth)
    low, high = four_class_interval(large)
    return join_blocks(
        "## Mask classifier",
        f"Labeled boxes at least {CLASSIFIER_MIN_WIDTH_PX:g} px wide, unless a width is given. "
        "The prediction is the most probable class, at any confidence.",
        "### Confusion matrix",
        _confusion_table(large, mapping),
        image_link(CONFUSION, "Confusion matrix: counts and fraction of the true class"),
        "### By class",
        _class_table(large, mapping),
        f"Macro F1 **{macro_f1(truth, predicted):.3f}** (95 % confidence interval {low:.3f} to "
        f"{high:.3f}), accuracy **{accuracy(truth, predicted):.3f}**.",
        "### By face width",
        metrics_table(score_by_width(faces)),
        "### By source",
        metrics_table(score_by_source(faces)),
        "Macro F1 is the mean over the classes that are labeled in the source.",
        "### In gray, dark and tilted images",
        metrics_table(changed),
        "### Calibration (reliability diagram)",
        f"Expected calibration error over {CALIBRATION_BINS} bins: **{error:.3f}**.",
        image_link(CALIBRATION, "Reliability diagram: accuracy over confidence"),
        *_mappings(faces.where(faces.widths >= CLASSIFIER_MIN_WIDTH_PX), two_classes),
    )


def _confusion_table(faces: FacePredictions, mapping: ClassMapping) -> str:
    counts = confusion_matrix(*mapped_classes(faces, mapping), len(mapping.names))
    header = ("ground truth \\ predicted", *mapping.names)
    return table(header, [(n, *row) for n, row in zip(mapping.names, counts, strict=True)])


def _class_table(faces: FacePredictions, mapping: ClassMapping) -> str:
    scores = class_scores(*mapped_classes(faces, mapping), len(mapping.names))
    columns = (mapping.names, scores.support, scores.precision, scores.recall, scores.f1)
    return table(CLASS_COLUMNS, zip(*columns, strict=True))


def _scores(faces: FacePredictions, mapping: ClassMapping) -> tuple[int, float, float]:
    """Number of faces, accuracy and macro F1."""
    truth, predicted = mapped_classes(faces, mapping)
    return len(truth), accuracy(truth, predicted), macro_f1(truth, predicted)


def _mappings(faces: FacePredictions, two_classes: ClassMapping) -> list[str]:
    """The same predictions in fewer classes; ``faces`` includes those labeled ``incorrect``."""
    mappings = {**CLASS_MAPPINGS, 2: two_classes}
    summary = [(f"{n} classes", *_scores(faces, mapping)) for n, mapping in mappings.items()]
    parts = [
        "### Class mappings",
        "The same predictions mapped to fewer classes. `incorrect` combines below the mouth and "
        "nose exposed; faces labeled `incorrect` count with three classes only. With two "
        f"classes {_describe(two_classes)}.",
        table(("mapping", "faces", "accuracy", "macro F1"), summary),
    ]
    for number, mapping in mappings.items():
        if number != 4:
            parts += [
                f"#### {number} classes",
                _confusion_table(faces, mapping),
                _class_table(faces, mapping),
            ]
    return parts


def _describe(mapping: ClassMapping) -> str:
    words = [f"`{status}` counts as `{name}`" for status, name in mapping.class_of.items()]
    return ", ".join(words[:-1]) + f" and {words[-1]}"
