# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate``: figures of the exported models on labelled pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from mask_detector_ros.training.commands.common import DATA_HELP, Subparsers


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``evaluate`` to the commands of ``mask_detector``."""
    evaluate = subparsers.add_parser(
        "evaluate", help="score the exported models on labelled pictures"
    )
    evaluate.add_argument("what", choices=("detector", "classifier", "pipeline", "time"))
    evaluate.add_argument("--split", choices=("train", "val", "test"), default="val")
    evaluate.add_argument("--models", type=Path, help="model folder (default: the shipped one)")
    evaluate.add_argument("--runtime", default="auto", help="litert, onnxruntime, opencv or auto")
    evaluate.add_argument("--yunet", type=Path, help="with time: YuNet's ONNX file to compare")
    evaluate.add_argument("--json", action="store_true", help="print JSON instead of a table")
    evaluate.add_argument("--data", help=DATA_HELP)
    evaluate.set_defaults(func=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    from mask_detector_ros.resources import find_resource
    from mask_detector_ros.training.data import data_root
    from mask_detector_ros.training.evaluate import as_markdown, evaluate
    from mask_detector_ros.training.timing import time_models

    models = args.models or find_resource("models")
    report: dict[str, Any]
    if args.what == "time":
        report = dict(time_models(models, args.runtime, args.yunet))
    else:
        report = evaluate(args.what, data_root(args.data), args.split, models, args.runtime)
    print(json.dumps(report, indent=2) if args.json else as_markdown(report))
    return 0
