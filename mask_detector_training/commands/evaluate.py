# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate``: metrics of the exported models on labeled images."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from mask_detector_training.commands import (
    evaluate_conditions,
    evaluate_far,
    evaluate_thresholds,
)
from mask_detector_training.commands.common import (
    DATA_HELP,
    SPLITS,
    Subparsers,
    add_models,
    check_installed,
    load_models,
    models_folder,
)
from mask_detector_training.commands.evaluate_options import (
    add_common,
    add_images,
    add_json,
    add_kind,
    add_yunet,
    load_records,
    load_worn,
    print_columns,
    print_report,
)

TARGETS = {
    "detector": "finding and framing of faces: average precision, recall, false faces, box IoU",
    "classifier": "F1, calibration and recall of the wear status, on labeled boxes",
    "pipeline": "average precision of detector and classifier together",
}


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``evaluate`` to the commands of ``mask_detector``."""
    evaluate = subparsers.add_parser(
        "evaluate", help="compute metrics of the exported models on labeled images"
    )
    kinds = evaluate.add_subparsers(dest="what", required=True, metavar="WHAT")
    for what, about in TARGETS.items():
        add_kind(kinds, what, about, _score, add_common, add_json, add_images)
    timing = add_kind(
        kinds, "time", "measure the inference time of the models", _time, add_models, add_json
    )
    add_yunet(timing, "also measure YuNet, from its ONNX file")
    one_stage = add_kind(
        kinds, "one-stage",
        "compare a one-stage detector with the shipped detector and classifier",
        _one_stage, add_common, add_json,
    )  # fmt: skip
    one_stage.add_argument(
        "folder", type=Path, metavar="DIR", help="model folder of the one-stage detector"
    )
    for commands in (evaluate_thresholds, evaluate_conditions, evaluate_far):
        commands.add_kinds(kinds)
    card = add_kind(kinds, "card", "print the tables of results of a model card", _card, add_models)
    card.add_argument("card", choices=("face_detector", "mask_classifier"), metavar="MODEL",
                      help="face_detector or mask_classifier")  # fmt: skip
    card.add_argument("--data", metavar="DIR", help=DATA_HELP)
    card.add_argument("--splits", nargs="+", choices=SPLITS, default=["val", "test"],
                      help="one column each (default: val test)")  # fmt: skip
    report = add_kind(
        kinds, "report", "write all metrics and the worst errors to one page", _report, add_common
    )
    report.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for report.html, report.md and images",
    )
    report.add_argument(
        "--masked", nargs="*", choices=("below_mouth", "nose_exposed"), default=["nose_exposed"],
        help="statuses that count as a mask with two classes, besides correct "
        "(default: nose_exposed)",
    )  # fmt: skip


def _score(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training import evaluation

    records = load_records(args) if args.what == "detector" else load_worn(args)
    models = load_models(args)
    evaluate = {
        "detector": evaluation.evaluate_detector,
        "classifier": evaluation.evaluate_classifier,
        "pipeline": evaluation.evaluate_pipeline,
    }[args.what]
    return print_report(evaluate(models, records), args)


def _card(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.evaluation.card_tables import card_tables

    models, splits = load_models(args), {}
    for split in dict.fromkeys(args.splits):
        args.split = split
        splits[split] = load_records(args)
    print(card_tables(args.card, models, splits), end="")
    return 0


def _time(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.evaluation.inference_time import time_models

    return print_columns(time_models(models_folder(args), args.runtime, args.yunet), args)


def _one_stage(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.evaluation.one_stage import compare_stages

    root = data_root(args.data)
    report = compare_stages(root, args.split, models_folder(args), args.folder, args.runtime)
    return print_columns(report, args)


def _report(args: argparse.Namespace) -> int:
    check_installed("matplotlib", "markdown", "sklearn")
    from mask_detector_training.array_files import check_writable
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.evaluation.report import write_report

    root, models = data_root(args.data), models_folder(args)
    check_writable(args.out / "report.md")
    command = shlex.join(
        ["mask_detector", "evaluate", "report", "--data", str(root), "--split", args.split,
         "--models", str(models), "--runtime", args.runtime, "--out", str(args.out),
         "--masked", *args.masked]
    )  # fmt: skip
    page = write_report(
        root, args.split, models, args.out,
        runtime=args.runtime, masked=args.masked, command=command,
    )  # fmt: skip
    print(f"done; open {page}")
    return 0
