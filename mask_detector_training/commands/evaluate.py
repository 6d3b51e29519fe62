# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate``: figures of the exported models on labeled pictures."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import DATA_HELP, Subparsers

SCORED = {
    "detector": "faces found, whatever they wear",
    "classifier": "how masks are worn, on labeled boxes",
    "pipeline": "both together, as the product does",
}


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``evaluate`` to the commands of ``mask_detector``."""
    evaluate = subparsers.add_parser(
        "evaluate", help="score the exported models on labeled pictures"
    )
    kinds = evaluate.add_subparsers(dest="what", required=True, metavar="WHAT")
    for what, about in SCORED.items():
        parser = kinds.add_parser(what, help=about)
        _add_common(parser)
        _add_json(parser)
        parser.set_defaults(func=_score)

    timing = kinds.add_parser("time", help="how long the networks take")
    _add_models(timing)
    _add_json(timing)
    timing.add_argument("--yunet", type=Path, help="YuNet's ONNX file to compare")
    timing.set_defaults(func=_time)

    one_stage = kinds.add_parser(
        "one-stage", help="a detector that tells how masks are worn, beside the shipped two"
    )
    one_stage.add_argument(
        "folder", type=Path, metavar="DIR", help="model folder of the one-stage detector"
    )
    _add_common(one_stage)
    _add_json(one_stage)
    one_stage.set_defaults(func=_one_stage)

    unknown = kinds.add_parser(
        "unknown", help="from which size, light, … on faces should be told at all"
    )
    _add_common(unknown)
    _add_json(unknown)
    unknown.add_argument(
        "--precision", type=float, default=0.97,
        help="part of the told faces to be told rightly, every class counted alike "
        "(default: 0.97); it decides about min_confidence",
    )  # fmt: skip
    unknown.add_argument(
        "--edge", type=float, default=0.85,
        help="the same for faces that a gate just lets pass (default: 0.85)",
    )  # fmt: skip
    unknown.add_argument("--plot", type=Path, metavar="PNG", help="draw what was measured")
    unknown.set_defaults(func=_unknown)

    blurred = kinds.add_parser("blurred", help="how far down doubtful boxes should be blurred, too")
    _add_common(blurred)
    _add_json(blurred)
    blurred.set_defaults(func=_blurred)

    report = kinds.add_parser("report", help="everything in one page, with the worst mistakes")
    _add_common(report)
    report.add_argument(
        "--out", type=Path, required=True, help="folder for report.html, report.md and pictures"
    )
    report.add_argument(
        "--masked", nargs="*", choices=("below_mouth", "nose_exposed"), default=["nose_exposed"],
        help="what counts as a mask in the 2-class view, besides correct (default: nose_exposed)",
    )  # fmt: skip
    report.set_defaults(func=_report)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--runtime", default="auto", help="litert, onnxruntime, opencv or auto")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help=DATA_HELP)
    parser.add_argument("--split", choices=("train", "val", "test"), default="val")
    _add_models(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _models(args: argparse.Namespace) -> Path:
    from mask_detector_ros.resources import find_resource

    return Path(args.models or find_resource("models"))


def _print(report: dict[str, Any], args: argparse.Namespace) -> int:
    from mask_detector_training.evaluation import as_markdown

    # What cannot be known, as of a class nobody is labeled with, is null: JSON has no NaN.
    plain = json.loads(json.dumps(report), parse_constant=lambda _: None)
    print(json.dumps(plain, indent=2) if args.json else as_markdown(report))
    return 0


def _score(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.evaluation import evaluate

    root = data_root(args.data)
    return _print(evaluate(args.what, root, args.split, _models(args), args.runtime), args)


def _time(args: argparse.Namespace) -> int:
    from mask_detector_training.evaluation.inference_time import time_models

    return _print(dict(time_models(_models(args), args.runtime, args.yunet)), args)


def _one_stage(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.evaluation.one_stage import compare_stages

    root = data_root(args.data)
    report = compare_stages(root, args.split, _models(args), args.folder, args.runtime)
    return _print(dict(report), args)


def _unknown(args: argparse.Namespace) -> int:
    from mask_detector_training.array_files import check_writable

    for name in ("precision", "edge"):
        if not 0 < getattr(args, name) < 1:
            raise ValueError(f"--{name} must lie between 0 and 1, got {getattr(args, name)}")
    if args.plot:
        _check_installed("matplotlib")
        check_writable(args.plot)
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation import unknown_thresholds
    from mask_detector_training.evaluation.predictions import Shipped

    records = load_split(data_root(args.data), args.split)
    shipped = Shipped.load(_models(args), args.runtime)
    seen = unknown_thresholds.look(shipped.detector, shipped.classifier, records)
    chosen = unknown_thresholds.choose(seen, args.precision, args.edge)
    if args.plot:
        unknown_thresholds.draw(args.plot, seen, chosen)
    return _print({n: "no gate needed" if v is None else v for n, v in chosen.items()}, args)


def _blurred(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation import blur_threshold
    from mask_detector_training.evaluation.predictions import (
        Shipped,
        find_faces,
        progress,
        scenes_of,
    )

    records = scenes_of(load_split(data_root(args.data), args.split))
    shipped = Shipped.load(_models(args), args.runtime)
    found = find_faces(shipped.detector, progress(records, args.split), shipped.scoring)
    return _print(dict(blur_threshold.by_threshold(found, shipped.threshold)), args)


def _report(args: argparse.Namespace) -> int:
    _check_installed("matplotlib", "markdown")
    from mask_detector_training.array_files import check_writable
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.evaluation.report import write_report

    root, models = data_root(args.data), _models(args)
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


def _check_installed(*needed: str) -> None:
    """Say what is missing before minutes are spent."""
    import importlib.util

    missing = [n for n in needed if importlib.util.find_spec(n) is None]
    if missing:
        raise ImportError(
            f"{' and '.join(missing)} not installed; pip install 'mask-detector-ros[train]'"
        )
