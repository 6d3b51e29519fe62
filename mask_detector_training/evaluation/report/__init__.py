# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One report of how good the shipped models are: ``report.md``, its pictures, ``report.html``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import mask_detector_ros
from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception import runtimes
from mask_detector_training.array_files import sha256
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.data.formats import split_path
from mask_detector_training.evaluation.end_to_end import Met, meet
from mask_detector_training.evaluation.mapped_classes import MASKED, two_classes
from mask_detector_training.evaluation.predictions import (
    SMALLEST_ACCUSED,
    SMALLEST_FOUND,
    SMALLEST_TOLD,
    Scene,
    Shipped,
    Told,
    process,
    progress,
    scenes_of,
    tell_faces,
)
from mask_detector_training.evaluation.report.classifier_section import classifier_part
from mask_detector_training.evaluation.report.detector_section import detector_part
from mask_detector_training.evaluation.report.end_to_end_section import pipeline_part, unknown_part
from mask_detector_training.evaluation.report.galleries import galleries_part
from mask_detector_training.evaluation.report.html_page import as_page
from mask_detector_training.evaluation.split_scores import (
    score_classifier,
    score_detector,
    score_pipeline,
)
from mask_detector_training.markdown_text import percent, section, table

TITLE = "How good the models are"
WARNING = (
    "> **This report shows photographs of people.** It is for developers who work with the "
    "data, not for publishing."
)


def write_report(
    data: Path,
    split: str,
    models: Path,
    out: Path,
    *,
    runtime: str = runtimes.AUTO,
    masked: Iterable[str] = MASKED,
    command: str = "",
) -> Path:
    """Score the models of a folder on a split, and write down what was found.

    Args:
        data: the data folder.
        split: ``train``, ``val`` or ``test``.
        models: the model folder.
        out: folder for ``report.html``, ``report.md`` and its pictures.
        runtime: as in ``runtimes.CHOICES``.
        masked: what counts as a mask in the 2-class view, besides ``correct``.
        command: how the report was asked for; written into it.

    Returns:
        The page, ``report.html``.

    Raises:
        ModelError: a model cannot be used.
        ValueError: the data cannot be read.
    """
    shipped = Shipped.load(models, runtime)
    records = load_split(data, split)
    told = tell_faces(shipped.classifier, progress(records, "labeled faces"))
    scenes = process(shipped.pipeline, progress(scenes_of(records), "scenes"), shipped.scoring)
    met = meet(scenes, shipped.threshold)
    text = section(
        f"# {TITLE}",
        WARNING,
        f"Scored on `{split}`, {len(records)} pictures, with mask_detector_ros "
        f"{mask_detector_ros.__version__}. Where it comes from stands at the end.",
        _summary(shipped, scenes, told, met),
        detector_part(scenes, shipped.threshold, out),
        classifier_part(told, two_classes(masked), out),
        unknown_part(met),
        pipeline_part(scenes),
        galleries_part(scenes, told, shipped.threshold, out),
        _made(shipped, data, split, records, command),
    )
    write_whole(out / "report.md", text)
    page = out / "report.html"
    write_whole(page, as_page(text, out, TITLE))
    return page


def _summary(shipped: Shipped, scenes: Sequence[Scene], told: Told, met: Met) -> str:
    finding = score_detector(scenes, shipped.threshold)
    telling = score_classifier(told)
    accused = telling["recall of violations at 1 % false alarms"]
    rows = [
        (f"faces found, AP50, from {SMALLEST_FOUND:g} px", finding["AP50"]),
        ("correct / incorrect / no mask, found and told, mean AP50",
         score_pipeline(scenes)["mean AP50"]),
        (f"four classes, macro F1, from {SMALLEST_TOLD:g} px", telling["macro F1"]),
        (f"violations told as such at 1 % false alarms, from {SMALLEST_ACCUSED:g} px", accused),
        ("expected calibration error", telling["calibration error"]),
        ("faces of which the product says UNKNOWN", percent(met.unknown_rate)),
    ]  # fmt: skip
    models = shipped.models.values()
    for form in dict.fromkeys(form for model in models for form in model.files):
        files = [model.files[form].path for model in models if form in model.files]
        size = sum(path.stat().st_size for path in files) / 1e6
        rows.append((f"on disk as {form}: {', '.join(p.stem for p in files)}", f"{size:.2f} MB"))
    return table(("figure", "value"), rows)


def _made(shipped: Shipped, data: Path, split: str, records: Sequence[Record], command: str) -> str:
    """On what, with what and by which command."""
    lines = [f"data folder: `{data.resolve()}`, split `{split}`"]
    for folder in sorted({record.folder for record in records}):
        own = [record for record in records if record.folder == folder]
        faces = sum(len(record.boxes) for record in own)
        labels = split_path(data / folder, split)
        if labels is not None:
            digest = f", SHA-256 `{sha256(labels)}`" if labels.is_file() else ""
            name = labels.relative_to(data)
            lines.append(f"`{name}`: {len(own)} pictures, {faces} labeled faces{digest}")
    lines.append(f"package: mask_detector_ros {mask_detector_ros.__version__}")
    lines.append(f"runtime: {shipped.runtime}, one thread")
    for model in shipped.models.values():
        lines += [
            f"{model.name} {model.version}, .{form}: SHA-256 `{file.sha256}`"
            for form, file in model.files.items()
        ]
    if command:
        lines.append(f"command: `{command}`")
    return section("## How this report was made", "\n".join(f"* {line}" for line in lines))
