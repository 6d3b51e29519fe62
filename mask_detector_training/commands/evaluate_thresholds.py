# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate unknown``, ``blurred`` and ``nested``: choosing thresholds on val."""

from __future__ import annotations

import argparse
from typing import Any

from mask_detector_training.commands.common import (
    PLOTS,
    check_drawing,
    check_installed,
    load_models,
)
from mask_detector_training.commands.evaluate_options import (
    add_common,
    add_json,
    add_kind,
    add_plot,
    load_records,
    load_worn,
    print_columns,
    print_tables,
)


def add_kinds(kinds: Any) -> None:
    """Add the commands to those of ``mask_detector evaluate``."""
    unknown = add_kind(
        kinds, "unknown", "choose the thresholds below which the status is UNKNOWN", _unknown,
        add_common, add_json, add_plot,
    )  # fmt: skip
    unknown.add_argument(
        "--precision", type=float, default=0.97,
        help="fraction of the classified faces that must be right, all classes weighted equally; "
        "decides about min_confidence (default: 0.97)",
    )  # fmt: skip
    unknown.add_argument(
        "--edge", type=float, default=0.85,
        help="the same for faces that just pass a quality threshold (default: 0.85)",
    )  # fmt: skip
    add_kind(
        kinds, "blurred", "choose the threshold above which faces are hidden", _blurred,
        add_common, add_json,
    )  # fmt: skip
    add_kind(
        kinds, "nested", "choose the threshold above which nested boxes are one face", _nested,
        add_common, add_json,
    )  # fmt: skip


def _unknown(args: argparse.Namespace) -> int:
    for name in ("precision", "edge"):
        if not 0 < getattr(args, name) < 1:
            raise ValueError(f"--{name} must lie between 0 and 1, got {getattr(args, name)}")
    check_installed("sklearn")
    check_drawing("--plot", args.plot, PLOTS)
    from mask_detector_training.evaluation import unknown_thresholds

    records, models = load_worn(args), load_models(args)
    measured = unknown_thresholds.measure_faces(models.detector, models.classifier, records)
    chosen = unknown_thresholds.choose_thresholds(measured, args.precision, args.edge)
    if args.plot:
        unknown_thresholds.plot_thresholds(args.plot, measured, chosen)
    shown = {name: "no threshold" if value is None else value for name, value in chosen.items()}
    return print_columns(shown, args)


def _blurred(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.evaluation import blur_threshold
    from mask_detector_training.evaluation.predictions import (
        detect_faces,
        detection_records,
        with_progress,
    )

    records, models = detection_records(load_records(args)), load_models(args)
    images = with_progress(records, args.split)
    results = detect_faces(models.detector, images, models.evaluation_settings)
    table = blur_threshold.compare_thresholds(results, models.score_threshold)
    return print_columns(table, args)


def _nested(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_ros.perception.pipeline_settings import DetectorSettings
    from mask_detector_training.evaluation.nested_boxes import compare_thresholds_and_choices
    from mask_detector_training.evaluation.predictions import ImageResult, with_progress

    records, models = load_records(args), load_models(args)
    detector, settings = models.detector, models.evaluation_settings
    tables: dict[str, dict[str, Any]] = {}
    for folder in dict.fromkeys(record.folder for record in records):
        images = with_progress([r for r in records if r.folder == folder], folder)
        results = [ImageResult(r, detector.detect(r.load(), settings)) for r in images]
        tables |= compare_thresholds_and_choices(
            folder, results, models.score_threshold, DetectorSettings().nms_iom
        )
    return print_tables(tables, args)
