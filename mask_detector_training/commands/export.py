# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector export``: writing the model files of a finished run."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_detector_training.commands.common import (
    DATA_HELP,
    Subparsers,
    prepare_tensorflow,
)

FURTHER = {"float16": (), "float32": ("float32",), "int8": ("int8",), "all": ("float32", "int8")}
"""Precisions that each choice adds to the float16 ``.tflite`` and the ``.onnx`` file."""


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``export`` to the commands of ``mask_detector``."""
    export = subparsers.add_parser(
        "export",
        help="write the model of a finished run as .tflite and .onnx, and update the manifest",
    )
    add = export.add_argument
    add("run", type=Path, metavar="RUN", help="run folder of a finished training")
    add("--models", type=Path, metavar="DIR", help="model folder (default: models)")
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
        help="export a detector trained with --wear-status together with its wear status outputs; "
        "needs --models, because it replaces the face detector of that folder",
    )
    add(
        "--images",
        type=int,
        default=0,
        metavar="N",
        help="compare the files on N images of val (default: 0, all)",
    )
    add("--data", metavar="DIR", help=DATA_HELP)
    export.set_defaults(func=_export)


def _export(args: argparse.Namespace) -> int:
    from mask_detector_training.data.datasets import data_root, load_split

    if args.one_stage and args.models is None:
        raise ValueError(
            "--one-stage would replace the face detector in models; give another folder with "
            "--models DIR"
        )
    if args.images < 0:
        raise ValueError("--images must not be negative; 0 takes all")
    root = data_root(args.data)
    prepare_tensorflow()
    if args.models is None:
        _check_classes(args.run)
    from mask_detector_training.export import export, sample_images

    models = args.models or Path("models")
    further = FURTHER[args.precision]
    report = export(
        args.run, models, sample_images(root, args.images), precisions=further,
        train=load_split(root, "train") if "int8" in further else (), one_stage=args.one_stage,
    )  # fmt: skip
    print(report.as_markdown())
    print(f"\nwritten to {models}")
    return 0


def _check_classes(run: Path) -> None:
    """Refuse a classifier without the four classes, which the perception pipeline needs.

    Raises:
        ValueError: the run has other classes.
    """
    from mask_detector_ros.perception.mask_classifier import OUTPUTS
    from mask_detector_training.classifier.classifier_model import output_classes
    from mask_detector_training.classifier.classifier_recipe import MODEL
    from mask_detector_training.export.networks import read_config

    config = read_config(run)
    if config.get("model") == MODEL and output_classes(config) not in OUTPUTS:
        raise ValueError(
            f"{run} has {len(output_classes(config))} classes and would replace the mask "
            "classifier in models, which has four; give another folder with --models DIR"
        )
