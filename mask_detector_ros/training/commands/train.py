# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector train``: a model from labelled pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mask_detector_ros.training.commands.common import (
    DATA_HELP,
    Subparsers,
    prepare_tensorflow,
)

MINUTES_HELP = "at most this much time for updates; the learning rate follows it (0: no limit)"
TEACHER_HELP = "YuNet (yunet_2023mar_640.onnx): landmarks, refitted heads; none if not given"


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``train`` to the commands of ``mask_detector``."""
    train = subparsers.add_parser("train", help="train a model from labelled pictures")
    kinds = train.add_subparsers(dest="model", required=True, metavar="MODEL")
    detector = kinds.add_parser("detector", help="the face detector")
    _add_common(detector, epochs=75, epoch_steps=400, minutes=62.0, batch=16, rate=2e-3, ema=0.998)
    detector.add_argument("--side", type=int, default=320, help="side of the samples, pixels")
    detector.add_argument(
        "--wear", action="store_true", help="also tell how masks are worn (the one-stage form)"
    )
    detector.add_argument(
        "--dressed",
        type=float,
        default=0.15,
        help="part of the bare faces that get a mask drawn on",
    )
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
    prepare_tensorflow()
    from mask_detector_ros.training.detector_training import train_detector

    train_detector(
        root, args.out, settings, side=args.side, wear=args.wear,
        dressed=args.dressed, teacher=args.teacher, lessons=args.lessons,
        resume=args.resume, workers=args.workers,
    )  # fmt: skip
    print(f"done; mask_detector export {args.out}")
    return 0


def _train_classifier(args: argparse.Namespace) -> int:
    from mask_detector_ros.training.data import data_root

    root, settings = data_root(args.data), _settings(args)
    prepare_tensorflow()
    from mask_detector_ros.training.classifier_data import dress
    from mask_detector_ros.training.classifier_training import train_classifier

    train_classifier(
        root, args.out, settings, size=args.size, alpha=args.alpha, weights=args.weights,
        teacher=args.teacher, lessons=args.lessons, dresser=dress if args.dressed > 0 else None,
        dressed=args.dressed, resume=args.resume, workers=args.workers,
    )  # fmt: skip
    print(f"done; mask_detector export {args.out}")
    return 0
