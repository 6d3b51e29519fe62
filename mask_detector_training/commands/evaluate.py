# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate``: metrics of the exported models on labeled images."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import DATA_HELP, Subparsers, check_installed

TARGETS = {
    "detector": "average precision of the detected faces",
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
        parser = kinds.add_parser(what, help=about)
        _add_common(parser)
        _add_json(parser)
        parser.set_defaults(func=_score)

    timing = kinds.add_parser("time", help="measure the inference time of the models")
    _add_models(timing)
    _add_json(timing)
    timing.add_argument(
        "--yunet", type=Path, metavar="FILE", help="also measure YuNet, from its ONNX file"
    )
    timing.set_defaults(func=_time)

    one_stage = kinds.add_parser(
        "one-stage", help="compare a one-stage detector with the shipped detector and classifier"
    )
    one_stage.add_argument(
        "folder", type=Path, metavar="DIR", help="model folder of the one-stage detector"
    )
    _add_common(one_stage)
    _add_json(one_stage)
    one_stage.set_defaults(func=_one_stage)

    unknown = kinds.add_parser(
        "unknown", help="choose the thresholds below which the status is UNKNOWN"
    )
    _add_common(unknown)
    _add_json(unknown)
    unknown.add_argument(
        "--precision", type=float, default=0.97,
        help="fraction of the classified faces that must be right, all classes weighted equally; "
        "decides about min_confidence (default: 0.97)",
    )  # fmt: skip
    unknown.add_argument(
        "--edge", type=float, default=0.85,
        help="the same for faces that just pass a quality threshold (default: 0.85)",
    )  # fmt: skip
    unknown.add_argument("--plot", type=Path, metavar="PNG", help="plot the measurements")
    unknown.set_defaults(func=_unknown)

    blurred = kinds.add_parser("blurred", help="choose the threshold above which faces are hidden")
    _add_common(blurred)
    _add_json(blurred)
    blurred.set_defaults(func=_blurred)

    nested = kinds.add_parser(
        "nested", help="choose the threshold above which nested boxes are one face"
    )
    _add_common(nested)
    _add_json(nested)
    nested.set_defaults(func=_nested)

    degraded = kinds.add_parser(
        "degraded", help="recall in gray, dark and tilted images, and of dark faces"
    )
    _add_common(degraded)
    _add_json(degraded)
    degraded.set_defaults(func=_degraded)

    anonymization = kinds.add_parser(
        "anonymization", help="identify people in annotated images, by a face recognizer"
    )
    anonymization.add_argument("--data", metavar="DIR", help=DATA_HELP)
    anonymization.add_argument("--split", choices=("train", "val", "test"), default="val")
    anonymization.add_argument(
        "--people", type=int, default=150, metavar="N", help="people of each kind (default: 150)"
    )
    _add_json(anonymization)
    anonymization.set_defaults(func=_anonymization)

    report = kinds.add_parser("report", help="write all metrics and the worst errors to one page")
    _add_common(report)
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
    report.set_defaults(func=_report)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="model folder (default: the shipped one)"
    )
    parser.add_argument("--runtime", default="auto", help="litert, onnxruntime, opencv or auto")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help=DATA_HELP)
    parser.add_argument("--split", choices=("train", "val", "test"), default="val")
    _add_models(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _models(args: argparse.Namespace) -> Path:
    from mask_detector_ros.resources import find_resource

    return Path(args.models or find_resource("models"))


def _print(report: dict[str, Any], args: argparse.Namespace) -> int:
    from mask_detector_training.evaluation import as_markdown

    # NaN, such as the metrics of a class without labels, becomes null: JSON has no NaN.
    plain = json.loads(json.dumps(report), parse_constant=lambda _: None)
    print(json.dumps(plain, indent=2) if args.json else as_markdown(report))
    return 0


def _print_tables(tables: Mapping[str, dict[str, Any]], args: argparse.Namespace) -> int:
    """Print several tables, each with its title."""
    if args.json:
        return _print(dict(tables), args)
    for title, table in tables.items():
        print(f"\n{title}\n")
        _print(table, args)
    return 0


def _score(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.evaluation import evaluate

    root = data_root(args.data)
    return _print(evaluate(args.what, root, args.split, _models(args), args.runtime), args)


def _time(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.evaluation.inference_time import time_models

    return _print(dict(time_models(_models(args), args.runtime, args.yunet)), args)


def _one_stage(args: argparse.Namespace) -> int:
    check_installed("sklearn")
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
    check_installed("sklearn", *(["matplotlib"] if args.plot else []))
    if args.plot:
        check_writable(args.plot)
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation import unknown_thresholds
    from mask_detector_training.evaluation.predictions import ModelSet

    records = load_split(data_root(args.data), args.split)
    models = ModelSet.load(_models(args), args.runtime)
    measured = unknown_thresholds.measure_faces(models.detector, models.classifier, records)
    chosen = unknown_thresholds.choose_thresholds(measured, args.precision, args.edge)
    if args.plot:
        unknown_thresholds.plot_thresholds(args.plot, measured, chosen)
    return _print({n: "no threshold" if v is None else v for n, v in chosen.items()}, args)


def _blurred(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation import blur_threshold
    from mask_detector_training.evaluation.predictions import (
        ModelSet,
        detect_faces,
        detection_records,
        with_progress,
    )

    records = detection_records(load_split(data_root(args.data), args.split))
    models = ModelSet.load(_models(args), args.runtime)
    images = with_progress(records, args.split)
    results = detect_faces(models.detector, images, models.evaluation_settings)
    return _print(blur_threshold.compare_thresholds(results, models.score_threshold), args)


def _nested(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_ros.perception.pipeline_settings import DetectorSettings
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation.nested_boxes import compare_thresholds_and_choices
    from mask_detector_training.evaluation.predictions import ImageResult, ModelSet, with_progress

    records = load_split(data_root(args.data), args.split)
    models = ModelSet.load(_models(args), args.runtime)
    detector, settings = models.detector, models.evaluation_settings
    tables: dict[str, dict[str, Any]] = {}
    for folder in dict.fromkeys(record.folder for record in records):
        images = with_progress([r for r in records if r.folder == folder], folder)
        results = [ImageResult(r, detector.detect(r.load(), settings)) for r in images]
        tables |= compare_thresholds_and_choices(
            folder, results, models.score_threshold, DetectorSettings().nms_iom
        )
    return _print_tables(tables, args)


def _degraded(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation.degraded import measure_degraded
    from mask_detector_training.evaluation.predictions import (
        ModelSet,
        detection_records,
        with_progress,
    )

    records = detection_records(load_split(data_root(args.data), args.split))
    models = ModelSet.load(_models(args), args.runtime)
    return _print_tables(
        measure_degraded(models.pipeline, with_progress(records, args.split)), args
    )


def _anonymization(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation.anonymization import (
        Embed,
        measure_anonymization,
        pixel_embedding,
    )
    from mask_detector_training.evaluation.recognizer import FaceRecognizer

    if args.people < 2:
        raise ValueError(f"--people must be at least 2, got {args.people}")
    attackers: dict[str, Embed] = {"recognizer": FaceRecognizer(), "pixels": pixel_embedding}
    records = load_split(data_root(args.data), args.split)
    return _print_tables(measure_anonymization(records, attackers, args.people), args)


def _report(args: argparse.Namespace) -> int:
    check_installed("matplotlib", "markdown", "sklearn")
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
