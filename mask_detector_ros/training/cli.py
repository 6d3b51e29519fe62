# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The commands ``train``, ``export`` and ``evaluate``.

TensorFlow is imported only when one of them runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
from pathlib import Path
from typing import Any

DATA_HELP = "folder of the training data (default: the environment's MASK_DETECTOR_DATA)"
MINUTES_HELP = "at most this much time for updates; the learning rate follows it (0: no limit)"
TEACHER_HELP = "YuNet (yunet_2023mar_640.onnx): landmarks, refitted heads; none if not given"
Subparsers = Any


def add_subcommands(subparsers: Subparsers) -> None:
    """Add the training tool's commands to those of ``mask_detector``."""
    _add_train(subparsers)
    _add_export(subparsers)
    _add_evaluate(subparsers)


def _add_train(subparsers: Subparsers) -> None:
    train = subparsers.add_parser("train", help="train a model from labelled pictures")
    kinds = train.add_subparsers(dest="model", required=True, metavar="MODEL")
    detector = kinds.add_parser("detector", help="the face detector")
    _add_common(detector, epochs=75, epoch_steps=400, minutes=62.0, batch=16, rate=2e-3, ema=0.998)
    detector.add_argument("--side", type=int, default=320, help="side of the samples, pixels")
    detector.set_defaults(func=_train_detector)
    classifier = kinds.add_parser("classifier", help="the mask classifier")
    _add_common(
        classifier, epochs=150, epoch_steps=200, minutes=33.0, batch=48, rate=6e-4, ema=0.995
    )
    classifier.add_argument("--size", type=int, default=80, help="side of the crops, pixels")
    classifier.add_argument("--alpha", type=float, default=1.0, help="width of MobileNetV2")
    classifier.add_argument(
        "--weights", type=Path, help="pretrained MobileNetV2 weights (.npz); random if not given"
    )
    classifier.add_argument(
        "--dressed", type=float, default=0.35,
        help="part of the masked samples that are masks drawn on bare faces",
    )  # fmt: skip
    classifier.set_defaults(func=_train_classifier)


def _add_common(
    parser: argparse.ArgumentParser,
    *,
    epochs: int,
    epoch_steps: int,
    minutes: float,
    batch: int,
    rate: float,
    ema: float,
) -> None:
    add = parser.add_argument
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    add("--data", help=DATA_HELP)
    add("--out", type=Path, required=True, help="run folder: checkpoints, history, weights")
    add("--epochs", type=int, default=epochs, help="at most this many epochs")
    add("--epoch-steps", type=int, default=epoch_steps, help="updates in one epoch")
    add("--minutes", type=float, default=minutes, help=MINUTES_HELP)
    add("--batch", type=int, default=batch, help="samples per update")
    add("--rate", type=float, default=rate, help="peak learning rate")
    add("--decay", type=float, default=0.02, help="weight decay")
    add("--ema", type=float, default=ema, help="how much of the averaged weights stays")
    add("--seed", type=int, default=1, help="of samples and first weights")
    add("--teacher", type=Path, help=TEACHER_HELP)
    add("--lessons", type=Path, help="where the teacher's answers are kept (default: in --out)")
    add("--workers", type=int, default=2, help="samples prepared at the same time")
    add("--resume", action="store_true", help="go on where a run was stopped")


def _add_export(subparsers: Subparsers) -> None:
    export = subparsers.add_parser(
        "export", help="write a finished run as .tflite and .onnx, and renew the manifest"
    )
    export.add_argument("run", type=Path, help="run folder of a finished training")
    export.add_argument("--models", type=Path, default=Path("models"), help="model folder")
    export.add_argument("--data", help=DATA_HELP)
    export.set_defaults(func=_export)


def _add_evaluate(subparsers: Subparsers) -> None:
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


def _prepare() -> None:
    """Quieten TensorFlow, or say what is missing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    missing = [n for n in ("tensorflow", "onnx") if importlib.util.find_spec(n) is None]
    if missing:
        raise ImportError(
            f"{' and '.join(missing)} not installed; pip install 'mask-detector-ros[train]'"
        )


def _settings(args: argparse.Namespace) -> Any:
    from mask_detector_ros.training.loop import LoopSettings

    for name in ("epochs", "epoch_steps", "batch", "rate"):
        if getattr(args, name) <= 0:
            raise ValueError(f"--{name.replace('_', '-')} must be larger than 0")
    return LoopSettings(
        steps=args.epochs * args.epoch_steps, minutes=args.minutes,
        epoch_steps=args.epoch_steps, batch=args.batch, rate=args.rate, decay=args.decay,
        ema=args.ema, seed=args.seed,
    )  # fmt: skip


def _train_detector(args: argparse.Namespace) -> int:
    from mask_detector_ros.training.data import data_root

    root, settings = data_root(args.data), _settings(args)
    _prepare()
    from mask_detector_ros.training.detector_training import train_detector

    train_detector(
        root, args.out, settings, side=args.side, teacher=args.teacher, lessons=args.lessons,
        resume=args.resume, workers=args.workers,
    )  # fmt: skip
    print(f"done; mask_detector export {args.out}")
    return 0


def _train_classifier(args: argparse.Namespace) -> int:
    from mask_detector_ros.training.data import data_root

    root, settings = data_root(args.data), _settings(args)
    _prepare()
    from mask_detector_ros.training.classifier_data import dress
    from mask_detector_ros.training.classifier_training import train_classifier

    train_classifier(
        root, args.out, settings, size=args.size, alpha=args.alpha, weights=args.weights,
        teacher=args.teacher, lessons=args.lessons, dresser=dress if args.dressed > 0 else None,
        dressed=args.dressed, resume=args.resume, workers=args.workers,
    )  # fmt: skip
    print(f"done; mask_detector export {args.out}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from mask_detector_ros.training.data import data_root

    root = data_root(args.data)
    _prepare()
    from mask_detector_ros.training.export import export, sample_pictures

    differences = export(args.run, args.models, sample_pictures(root))
    for runtime, difference in differences.items():
        print(f"{runtime}: probabilities differ from the trained model by {difference:.2g} at most")
    print(f"written to {args.models}")
    return 0


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
