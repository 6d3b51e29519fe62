# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation report of a model folder: ``report.md`` with its images, and ``report.html``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import mask_detector_ros
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception import runtimes
from mask_detector_training.array_files import sha256
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.data.formats import split_path
from mask_detector_training.evaluation.classifier_slices import score_in_changed_images
from mask_detector_training.evaluation.detector_scores import score_by_tilt, score_detector
from mask_detector_training.evaluation.end_to_end import MatchedFaces, match_faces
from mask_detector_training.evaluation.mapped_classes import MASKED_STATUSES, two_class_mapping
from mask_detector_training.evaluation.predictions import (
    CLASSIFIER_MIN_WIDTH_PX,
    DETECTOR_MIN_WIDTH_PX,
    VIOLATION_MIN_WIDTH_PX,
    FacePredictions,
    ImageResult,
    ModelSet,
    classify_faces,
    detection_records,
    run_pipeline,
    with_progress,
)
from mask_detector_training.evaluation.report.classifier_section import classifier_section
from mask_detector_training.evaluation.report.detector_section import detector_section
from mask_detector_training.evaluation.report.end_to_end_section import (
    pipeline_section,
    unknown_section,
)
from mask_detector_training.evaluation.report.galleries import error_section
from mask_detector_training.evaluation.report.html_page import as_page
from mask_detector_training.evaluation.split_scores import score_classifier, score_pipeline
from mask_detector_training.markdown_text import join_blocks, percent, table

TITLE = "Evaluation report"
WARNING = (
    "> **This report shows photographs of people.** It is for developers who work with the "
    "data, not for publication."
)


def write_report(
    data: Path,
    split: str,
    models: Path,
    out: Path,
    *,
    runtime: str = runtimes.AUTO,
    masked: Iterable[str] = MASKED_STATUSES,
    command: str = "",
) -> Path:
    """Evaluate the models of a folder on a split and write a report.

    Args:
        data: the data folder.
        split: ``train``, ``val`` or ``test``.
        models: the model folder.
        out: folder for ``report.html``, ``report.md`` and its images.
        runtime: one of ``runtimes.CHOICES``.
        masked: statuses that count as a mask in two classes, besides ``correct``.
        command: command line that created the report; written into it.

    Returns:
        Path of ``report.html``.

    Raises:
        ModelError: a model cannot be used.
        ValueError: the data cannot be read.
    """
    model_set = ModelSet.load(models, runtime)
    records = load_split(data, split)
    faces = classify_faces(model_set.classifier, with_progress(records, "labeled faces"))
    results = run_pipeline(
        model_set.pipeline,
        with_progress(detection_records(records), "images"),
        model_set.evaluation_settings,
    )
    threshold = model_set.score_threshold
    by_tilt = score_by_tilt(
        model_set.detector,
        with_progress(detection_records(records), "tilted images"),
        model_set.evaluation_settings,
        threshold,
    )
    changed = score_in_changed_images(
        model_set.classifier, with_progress(records, "changed images")
    )
    matched = match_faces(results, threshold)
    text = join_blocks(
        f"# {TITLE}",
        WARNING,
        f"Split `{split}`, {len(records)} images, mask_detector_ros "
        f"{mask_detector_ros.__version__}. Data, models and command are listed at the end.",
        _summary(model_set, results, faces, matched),
        detector_section(results, by_tilt, threshold, out),
        classifier_section(faces, changed, two_class_mapping(masked), out),
        unknown_section(matched),
        pipeline_section(results),
        error_section(results, faces, threshold, out),
        _provenance(model_set, data, split, records, command),
    )
    write_atomically(out / "report.md", text)
    page = out / "report.html"
    write_atomically(page, as_page(text, out, TITLE))
    return page


def _summary(
    model_set: ModelSet,
    results: Sequence[ImageResult],
    faces: FacePredictions,
    matched: MatchedFaces,
) -> str:
    detector = score_detector(results, model_set.score_threshold)
    classifier = score_classifier(faces)
    violations = classifier["recall of violations at 1 % false alarms"]
    rows = [
        (f"detector: AP30 (finding), faces from {DETECTOR_MIN_WIDTH_PX:g} px", detector["AP30"]),
        (f"detector: AP50 (framing), faces from {DETECTOR_MIN_WIDTH_PX:g} px", detector["AP50"]),
        ("detector: recall at IoU 0.3, at the score threshold", detector["recall at IoU 0.3"]),
        ("detector: false faces per image, at the score threshold",
         detector["false faces per image"]),
        ("pipeline: mean AP50 over correct, incorrect, no mask",
         score_pipeline(results)["mean AP50"]),
        (f"classifier: macro F1 over four classes, faces from {CLASSIFIER_MIN_WIDTH_PX:g} px",
         classifier["macro F1"]),
        ("classifier: recall of violations at 1 % false alarms, faces from "
         f"{VIOLATION_MIN_WIDTH_PX:g} px", violations),
        ("classifier: expected calibration error", classifier["calibration error"]),
        ("pipeline: faces with status UNKNOWN", percent(matched.unknown_rate)),
    ]  # fmt: skip
    models = model_set.models.values()
    for form in dict.fromkeys(form for model in models for form in model.files):
        files = [model.files[form].path for model in models if form in model.files]
        size = sum(path.stat().st_size for path in files) / 1e6
        rows.append((f"file size, {form}: {', '.join(p.stem for p in files)}", f"{size:.2f} MB"))
    return table(("metric", "value"), rows)


def _provenance(
    model_set: ModelSet, data: Path, split: str, records: Sequence[Record], command: str
) -> str:
    """Data, models and command of the report."""
    lines = [f"data folder: `{data.resolve()}`, split `{split}`"]
    for folder in sorted({record.folder for record in records}):
        own = [record for record in records if record.folder == folder]
        faces = sum(len(record.boxes) for record in own)
        # A data set may state its splits itself; then the labels of all are in its folder.
        labels = split_path(data / folder, split) or data / folder
        digest = f", SHA-256 `{sha256(labels)}`" if labels.is_file() else ""
        name = labels.relative_to(data)
        lines.append(f"`{name}`: {len(own)} images, {faces} labeled faces{digest}")
    lines.append(f"package: mask_detector_ros {mask_detector_ros.__version__}")
    lines.append(f"runtime: {model_set.runtime}, one thread")
    for model in model_set.models.values():
        lines += [
            f"{model.name} {model.version}, .{form}: SHA-256 `{file.sha256}`"
            for form, file in model.files.items()
        ]
    if command:
        lines.append(f"command: `{command}`")
    return join_blocks("## Data, models and command", "\n".join(f"* {line}" for line in lines))
