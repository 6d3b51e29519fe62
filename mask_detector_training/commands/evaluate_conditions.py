# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate robustness`` and ``anonymization``: images unlike the others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import DATA_HELP, check_installed
from mask_detector_training.commands.evaluate_options import (
    SPLITS,
    add_common,
    add_images,
    add_json,
    add_yunet,
    load_records,
    models_folder,
    print_json,
    print_tables,
)


def add_kinds(kinds: Any) -> None:
    """Add the commands to those of ``mask_detector evaluate``."""
    robustness = kinds.add_parser(
        "robustness",
        help="scores of the detector in changed images: gray, dark, blurred, tilted, faces covered",
    )
    add_common(robustness)
    add_json(robustness)
    add_images(robustness)
    add_yunet(
        robustness,
        "also score YuNet, from its ONNX file, at 640 px and with as many false faces per "
        "unchanged image",
    )
    robustness.add_argument("--plot", type=Path, metavar="PNG", help="plot the scores")
    robustness.set_defaults(func=_robustness)

    anonymization = kinds.add_parser(
        "anonymization", help="identify people in annotated images, by a face recognizer"
    )
    anonymization.add_argument("--data", metavar="DIR", help=DATA_HELP)
    anonymization.add_argument("--split", choices=SPLITS, default="val")
    anonymization.add_argument(
        "--people", type=int, default=150, metavar="N", help="people of each kind (default: 150)"
    )
    add_json(anonymization)
    anonymization.set_defaults(func=_anonymization)


def _robustness(args: argparse.Namespace) -> int:
    from mask_detector_training.array_files import check_writable

    check_installed("sklearn", *(["matplotlib"] if args.plot else []))
    if args.plot:
        check_writable(args.plot)
    from mask_detector_training.evaluation.predictions import (
        ModelSet,
        detection_records,
        with_progress,
    )
    from mask_detector_training.evaluation.robustness import (
        OURS,
        YUNET,
        beside,
        measure_robustness,
        our_detector,
        plot_robustness,
        yunet_detector,
    )
    from mask_detector_training.markdown_text import metrics_table

    records = detection_records(load_records(args))
    detectors = {OURS: our_detector(ModelSet.load(models_folder(args), args.runtime))}
    if args.yunet:
        detectors[YUNET] = yunet_detector(args.yunet)
    tables, thresholds = measure_robustness(detectors, with_progress(records, args.split))
    if args.plot:
        plot_robustness(args.plot, tables)
    if args.json:
        return print_json({"score thresholds": thresholds, **tables})
    print(metrics_table(beside(tables)))
    shown = " / ".join(f"{name} {threshold:.3f}" for name, threshold in thresholds.items())
    print(f"\n{len(records)} images; score threshold: {shown}")
    return 0


def _anonymization(args: argparse.Namespace) -> int:
    from mask_detector_training.evaluation.anonymization import (
        Embed,
        measure_anonymization,
        pixel_embedding,
    )
    from mask_detector_training.evaluation.recognizer import FaceRecognizer

    if args.people < 2:
        raise ValueError(f"--people must be at least 2, got {args.people}")
    attackers: dict[str, Embed] = {"recognizer": FaceRecognizer(), "pixels": pixel_embedding}
    return print_tables(measure_anonymization(load_records(args), attackers, args.people), args)
