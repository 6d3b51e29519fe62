# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of results in the model cards, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mask_detector_ros.perception.pipeline import FACE_DETECTOR
from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_training.data.datasets import Record
from mask_detector_training.evaluation import (
    evaluate_classifier,
    evaluate_detector,
    evaluate_pipeline,
)
from mask_detector_training.evaluation.face_scores import RECALL_TARGET
from mask_detector_training.evaluation.predictions import ModelSet
from mask_detector_training.markdown_text import join_blocks, metrics_table, table

Splits = Mapping[str, Sequence[Record]]
"""Labeled images by name of the split."""
SLICES = ("faces", "AP30", "AP50", "recall at IoU 0.3", "false faces per image", "mean box IoU")


def card_tables(card: str, models: ModelSet, splits: Splits) -> str:
    """The tables of a model card.

    Args:
        card: name of the model, ``face_detector`` or ``mask_classifier``.
        models: the models of a folder.
        splits: one column for each; slices are of the last one.
    """
    return (_detector_card if card == FACE_DETECTOR else _classifier_card)(models, splits)


def _detector_card(models: ModelSet, splits: Splits) -> str:
    reports = {split: evaluate_detector(models, records) for split, records in splits.items()}
    threshold = f"at the shipped threshold ({models.score_threshold:g})"
    widths = list(next(iter(reports.values()))["by face width"])
    rows: list[tuple[str, str | tuple[str, str, str]]] = [
        ("images", "images"),
        ("faces", "faces"),
        ("**AP30** (finding)", "AP30"),
        *((f"AP30, faces {width} wide", ("by face width", width, "AP30")) for width in widths),
        (f"recall at IoU 0.3 {threshold}", "recall at IoU 0.3"),
        (f"false faces per image {threshold}", "false faces per image"),
        (f"false faces per image at a recall of {RECALL_TARGET:g}",
         f"false faces per image at recall {RECALL_TARGET:g}"),
        ("**AP50** (framing)", "AP50"),
        *((f"AP50, faces {width} wide", ("by face width", width, "AP50")) for width in widths),
        (f"recall at IoU 0.5 {threshold}", "recall at IoU 0.5"),
        ("box IoU of the faces found, mean", "mean box IoU"),
        ("box IoU of the faces found, median", "median box IoU"),
    ]  # fmt: skip
    last = list(reports)[-1]
    slices = {
        name: {key: row[key] for key in SLICES}
        for title, rows_of in reports[last].items()
        if isinstance(rows_of, Mapping) and title != "by face width"
        for name, row in rows_of.items()
    }
    return join_blocks(_columns(rows, reports), f"On {last}:", metrics_table(slices))


def _classifier_card(models: ModelSet, splits: Splits) -> str:
    reports = {split: evaluate_classifier(models, records) for split, records in splits.items()}
    for report in reports.values():
        low, high = (report[f"macro F1, 95 % interval, {end} end"] for end in ("lower", "upper"))
        report["interval"] = f"{low:.3f} to {high:.3f}"
    first = next(iter(reports.values()))
    rows: list[tuple[str, str | tuple[str, str, str]]] = [
        ("faces", "faces"),
        ("**macro F1**", "macro F1"),
        ("macro F1, 95 % confidence interval", "interval"),
        ("accuracy", "accuracy"),
        *(
            (f"{name}: {metric}", f"{name} {metric}")
            for name in CLASS_LABELS
            for metric in ("precision", "recall", "F1")
        ),
        *(
            (f"macro F1, faces {width} wide", ("by face width", width, "macro F1"))
            for width in first["by face width"]
        ),
        ("expected calibration error", "calibration error"),
        (
            "recall of violations at 1 % false positives",
            "recall of violations at 1 % false alarms",
        ),
    ]
    last = list(reports)[-1]
    counts = zip(CLASS_LABELS, reports[last]["confusion matrix (rows: ground truth)"], strict=True)
    slices = {**reports[last]["by source"], **reports[last]["in changed images"]}
    pipelines = {split: evaluate_pipeline(models, records) for split, records in splits.items()}
    order = ("mean AP50", "AP50 correct", "AP50 incorrect", "AP50 no_mask")
    return join_blocks(
        _columns(rows, reports),
        f"Confusion matrix on {last}:",
        table(("true \\ predicted", *CLASS_LABELS), [(name, *row) for name, row in counts]),
        f"By source and in changed images, on {last}:",
        metrics_table(slices),
        "Detector and classifier together (`mask_detector evaluate pipeline`):",
        _columns([(f"**{n}**" if n == order[0] else n, n) for n in order], pipelines),
    )


def _columns(
    rows: Sequence[tuple[str, str | tuple[str, str, str]]], reports: Mapping[str, Mapping[str, Any]]
) -> str:
    """A table with one column for each report; rows are a text and the key of the metric."""
    lines = []
    for text, key in rows:
        line: list[Any] = [text]
        for report in reports.values():
            if isinstance(key, str):
                line.append(report[key])
            else:
                title, name, metric = key
                line.append(report[title][name][metric])
        lines.append(line)
    return table(("", *reports), lines)
