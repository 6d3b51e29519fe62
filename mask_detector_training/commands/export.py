# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector export``: a finished run as the files the product loads."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_detector_training.commands.common import (
    DATA_HELP,
    Subparsers,
    prepare_tensorflow,
)

FURTHER = {"float16": (), "float32": ("float32",), "int8": ("int8",), "all": ("float32", "int8")}
"""What each choice adds to the product's own float16 ``.tflite`` and ``.onnx``."""


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``export`` to the commands of ``mask_detector``."""
    export = subparsers.add_parser(
        "export", help="write a finished run as .tflite and .onnx, and renew the manifest"
    )
    add = export.add_argument
    add("run", type=Path, help="run folder of a finished training")
    add("--models", type=Path, help="model folder (default: models)")
    add(
        "--precision",
        choices=tuple(FURTHER),
        default="float16",
        help="NAME.tflite (float16 weights) and NAME.onnx are always written; float32, int8 "
        "and all add NAME.float32.tflite and NAME.int8.tflite (default: float16)",
    )
    add(
        "--one-stage",
        action="store_true",
        help="of a detector trained with --wear: the form that tells the wear itself; needs "
        "--models, as it takes the place of the folder's face detector",
    )
    add(
        "--pictures",
        type=int,
        default=0,
        metavar="N",
        help="compare the files on N pictures of val, evenly chosen (default: 0, all)",
    )
    add("--data", help=DATA_HELP)
    export.set_defaults(func=_export)


def _export(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root, load_split

    if args.one_stage and args.models is None:
        raise ValueError(
            "--one-stage would replace the face detector in models; give a folder of its own "
            "with --models DIR"
        )
    if args.pictures < 0:
        raise ValueError("--pictures must not be negative; 0 takes all")
    root = data_root(args.data)
    if args.models is None:
        _refuse_other_classes(args.run)
    prepare_tensorflow()
    from mask_detector_training.export import export, sample_pictures

    models = args.models or Path("models")
    further = FURTHER[args.precision]
    report = export(
        args.run, models, sample_pictures(root, args.pictures), precisions=further,
        train=load_split(root, "train") if "int8" in further else (), one_stage=args.one_stage,
    )  # fmt: skip
    print(report.as_markdown())
    print(f"\nwritten to {models}")
    return 0


def _refuse_other_classes(run: Path) -> None:
    """The product takes the four classes only."""
    from mask_detector_ros.perception.types import CLASS_LABELS
    from mask_detector_training.classifier.classifier_model import classes_of
    from mask_detector_training.classifier.recipe import MODEL
    from mask_detector_training.export.networks import read_description

    described = read_description(run)
    if described.get("model") == MODEL and classes_of(described) != tuple(CLASS_LABELS):
        raise ValueError(
            f"{run} tells {len(classes_of(described))} classes and would replace the mask "
            "classifier in models, which tells four; give a folder of its own with --models DIR"
        )
