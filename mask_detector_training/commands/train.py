# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector train``: a model from labeled pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_detector_training.classifier.recipe import add_options, recipe_of
from mask_detector_training.commands.common import (
    DATA_HELP,
    Subparsers,
    prepare_tensorflow,
)

TEACHER_HELP = "YuNet (yunet_2023mar_640.onnx): landmarks, refitted heads; none if not given"
DETECTOR_LOOP = {
    "epochs": 100, "epoch_steps": 700, "minutes": 102.0, "patience": 0, "batch": 16, "rate": 2e-3,
    "decay": 0.02, "ema": 0.998, "seed": 1,
}  # fmt: skip


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``train`` to the commands of ``mask_detector``."""
    train = subparsers.add_parser("train", help="train a model from labeled pictures")
    kinds = train.add_subparsers(dest="model", required=True, metavar="MODEL")
    detector = kinds.add_parser("detector", help="the face detector")
    _add_common(detector)
    add_options(detector, tuple(DETECTOR_LOOP), **DETECTOR_LOOP)
    detector.add_argument("--side", type=int, default=320, help="side of the samples, pixels")
    detector.add_argument(
        "--wear", action="store_true", help="also tell how masks are worn (the one-stage form)"
    )
    detector.add_argument(
        "--dressed",
        type=float,
        default=0.15,
        help="part of the bare faces that get a mask drawn on; needs the teacher's landmarks",
    )
    detector.set_defaults(func=_train_detector)
    classifier = kinds.add_parser("classifier", help="the mask classifier")
    _add_common(classifier)
    add_options(classifier)
    classifier.set_defaults(func=_train_classifier)


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The options that say what a training learns from, and with how many hands."""
    add = parser.add_argument
    add("--data", help=DATA_HELP)
    add("--teacher", type=Path, help=TEACHER_HELP)
    add("--lessons", type=Path, help="where the teacher's answers are kept (default: in --out)")
    add("--workers", type=_workers, default=2, help="samples prepared at the same time")


def _workers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, not {text!r}")
    return int(text)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    add = parser.add_argument
    add("--out", type=Path, required=True, help="run folder: checkpoints, history, weights")
    add("--resume", action="store_true", help="go on where a run was stopped")
    add("--tensorboard", action="store_true", help="keep the history for TensorBoard, too")
    add_sources(parser)


def _train_detector(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root

    root, settings = data_root(args.data), recipe_of(args).loop
    prepare_tensorflow()
    from mask_detector_training.detector.detector_training import train_detector

    train_detector(
        root, args.out, settings, side=args.side, wear=args.wear,
        dressed=args.dressed, teacher=args.teacher, lessons=args.lessons,
        resume=args.resume, workers=args.workers, tensorboard=args.tensorboard,
    )  # fmt: skip
    print(f"done; mask_detector export {args.out}")
    return 0


def _train_classifier(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root

    root, recipe = data_root(args.data), recipe_of(args)
    prepare_tensorflow()
    from mask_detector_training.classifier.classifier_training import train_classifier

    train_classifier(
        root, args.out, recipe, teacher=args.teacher, lessons=args.lessons,
        resume=args.resume, workers=args.workers, tensorboard=args.tensorboard,
    )  # fmt: skip
    print(f"done; mask_detector export {args.out}")
    return 0
